"""A mail's HTML made safe to show. Stricter than posts: what arrives here is hostile.

The cleaner (nh3) is quadratic in depth: 100,000 nested elements cost it 40 seconds. So the markup is first
rewritten to few, balanced, shallow elements; nh3 then decides alone what is safe.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape

import nh3

from parley.kit.mailtext.pieces import (
    BLOCKS,
    DROPPED,
    IN_URL,
    MAX_HTML,
    SAFE_LINK,
    TAGS,
    VOID,
    Piece,
    host_of,
    link_of,
    pieces,
)

MAX_DEPTH = 100
MAX_ELEMENTS = 20_000

# An opening tag on the left ends these open elements, unless one on the right lies between.
_ENDS: dict[str, tuple[set[str], set[str]]] = {
    "li": ({"li"}, {"ul", "ol", "table"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "td": ({"td", "th"}, {"table"}),
    "th": ({"td", "th"}, {"table"}),
    "tr": ({"tr"}, {"table"}),
    "tbody": ({"thead", "tbody", "tfoot"}, {"table"}),
    "tfoot": ({"thead", "tbody", "tfoot"}, {"table"}),
} | {name: ({"p"}, BLOCKS - {"p"} | {"li", "dd", "td", "th"}) for name in BLOCKS}

_SHOWN_HOST = re.compile(
    r"(?:https?://)?(?:[^\s/@]{1,80}@)?((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})(?=[/:?#\s]|$)", re.IGNORECASE
)
_SMALL_NUMBER = re.compile(r"[1-9]\d?")
_PIXELS = re.compile(r"[1-9]\d{0,3}")
_CID = re.compile(r"cid:[!-~]{1,300}")
_CID_SOURCE = re.compile(r'src="cid:([^"]{1,1500})"')
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_DIRECTED = ("p", "div", "blockquote", "table", "td", "th", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """HTML that is safe inside our pages, and what was taken out."""

    html: str
    remote_images: int = 0
    cut: bool = False


def clean_html(html: str) -> Cleaned:
    """Return `html` safe to show: no scripts, styles, names or remote images; links to http, https and mailto only."""
    rewriter = _Rewriter()
    for piece in pieces(html[:MAX_HTML]):
        rewriter.take(piece)
    cut = len(html) > MAX_HTML or rewriter.elements >= MAX_ELEMENTS
    return Cleaned(_CLEANER.clean(rewriter.finish()).strip(), rewriter.remote_images, cut)


def with_inline_images(html: str, address_of: Callable[[str], str | None]) -> str:
    """Return cleaned `html` with each inline image's content id replaced by the address of its file."""

    def put(match: re.Match[str]) -> str:
        address = address_of(unescape(match[1]))
        return f'src="{escape(address)}"' if address else 'src=""'

    return _CID_SOURCE.sub(put, html)


def _fits(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute only when its value is of the one form it may have."""
    if name == "href":
        fits = tag == "a" and bool(SAFE_LINK.match(value))
    elif name == "src":
        fits = tag == "img" and bool(_CID.fullmatch(value))
    elif name in {"width", "height"}:
        fits = bool(_PIXELS.fullmatch(value))
    elif name in {"colspan", "rowspan", "start"}:
        fits = bool(_SMALL_NUMBER.fullmatch(value))
    else:
        fits = True
    return value if fits else None


_CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=DROPPED,
    attributes=_ATTRIBUTES,
    attribute_filter=_fits,
    tag_attribute_values={tag: {"dir": {"ltr", "rtl", "auto"}} for tag in _DIRECTED},
    url_schemes={"http", "https", "mailto", "cid"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    generic_attribute_prefixes=set(),
    strip_comments=True,
)


class _Rewriter:
    """Balanced, shallow markup of the allowed elements, in the order of the mail."""

    def __init__(self) -> None:
        self.remote_images = 0
        self.elements = 0
        self._out: list[str] = []
        self._open: list[str] = []
        self._ignored: dict[str, int] = {}
        self._link = ""
        self._shown: list[str] = []

    def take(self, piece: Piece) -> None:
        if not piece.name:
            self._out.append(piece.text)
            if self._link and len(self._shown) < 20:
                self._shown.append(piece.text[:300])
        elif piece.closes:
            self._close(piece.name)
        elif self.elements < MAX_ELEMENTS:
            self.elements += 1
            self._begin(piece)

    def finish(self) -> str:
        self._pop_to(0)
        return "".join(self._out)

    def _begin(self, piece: Piece) -> None:
        ended, between = _ENDS.get(piece.name, (set(), set()))
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index] in ended:
                self._pop_to(index)
                break
            if self._open[index] in between:
                break
        if piece.name == "img":
            self._image(piece.attributes)
            return
        if piece.name == "a":
            if "a" in self._open:
                self._pop_to(self._open.index("a"))
            self._link, self._shown = link_of(piece.attributes), []
        if piece.name not in VOID and (len(self._open) >= MAX_DEPTH or (piece.name == "a" and not self._link)):
            self._ignored[piece.name] = self._ignored.get(piece.name, 0) + 1
            self._link = "" if piece.name == "a" else self._link
            return
        kept = (
            {"href": self._link}
            if piece.name == "a"
            else {
                name: value
                for name, value in piece.attributes.items()
                if name in {"colspan", "rowspan", "start", "dir"}
            }
        )
        written = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        self._out.append(f"<{piece.name}{written}>")
        if piece.name not in VOID:
            self._open.append(piece.name)

    def _image(self, attributes: dict[str, str]) -> None:
        source, words = attributes.get("src", "").strip(), attributes.get("alt", "").strip()[:300]
        if _CID.fullmatch(source):
            sizes = "".join(
                f' {name}="{escape(attributes[name])}"' for name in ("width", "height") if name in attributes
            )
            self._out.append(f'<img src="{escape(source)}" alt="{escape(words)}"{sizes}>')
            return
        self.remote_images += IN_URL.sub("", source).lower().startswith(("http:", "https:", "//"))
        self._out.append(f" {escape(words)} " if words else "")

    def _close(self, name: str) -> None:
        if self._ignored.get(name):
            self._ignored[name] -= 1
        elif name in self._open:
            self._pop_to(len(self._open) - 1 - self._open[::-1].index(name))

    def _pop_to(self, length: int) -> None:
        while len(self._open) > length:
            name = self._open.pop()
            self._out.append(f"</{name}>" + (self._true_target() if name == "a" else ""))

    def _true_target(self) -> str:
        """Name the host a link really leads to, when its text shows another one."""
        shown = _SHOWN_HOST.match(unescape("".join(self._shown)).strip()[:400])
        real, self._link = host_of(self._link), ""
        if not shown or not real:
            return ""
        host = shown[1].lower().removeprefix("www.")
        return "" if real == host or real.endswith(f".{host}") else f" [{escape(real)}]"
