"""Inline rules of our own: plain links, @handles, #channels and :emoji:, never inside code or links."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from parley.kit.emoji import emoji_for

# Not after these: an address, a path, a query, a longer word (letters without spaces between words may precede).
_JOINED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/@#&=+-.")
_AT = re.compile(r"@(team/)?(\w(?:[\w.-]{0,58}\w)?)(?![\w@])", re.ASCII)
_HASH = re.compile(r"#([^\W_](?:[\w-]{0,62}[^\W_])?)(?!\w)")
_CODE = re.compile(r":([a-z0-9_+-]{1,32}):")
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])https?$", re.IGNORECASE)
_STOPS = '\\s<>"`\u3001\u3002\uff0c\uff1b\uff1a\uff01\uff1f\uff08\uff09\u300c-\u300f\u3010\u3011\u300a\u300b'
_REST = re.compile(f"://[^{_STOPS}]{{1,2000}}")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_BRACKET = re.compile(r"[(){}\[\]]")


def install(md: MarkdownIt) -> None:
    """Put the rules into the parser, before those that would take their first character."""
    md.inline.ruler.before("newline", "plain_link", plain_link)
    md.inline.ruler.after("plain_link", "mention", mention)
    md.inline.ruler.after("mention", "channel", channel)
    md.inline.ruler.after("channel", "emoji", emoji)


def _begins_here(state: StateInline, mark: str) -> bool:
    if state.src[state.pos] != mark or state.linkLevel > 0:
        return False
    return state.pos == 0 or state.src[state.pos - 1] not in _JOINED


def mention(state: StateInline, silent: bool) -> bool:
    """`@handle` is a person (or, by the same name, a team), `@team/name` a team."""
    if not _begins_here(state, "@") or not (found := _AT.match(state.src, state.pos, state.posMax)):
        return False
    if not silent:
        token = state.push("mention", "", 0)
        token.content = found[0]
        token.meta = {"kind": "team" if found[1] else "person", "name": found[2].lower()}
    state.pos = found.end()
    return True


def channel(state: StateInline, silent: bool) -> bool:
    """`#name` is a channel; `#123` is just a number."""
    if not _begins_here(state, "#") or not (found := _HASH.match(state.src, state.pos, state.posMax)):
        return False
    if found[1].isdigit():
        return False
    if not silent:
        token = state.push("mention", "", 0)
        token.content = found[0]
        token.meta = {"kind": "channel", "name": found[1].lower()}
    state.pos = found.end()
    return True


def emoji(state: StateInline, silent: bool) -> bool:
    """`:code:` becomes its character; an unknown name may be an emoji of the company's own."""
    if state.src[state.pos] != ":" or not (found := _CODE.match(state.src, state.pos, state.posMax)):
        return False
    if state.pos and state.src[state.pos - 1].isalnum():
        return False
    character = emoji_for(found[1])
    if character is None and (state.linkLevel > 0 or not found[1][0].isalpha()):
        return False
    if not silent:
        token = state.push("text" if character else "custom_emoji", "", 0)
        token.content = character or found[0]
        token.meta = {} if character else {"kind": "emoji", "name": found[1]}
    state.pos = found.end()
    return True


def plain_link(state: StateInline, silent: bool) -> bool:
    """`https://…` becomes a link by itself, as typed, without the punctuation of the sentence around it."""
    if state.src[state.pos] != ":" or state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src[max(0, state.pos - 6) : state.pos])
    if not scheme or not (found := _REST.match(state.src, state.pos, state.posMax)):
        return False
    rest = trim(found[0])
    href = state.md.normalizeLink(scheme[0] + rest)
    if len(rest) <= len("://") or not state.md.validateLink(href):
        return False
    if not silent:
        if not state.pending.endswith(scheme[0]):
            return False
        state.pending = state.pending[: -len(scheme[0])]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = scheme[0] + rest
        state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True


def trim(address: str) -> str:
    """Cut what belongs to the sentence: from the first bracket it did not open, and closing punctuation."""
    opened = dict.fromkeys(_PAIRS.values(), 0)
    for found in _BRACKET.finditer(address):
        if found[0] in opened:
            opened[found[0]] += 1
        elif opened[_PAIRS[found[0]]] > 0:
            opened[_PAIRS[found[0]]] -= 1
        else:
            address = address[: found.start()]
            break
    return address.rstrip(".,:;!?'*_~|")
