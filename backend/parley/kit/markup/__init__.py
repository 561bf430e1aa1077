"""Markdown as people write it, into HTML that is safe to store and to show to everybody.

source → `limits` (NFC, controls, length) → parser with our own rules (`inline`, `tree`) → `clean` (allow-list)
→ placeholders for mentions. `fill` puts people's present names in, each time the text is shown.
"""

from parley.kit.markup.clean import fill, plain_excerpt, plain_text
from parley.kit.markup.limits import MAX_CHARACTERS, TooComplex, TooLong
from parley.kit.markup.rendering import Mention, Rendered, render

__all__ = [
    "MAX_CHARACTERS",
    "Mention",
    "Rendered",
    "TooComplex",
    "TooLong",
    "fill",
    "plain_excerpt",
    "plain_text",
    "render",
]
