"""The one linear pass over a mail's HTML that cleaning and plain text share."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlsplit

MAX_HTML = 1_000_000
_MAX_URL = 2_000
_MAX_ATTRIBUTES = 50

VOID = {"br", "hr", "img"}
BLOCKS = {"p", "div", "blockquote", "pre", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
TAGS = (
    VOID
    | BLOCKS
    | {
        "a",
        "b",
        "strong",
        "i",
        "em",
        "u",
        "s",
        "strike",
        "del",
        "ins",
        "sub",
        "sup",
        "code",
        "kbd",
        "samp",
        "small",
        "li",
        "dt",
        "dd",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
    }
)
# Whatever stands inside these is not the writer's text.
DROPPED = {
    "script",
    "style",
    "title",
    "textarea",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "template",
    "svg",
    "math",
    "select",
    "object",
    "applet",
    "audio",
    "video",
    "canvas",
    "plaintext",
}
_RAW_TEXT = {"script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"}

_MARK = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})[^\s/>]*")
_ATTRIBUTE = re.compile(r"[\s/]*(?:(>)|([^\s/>][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)))?)")
IN_URL = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
SAFE_LINK = re.compile(r"(?:https?://[^/\\?#]|mailto:[^?])", re.IGNORECASE)


@dataclass(slots=True)
class Piece:
    """A tag, or text (with its entities) when `name` is empty."""

    name: str = ""
    closes: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""


def pieces(html: str) -> Iterator[Piece]:
    """Yield text, opening and closing tags in one linear pass; comments and dropped elements are left out."""
    position, size = 0, len(html)
    unclosed: set[str] = set()
    while position < size:
        mark = _MARK.search(html, position)
        start = mark.start() if mark else size
        if start > position:
            yield Piece(text=html[position:start].replace("<", "&lt;"))
        if mark is None:
            return
        match = _NAME.match(html, start)
        if match is None:
            if html.startswith("<!--", start):
                end = html.find("-->", start + 4)
                position = end + 3 if end >= 0 else size
            else:
                end = html.find(">", start)
                position = end + 1 if end >= 0 else size
            continue
        name = match[2].lower()
        attributes, position = _attributes(html, match.end())
        if name in DROPPED and not match[1]:
            position = _skip(html, name, position, unclosed)
        elif name in TAGS:
            yield Piece(name, bool(match[1]), attributes)


def _attributes(html: str, position: int) -> tuple[dict[str, str], int]:
    """Return the attributes of the tag whose name ends at `position`, and where it is closed."""
    found: dict[str, str] = {}
    while match := _ATTRIBUTE.match(html, position):
        position = match.end()
        if match[1]:
            return found, position
        if len(found) < _MAX_ATTRIBUTES:
            value = next((each for each in match.groups()[2:] if each is not None), "")
            found.setdefault(match[2][:40].lower(), unescape(value[:_MAX_URL]))
    return found, len(html)


def _skip(html: str, name: str, position: int, unclosed: set[str]) -> int:
    """Return where the dropped element `name` ends; what is never closed is searched for only once."""
    if name not in unclosed:
        close = re.compile(rf"</{name}", re.IGNORECASE).search(html, position)
        if close:
            return close.start()
        unclosed.add(name)
    return len(html) if name in _RAW_TEXT else position


def link_of(attributes: dict[str, str]) -> str:
    """Return the target of a link if it is http, https or mailto, else an empty text."""
    target = IN_URL.sub("", attributes.get("href", ""))
    return target if SAFE_LINK.match(target) else ""


def host_of(url: str) -> str:
    """Return the host a link leads to, as a browser reads it."""
    try:
        parts = urlsplit(url.replace("\\", "/"))
    except ValueError:
        return ""
    name = (parts.path.split("?")[0].rpartition("@")[2] if parts.scheme == "mailto" else parts.hostname) or ""
    return name.lower().removeprefix("www.")
