"""Markdown to HTML: the parser, put together once, and the one function that uses it."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from parley.kit.markup import inline, limits, tree
from parley.kit.markup.clean import clean, place, plain_excerpt

T = TypeVar("T")
MAX_MENTIONS = 500
EXCERPT_CHARACTERS = 280


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody or something named in a text: a handle, a channel's or a team's name, in lower case."""

    kind: Literal["person", "channel", "team"]
    name: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text ready to be stored: safe HTML with placeholders, and what it names and links to, each once.

    `source` is the text as it was rendered: NFC, without what no database and no reader should be given.
    """

    html: str
    mentions: tuple[Mention, ...]
    links: tuple[str, ...]
    excerpt: str
    emoji: tuple[str, ...]
    source: str


class _Renderer(RendererHTML):
    """The library's renderer, with marks for placeholders and without classes and languages."""

    def mention(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002  (its interface)
        """Leave a mark that only this rendering knows; a cleaner cannot harm it and nobody can type it."""
        placed: list[tuple[str, str, str]] = env["placed"]
        if len(placed) >= MAX_MENTIONS:
            raise limits.TooComplex
        token = tokens[idx]
        placed.append((token.meta["kind"], token.meta["name"], token.content))
        return f"{env['nonce']}x{len(placed) - 1}x"

    custom_emoji = mention

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002  (its interface)
        """Write a block of code; its language would be a class of the writer's choice."""
        return f"<pre><code>{escapeHtml(tokens[idx].content)}</code></pre>\n"


def _parser() -> MarkdownIt:
    options = {"html": False, "breaks": True, "maxNesting": limits.MAX_NESTING}
    md = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
    md.inline = limits.LimitedInline()
    md.configure("commonmark", options_update=options).enable(["table", "strikethrough"])
    # A line of dashes under a sentence is a signature or a rule here, never a heading.
    md.disable(["lheading", "html_block", "html_inline"])
    md.block.ruler.at("blockquote", limits.limited_quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.block.ruler.at("reference", limits.limited_reference)
    md.block.ruler.at("table", limits.limited_table, {"alt": ["paragraph", "reference"]})
    md.core.ruler.before("inline", "weigh", limits.weigh)
    inline.install(md)
    tree.install(md)
    return md


_PARSER = _parser()


def render(source: str) -> Rendered:
    """Render `source`; raise `TooLong` or `TooComplex`. Pure, and bounded to a fraction of a second."""
    env: dict[str, Any] = {"nonce": secrets.token_hex(12), "placed": []}
    source = limits.normalise(source)
    tokens = _PARSER.parse(source, env)
    limits.check_depth(tokens)
    html = _PARSER.renderer.render(tokens, _PARSER.options, env)
    html = place(clean(html), env["nonce"], env["placed"]).strip()
    placed = env["placed"]
    return Rendered(
        html=html,
        mentions=_unique(Mention(kind, name) for kind, name, _ in placed if kind != "emoji"),
        links=_unique(_targets(tokens)),
        excerpt=plain_excerpt(html, EXCERPT_CHARACTERS),
        emoji=_unique(name for kind, name, _ in placed if kind == "emoji"),
        source=source,
    )


def _targets(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open" and str(child.attrs["href"]).lower().startswith("http"):
                yield str(child.attrs["href"])


def _unique(things: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(things))
