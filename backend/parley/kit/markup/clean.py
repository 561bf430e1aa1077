"""The allow-list, the placeholders that stand for mentions, and what is read back from finished HTML."""

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape

import nh3

from parley.kit.text import shorten

Named = Mapping[str, tuple[int, str]]

_BLOCKS = ("p", "h3", "h4", "h5", "ul", "ol", "li", "blockquote", "th", "td")
_TAGS = {*_BLOCKS, "a", "br", "code", "del", "em", "hr", "img", "pre", "s", "strong"}
_TAGS |= {"table", "thead", "tbody", "tr"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}},
    tag_attribute_values={},
    set_tag_attribute_values={
        **{tag: {"dir": "auto"} for tag in _BLOCKS},
        "pre": {"dir": "ltr"},
        "img": {"loading": "lazy"},
    },
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto"},
    url_relative=lambda url: url if url.startswith("/files/") else None,
)
_PLACEHOLDER = re.compile(r'<span data-(person|team|channel|emoji)="([^"<>]*)">([^<>]*)</span>')
_BREAK = re.compile(r"<(?:/(?:p|h[345]|li|blockquote|th|td|tr|pre)|br|hr)\b[^>]*>")
_IMAGE = re.compile(r'<img\b[^>]*?\balt="([^"]*)"[^>]*>')
_TAG = re.compile(r"<[^>]*>")


def clean(html: str) -> str:
    """Let only the listed elements and attributes through, whatever the parser did."""
    return _CLEANER.clean(html)


def place(html: str, nonce: str, tokens: Sequence[tuple[str, str, str]]) -> str:
    """Put a placeholder element where the cleaned text has a mark made of the unguessable `nonce`."""

    def element(found: re.Match[str]) -> str:
        kind, name, words = tokens[int(found[1])]
        return f'<span data-{kind}="{escape(name)}">{escape(words, quote=False)}</span>'

    return re.sub(f"{nonce}x([0-9]+)x", element, html)


def fill(
    html: str, persons: Named, channels: Named, teams: Named | None = None, emoji: Mapping[str, str] | None = None
) -> str:
    """Turn placeholders into links with present names; what is not in the mappings stays as it was typed.

    Keys are what `Mention.name` says; `emoji` maps names of the company's own emoji to their file addresses.
    """

    def link(found: re.Match[str]) -> str:
        kind, name, words = found[1], unescape(found[2]), found[3]
        if kind == "emoji":
            return _picture((emoji or {}).get(name), found[2], words)
        if kind == "channel":
            return _link(f"/channels/{channels[name][0]}", "#" + channels[name][1]) if name in channels else words
        if kind == "person" and name in persons:
            return _link(f"/people/{name}", "@" + persons[name][1])
        return _link(f"/teams/{teams[name][0]}", "@" + teams[name][1]) if teams and name in teams else words

    return _PLACEHOLDER.sub(link, html)


def _link(href: str, words: str) -> str:
    return f'<a class="mention" href="{escape(href)}">{escape(words, quote=False)}</a>'


def _picture(address: str | None, name: str, words: str) -> str:
    return f'<img class="emoji" src="{escape(address)}" alt=":{name}:" title=":{name}:">' if address else words


def plain_text(html: str) -> str:
    """Return the words of rendered HTML, blocks on lines of their own, images by their description."""
    lines = unescape(_TAG.sub("", _BREAK.sub("\n", _IMAGE.sub(r"\1", html)))).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def plain_excerpt(html: str, length: int) -> str:
    """Return the beginning of rendered HTML as one plain line of at most `length` characters."""
    return shorten(plain_text(html[: length * 20]) if len(html) > length * 40 else plain_text(html), length)
