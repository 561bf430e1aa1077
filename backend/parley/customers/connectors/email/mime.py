"""The parts of a mail, by offsets into its bytes: depth and number are limited while reading, not afterwards.

The library's parser recurses into every level and copies each; a thousand nested parts end it with an error.
Here a part that is too deep is simply not opened, and an attached mail keeps its exact bytes.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from parley.customers.connectors.email.charsets import codec_for, decode_bytes, decode_header, tidy_line, undo_escapes
from parley.customers.connectors.email.headers import Fields, read_fields, split_head

MAX_PARTS = 1_000
MAX_DEPTH = 20
_MAX_PART_HEAD = 64 * 1024
_MAX_VALUE = 4_000
_MAX_DELIMITERS = 50_000
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_GUESS = re.compile(rb"^--([^\s-][^\r\n]{0,69}?)[ \t]{0,9}\r?\n(?=Content-)", re.MULTILINE | re.IGNORECASE)
_NAME_LIMIT = 150
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\u200b-\u200f\u2060\ufeff]")
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "message/rfc822": ".eml",
    "application/ms-tnef": ".dat",
    "application/zip": ".zip",
}


@dataclass(slots=True)
class Part:
    """One part; its bytes lie between `start` and `end` of `raw`, its body begins at `body`."""

    raw: bytes
    start: int
    body: int
    end: int
    content_type: str
    charset: str = ""
    encoding: str = ""
    disposition: str = ""
    file_name: str = ""
    content_id: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    children: list["Part"] = field(default_factory=list)
    fields: Fields = field(default_factory=list)

    def decoded(self) -> bytes:
        """The body without its transfer encoding; what is broken is decoded as far as it goes."""
        data = self.raw[self.body : self.end]
        if self.encoding == "base64":
            return _base64(data)
        return binascii.a2b_qp(data) if self.encoding == "quoted-printable" else data

    def text(self) -> str:
        """The body as text, by its declared charset where that can be."""
        return decode_bytes(self.decoded(), self.charset)

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the mail."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack += reversed(part.children)


@dataclass(slots=True)
class Tree:
    """A mail's parts, and whether some were left unopened because there are too many or they lie too deep."""

    root: Part
    parts: int = 1
    cut: bool = False


def read_parts(raw: bytes) -> Tree:
    """Return the parts of `raw`, at most a thousand and twenty deep."""
    head, body = split_head(raw)
    tree = Tree(_part(raw, 0, head, body, len(raw)))
    waiting = [(tree.root, 0)]
    while waiting:
        part, depth = waiting.pop(0)
        boundary = part.parameters.get("boundary", "")
        if not part.content_type.startswith("multipart/"):
            continue
        if depth >= MAX_DEPTH:
            tree.cut = True
            continue
        for start, end in _pieces(part, boundary.encode("utf-8", "replace")):
            if tree.parts >= MAX_PARTS:
                tree.cut = True
                return tree
            tree.parts += 1
            head, offset = split_head(raw[start : min(end, start + _MAX_PART_HEAD)])
            child = _part(raw, start, head, min(start + offset, end), end, digest=part.content_type.endswith("/digest"))
            part.children.append(child)
            waiting.append((child, depth + 1))
    return tree


def safe_name(name: str, content_type: str) -> str:
    """Return a file name that is safe to show and to offer: no path, no device, no hidden direction marks."""
    flat = _UNSAFE.sub("", tidy_line(name)).replace("\\", "/").rpartition("/")[2].strip(". ")
    stem, dot, extension = flat.rpartition(".")
    if not flat or stem.lower() in _DEVICES or flat.lower() in _DEVICES:
        flat = f"file-{flat}" if flat else "attachment" + _EXTENSIONS.get(content_type, "")
        stem, dot, extension = flat.rpartition(".")
    if len(flat) > _NAME_LIMIT:
        extension = extension[:20] if dot else ""
        flat = f"{(stem or flat)[: _NAME_LIMIT - 21]}.{extension}" if extension else flat[:_NAME_LIMIT]
    return flat


def _part(raw: bytes, start: int, head: bytes, body: int, end: int, *, digest: bool = False) -> Part:
    fields = read_fields(head[:_MAX_PART_HEAD])
    values = dict(reversed(fields))  # The first of doubled headers counts.
    written, parameters = _parameters(values.get("content-type", ""))
    content_type = written if _TYPE.fullmatch(written) else ("message/rfc822" if digest else "text/plain")
    disposition, more = _parameters(values.get("content-disposition", ""))
    encoding = values.get("content-transfer-encoding", "").split(";")[0].split("(")[0].strip().lower()
    return Part(
        raw,
        start,
        body,
        max(body, end),
        content_type,
        parameters.get("charset", "")[:60],
        encoding,
        disposition,
        more.get("filename") or parameters.get("name", ""),
        values.get("content-id", "").strip(" <>")[:300],
        parameters,
        fields=fields,
    )


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return a header's main value and its parameters, continuations and charsets (RFC 2231) resolved."""
    message = Message()
    message["content-type"] = undo_escapes(value[:_MAX_VALUE])
    try:
        pairs = message.get_params(failobj=[], unquote=True) or []
    except (ValueError, LookupError, TypeError, IndexError):
        return value.partition(";")[0].strip().lower()[:120], {}
    found: dict[str, str] = {}
    for name, written in pairs[1:100]:
        found.setdefault(str(name).lower(), _parameter(written))
    return (str(pairs[0][0]).strip().lower()[:120] if pairs else ""), found


def _parameter(written: str | tuple[str | None, str | None, str]) -> str:
    if isinstance(written, str):
        return decode_header(written) if "=?" in written else written
    charset, _, text = written
    data = text.encode("latin-1", "replace")
    return tidy_line(decode_bytes(data, charset if charset and codec_for(charset) else ""))


def _pieces(part: Part, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the parts of `part` lie; when it names no boundary that occurs, by the one its body seems to use."""
    found = _between(part.raw, part.body, part.end, boundary) if boundary else iter(())
    first = next(found, None)
    if first is None:
        guess = _GUESS.search(part.raw, part.body, part.end)
        if guess is None:
            return
        found = _between(part.raw, part.body, part.end, guess[1])
        first = next(found, None)
    if first is not None:
        yield first
        yield from found


def _between(raw: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each part lies between the delimiter lines; a missing last delimiter ends with the parent."""
    mark = b"--" + boundary
    begun: int | None = None
    position = start
    for _ in range(_MAX_DELIMITERS):
        found = raw.find(mark, position, end)
        if found < 0:
            break
        position = found + len(mark)
        if found > start and raw[found - 1 : found] != b"\n":
            continue
        closing = raw[position : position + 2] == b"--"
        line_end = raw.find(b"\n", position, end)
        rest = raw[position + 2 * closing : line_end if line_end >= 0 else end]
        if rest.strip(b" \t\r"):
            continue  # Only the beginning of a longer boundary.
        if begun is not None:
            yield begun, _without_line_end(raw, begun, found)
        if closing or line_end < 0:
            return
        begun = position = line_end + 1
    if begun is not None:
        yield begun, end


def _without_line_end(raw: bytes, start: int, end: int) -> int:
    end -= end > start and raw[end - 1 : end] == b"\n"
    return end - (end > start and raw[end - 1 : end] == b"\r")


def _base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        clean = _NOT_BASE64.sub(b"", data)
        # A single letter left over holds no byte; two or three do, without the padding they should have.
        return binascii.a2b_base64((clean if len(clean) % 4 != 1 else clean[:-1]) + b"===")
