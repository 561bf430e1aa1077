"""What a mail's HTML says, as plain text."""

import re
from html import unescape

from parley.kit.mailtext.pieces import BLOCKS, MAX_HTML, Piece, link_of, pieces

_MAX_QUOTE_MARKS = 10
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "table"}
_SPACE = re.compile(r"[ \t\r\n\f]+")


def html_to_text(html: str) -> str:
    """Return what `html` says as plain text; quotations get `> ` so that they can be told apart."""
    writer = _TextWriter()
    for piece in pieces(html[:MAX_HTML]):
        writer.take(piece)
    return writer.finish()


class _TextWriter:
    """Lines of text, with quotation marks, list marks and link targets."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._spaced = True
        self._quotes = 0
        self._preformatted = 0
        self._lists: list[int] = []
        self._link = ""
        self._link_from = 0

    def take(self, piece: Piece) -> None:
        if not piece.name:
            self._text(unescape(piece.text))
        elif piece.name == "a":
            self._anchor(piece)
        elif piece.name == "br" and not piece.closes:
            self._end_line(always=True)
        elif piece.name == "img" and not piece.closes:
            words = piece.attributes.get("alt", "").strip()[:300]
            self._text(f"[{words}]" if words else "")
        elif piece.name in {"td", "th"} and piece.closes:
            self._text(" ")
        elif piece.name in BLOCKS or piece.name in {"li", "tr", "dt", "dd"}:
            self._block(piece)

    def finish(self) -> str:
        self._end_line()
        text = "\n".join(self._lines).replace("\xa0", " ")
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")

    def _put(self, text: str) -> None:
        if text:
            self._line.append(text)
            self._spaced = text.endswith(" ")

    def _text(self, text: str) -> None:
        if self._preformatted:
            first, *rest = text.split("\n")
            self._put(first)
            for line in rest:
                self._end_line(always=True)
                self._put(line)
            return
        words = _SPACE.sub(" ", text)
        self._put(words.lstrip(" ") if self._spaced else words)

    def _block(self, piece: Piece) -> None:
        self._end_line()
        if piece.name == "blockquote":
            self._quotes = max(0, self._quotes + (-1 if piece.closes else 1))
        elif piece.name == "pre":
            self._preformatted = max(0, self._preformatted + (-1 if piece.closes else 1))
        elif piece.name in {"ul", "ol"}:
            self._list(piece)
        elif piece.name == "li" and not piece.closes:
            number = self._lists[-1] if self._lists else 0
            self._put(f"{number}. " if number else "- ")
            if number:
                self._lists[-1] += 1
        elif piece.name == "hr":
            self._put("_" * 32)
            self._end_line()
        if piece.name in _PARAGRAPHS and self._lines and self._lines[-1].strip("> "):
            self._end_line(always=True)

    def _list(self, piece: Piece) -> None:
        if not piece.closes:
            self._lists.append(1 if piece.name == "ol" else 0)
        elif self._lists:
            self._lists.pop()

    def _anchor(self, piece: Piece) -> None:
        if not piece.closes:
            self._link, self._link_from = link_of(piece.attributes), len(self._line)
            return
        target, self._link = self._link, ""
        shown = "".join(self._line[self._link_from :]).strip()
        bare = target.removeprefix("mailto:")
        if shown and target and len(target) <= 200 and shown.rstrip("/") not in {target.rstrip("/"), bare}:
            self._put(f" <{bare}>")

    def _end_line(self, *, always: bool = False) -> None:
        line = "".join(self._line).rstrip()
        if line or always:
            self._lines.append(("> " * min(self._quotes, _MAX_QUOTE_MARKS) + line).rstrip())
        self._line, self._spaced, self._link_from = [], True, 0
