"""Plain words as HTML: paragraphs, lines and links, and nothing else. One pass, safe to show."""

import re
from html import escape

_LINK = re.compile(r"https?://[^\s<>\"']{1,2000}")
_TRAILING = ".,;:!?)]}»”’"
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


def words_html(text: str) -> str:
    """Return `text` as paragraphs with its lines and links."""
    paragraphs = (part for part in _PARAGRAPH.split(text.strip()) if part.strip())
    return "\n".join(f"<p>{_linked(part)}</p>" for part in paragraphs)


def _linked(text: str) -> str:
    out: list[str] = []
    position = 0
    for match in _LINK.finditer(text):
        url = match[0].rstrip(_TRAILING)
        end = match.start() + len(url)
        out.append(escape(text[position : match.start()]))
        out.append(f'<a href="{escape(url)}" rel="noopener noreferrer nofollow">{escape(url)}</a>')
        position = end
    out.append(escape(text[position:]))
    return "".join(out).replace("\n", "<br>")
