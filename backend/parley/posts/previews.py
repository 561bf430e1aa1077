"""Asking an address what it is: a page's title, words and picture, through the guarded way out, within limits."""

import asyncio
import re
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from parley.core import images
from parley.core.blobs import Blobs
from parley.core.http import Answer, GuardedClient, Refused
from parley.core.jobs import Job
from parley.core.machine import Machine
from parley.kit.errors import Invalid
from parley.kit.text import clean_line
from parley.models.writing import LinkPreview
from parley.posts.service import links

PAGE_BYTES, PICTURE_BYTES, SECONDS = 600_000, 4_000_000, 8.0
_HEAD = 200_000
_PAGES = {"text/html", "application/xhtml+xml"}
_PICTURES = {"image/png", "image/jpeg", "image/webp", "image/gif"}
# Every repetition has an end, and nothing is read twice: a page may be made to let a search run for ever.
_META = re.compile(r"<meta\s", re.IGNORECASE)
_TAG = 3000
_ATTRIBUTE = re.compile(
    r"""(?<![a-z:-])([a-z:-]{1,30})\s{0,9}=\s{0,9}(?:"([^"]{0,2500})"|'([^']{0,2500})')""", re.IGNORECASE
)
_TITLE = re.compile(r"<title[^>]{0,300}>([^<]{1,1000})", re.IGNORECASE)
_CHARSET = re.compile(rb"""charset\s{0,9}=\s{0,9}["']?([a-z0-9_-]{2,30})""", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-?8|utf-16(?:le|be)?|us-ascii|iso-8859-\d{1,2}|latin-?\d|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]"
    r"|shift[_-]jis|euc-(?:jp|kr)|iso-2022-jp|gb2312|gbk|gb18030|big5(?:-hkscs)?",
    re.IGNORECASE,
)
"""Python knows others by name that take minutes (punycode) or make what cannot be stored (unicode_escape)."""


class Previews:
    """Runs the job that asks for one address."""

    def __init__(self, http: GuardedClient, blobs: Blobs) -> None:
        """Take the way out and where pictures are kept."""
        self._http = http
        self._blobs = blobs

    async def run(self, machine: Machine, job: Job) -> None:
        """Ask, and keep the answer in one transaction with the job's end."""
        preview_id = int(job.payload["preview_id"])
        async with machine.database.reading() as session:
            preview = await session.get(LinkPreview, preview_id)
        if preview is None:
            return
        found = await self.look(preview.url)
        async with machine.units.begin() as unit:
            await job.complete(unit.session)
            await links.settle(unit, preview_id, found)

    async def look(self, url: str) -> dict[str, Any] | None:
        """Return what a page says of itself; None when it cannot be had or says nothing."""
        try:
            answer = await self._http.fetch(
                "GET", url, headers={"accept": "text/html"}, timeout_seconds=SECONDS, max_bytes=PAGE_BYTES
            )
        except Refused:
            return None
        if answer.status != 200 or answer.content_type not in _PAGES:
            return None
        said = await asyncio.to_thread(read, answer)
        if not said["title"]:
            return None
        picture = said.pop("picture")
        try:
            key = await self._picture(urljoin(answer.url, picture)) if picture else ""
        except ValueError:  # no address at all
            key = ""
        return {**said, "picture_key": key}

    async def _picture(self, url: str) -> str:
        """Fetch a picture, make it anew, and return where it is kept; nothing when it is none."""
        try:
            answer = await self._http.fetch("GET", url, timeout_seconds=SECONDS, max_bytes=PICTURE_BYTES)
        except Refused:
            return ""
        if answer.status != 200 or answer.content_type not in _PICTURES:
            return ""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "given"
            await asyncio.to_thread(source.write_bytes, answer.content)
            try:
                made = await images.process(source, Path(folder))
            except Invalid:
                return ""
            return (await self._blobs.put_bytes(made.thumb.read_bytes())).key


def read(answer: Answer) -> dict[str, str]:
    """Return title, description, site and the picture's address from the beginning of a page."""
    text = _text(answer)
    meta: dict[str, str] = {}
    for tag in _tags(text):
        given = {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(tag)}
        name = (given.get("property") or given.get("name") or "").lower()
        if name and "content" in given:
            meta.setdefault(name, given["content"])
    plain = _TITLE.search(text)

    def said(limit: int, *names: str) -> str:
        found = next((meta[name] for name in names if meta.get(name, "").strip()), "")
        return clean_line(unescape(found))[:limit]

    return {
        "title": said(200, "og:title", "twitter:title") or clean_line(unescape(plain.group(1) if plain else ""))[:200],
        "description": said(400, "og:description", "description", "twitter:description"),
        "site": said(100, "og:site_name") or (urlsplit(answer.url).hostname or "").removeprefix("www.")[:100],
        "picture": said(2000, "og:image", "og:image:url", "twitter:image"),
    }


def _tags(text: str) -> Iterator[str]:
    """Yield what stands in each meta element; one that is too long or has no end is passed over whole."""
    at = 0
    while (begin := _META.search(text, at)) is not None:
        end = text.find(">", begin.end(), begin.end() + _TAG)
        if end >= 0:
            yield text[begin.end() : end]
        at = end if end >= 0 else begin.end() + _TAG


def _text(answer: Answer) -> str:
    head = answer.content[:_HEAD]
    named = _CHARSET.search(answer.headers.get("content-type", "").encode()) or _CHARSET.search(head[:4096])
    charset = named.group(1).decode() if named else "utf-8"
    if not _CHARSETS.fullmatch(charset):
        charset = "utf-8"
    try:
        return head.decode(charset, errors="replace").replace("\0", "")
    except (LookupError, UnicodeError):
        return head.decode("utf-8", errors="replace").replace("\0", "")
