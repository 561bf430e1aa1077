"""Reads HTML as a browser's tokenizer would and lists what is in it that may not be."""

import re
from html.parser import HTMLParser

ELEMENTS = {
    "p": {"dir"}, "h3": {"dir"}, "h4": {"dir"}, "h5": {"dir"}, "ul": {"dir"}, "ol": {"dir", "start"}, "li": {"dir"},
    "blockquote": {"dir"}, "th": {"dir", "align"}, "td": {"dir", "align"}, "a": {"href", "rel"}, "br": set(), "hr": set(),
    "code": set(), "pre": {"dir"}, "del": set(), "s": set(), "em": set(), "strong": set(),
    "img": {"src", "alt", "loading"}, "table": set(), "thead": set(), "tbody": set(), "tr": set(),
    "span": {"data-person", "data-team", "data-channel", "data-emoji"},
}  # fmt: skip
_HREF = re.compile(
    r"(?:https?://[^/?#@\\\s]+(?:[/?#].*)?|mailto:[^@\s]+@[^\s]+|/files/[\w-]+(?:/[\w-][\w.-]*)?)", re.IGNORECASE
)
_FILE = re.compile(r"/files/[\w-]+(?:/[\w-][\w.-]*)?")
_VOID = {"br", "hr", "img"}


class Audit(HTMLParser):
    """Collects what breaks the rules in `faults`, and the placeholders and links it has seen."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.open: list[str] = []
        self.placeholders: list[tuple[str, str]] = []
        self.hrefs: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        self.faults += [f"left open: {tag}" for tag in self.open]
        if re.search(r"<(?!/?[a-z0-9]+[ >])", html):
            self.faults.append("a raw angle that opens no element of ours")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # htmx rewrites `<hx-` wherever it stands in an answer, inside a value too, and breaks out of it.
        if "<" in (self.get_starttag_text() or "")[1:]:
            self.faults.append("a raw angle inside a tag")
        if tag not in ELEMENTS:
            self.faults.append(f"element {tag}")
        if "a" in self.open and tag in {"a", "span"}:
            self.faults.append(f"{tag} inside a link")
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name not in ELEMENTS.get(tag, set()):
            self.faults.append(f"attribute {name} of {tag}")
        if name == "href":
            self.hrefs.append(value)
            if not _HREF.fullmatch(value):
                self.faults.append(f"address {value}")
        if name == "src" and not _FILE.fullmatch(value):
            self.faults.append(f"picture {value}")
        if tag == "a" and name == "rel" and value != "noopener noreferrer nofollow":
            self.faults.append("rel")
        if name.startswith("data-"):
            self.placeholders.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"closed out of order: {tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data}")
