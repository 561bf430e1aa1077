"""What a file is, by its content, and what it may be called."""

import codecs
import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

MAX_NAME = 200
UNKNOWN = "application/octet-stream"
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Shown in the page, after being made anew; everything else is only ever downloaded."""

# The beginning, an offset, the type. Programs and scripts of any kind have no type here: nothing should open them.
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"WAVE", 8, "audio/wav"),
    (b"%PDF-", 0, "application/pdf"),
    (b"{\\rtf", 0, "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "application/x-ole-storage"),
    (b"\x1f\x8b", 0, "application/gzip"),
    (b"BZh", 0, "application/x-bzip2"),
    (b"\xfd7zXZ\x00", 0, "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", 0, "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", 0, "application/vnd.rar"),
    (b"ustar", 257, "application/x-tar"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"fLaC", 0, "audio/flac"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
)
_BRANDS = {
    b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic",
    b"heix": "image/heic", b"mif1": "image/heif", b"msf1": "image/heif",
}  # fmt: skip
_ZIPPED = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".epub": "application/epub+zip",
}
_TEXTS = {".csv": "text/csv", ".ics": "text/calendar", ".json": "application/json", ".md": "text/markdown"}
_MARKUP = re.compile(
    rb"<(?:!doctype|!--|\?xml|html|head|body|script|style|svg|math|iframe|object|embed|form|meta|link|base|img|a|div|p|h1"
    rb"|table|title|br|hr|b|i|font|span|template|video|audio|x:|xsl:)[\s>/:]?",
    re.IGNORECASE,
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

# Controls, what turns or hides letters, what file systems and shells give a meaning, half surrogate pairs.
_BAD = re.compile(
    '[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff<>:"/\\\\|?*]'
)
_DEVICES = frozenset({
    "con", "prn", "aux", "nul", "conin$", "conout$", "clock$",
    *(f"{name}{number}" for name in ("com", "lpt") for number in "0123456789¹²³"),
})  # fmt: skip


def sniff(head: bytes, name: str) -> tuple[str, bool]:
    """Return the content type that the first kilobytes show, and whether it may be shown in a page.

    The name only chooses among what the content already allows. Anything a browser could run (HTML, SVG, XML, and
    text that begins like them) has no type.
    """
    kind = _kind(head, PurePosixPath(name).suffix.lower())
    return kind, kind in INLINE


def _kind(head: bytes, ending: str) -> str:
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    for magic, offset, kind in _MAGIC:
        if head.startswith(magic, offset) and (offset != 8 or head.startswith(b"RIFF")):
            return kind
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _ZIPPED.get(ending, "application/zip")
    if not head or _CONTROLS.search(head) or _MARKUP.search(head[:1024]) or ending in {".svg", ".html", ".htm", ".xml"}:
        return UNKNOWN
    try:
        # Not final: the last character may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return UNKNOWN
    return _TEXTS.get(ending, "text/plain")


def safe_name(name: str) -> str:
    """Return `name` as a harmless file name of at most 200 characters: no path, no control, no device."""
    tidy = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    tidy = " ".join(_BAD.sub("", tidy).split()).strip(" .")
    if tidy.split(".", 1)[0].strip().lower() in _DEVICES:
        tidy = f"_{tidy}"
    stem, dot, ending = tidy.rpartition(".")
    if not stem or len(ending) > 20:
        stem, dot, ending = tidy, "", ""
    return (stem[: MAX_NAME - len(ending) - 1].rstrip(" .") + dot + ending) or "file"


def content_disposition(name: str, *, inline: bool) -> str:
    """Return the header of RFC 6266 for a file called `name`."""
    safe = safe_name(name)
    # Old readers of the plain form decode percent signs themselves.
    plain = re.sub(r"[^A-Za-z0-9 ._()+,=@!#$&'^`{}~-]", "_", safe)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
