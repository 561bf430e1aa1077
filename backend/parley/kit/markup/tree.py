"""What happens to the parsed tree before it is written out: headings, links, images, tasks."""

import re
import unicodedata

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from parley.kit.markup.inline import trim

MAX_HREF = 2_000
_OWN_FILE = re.compile(r"/files/[A-Za-z0-9_-]{1,64}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,200})?", re.ASCII)
_WEB = re.compile(r"https?://([^/?#@\\]+)(?:[/?#]|$)", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^@?\s]+@[^@?\s]+(?:\?|$)", re.IGNORECASE)
_LATE = re.compile(
    r"(?<![\w@/.+%=&-])(?:www\.[^\s<>\"`]{3,2000}"
    r"|[a-z0-9][\w.+%-]{0,63}@[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9][a-z0-9-]{0,62}){1,8})",
    re.IGNORECASE | re.ASCII,
)
_HOST = re.compile(r"(?:(https?|ftp):/*)?([\w-]+(?:[.\u3002\uff0e\uff61\u2024][\w-]+)+)(?![\w@-])", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\][ \n]")
_LAST_LATIN = "\u024f"
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h5", "h5": "h5", "h6": "h5"}


def install(md: MarkdownIt) -> None:
    """Set which addresses a link may have and add the passes over the tree."""
    md.validateLink = valid_link  # type: ignore[method-assign]  # the library's own way to set a rule of one's own
    md.normalizeLink = normalise_link  # type: ignore[method-assign]  # as above
    md.core.ruler.push("late_links", late_links)
    md.core.ruler.push("blocks", blocks)
    md.core.ruler.push("links", links)


def normalise_link(url: str) -> str:
    """Percent-encode a link's address; one that cannot be read becomes nothing and is shown as text."""
    if len(url) > MAX_HREF:
        return ""
    try:
        return normalizeLink(url)
    except ValueError:
        return ""


def valid_link(url: str) -> bool:
    """Only http, https and mailto with a host, without user names (they pretend to be the host), and our files."""
    return bool(_WEB.match(url) or _MAIL.match(url) or own_file(url))


def own_file(url: str) -> bool:
    """Whether `url` is a file that was uploaded here."""
    return _OWN_FILE.fullmatch(url) is not None


def late_links(state: StateCore) -> None:
    """Link `www.…` and e-mail addresses, which no single character announces."""
    for token in state.tokens:
        if token.type == "inline" and token.children and ("www." in token.content or "@" in token.content):
            token.children = _with_late_links(token.children, state.md)


def _with_late_links(children: list[Token], md: MarkdownIt) -> list[Token]:
    result: list[Token] = []
    inside = 0
    for child in children:
        inside += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type == "text" and not inside:
            result += _split(child, md)
        else:
            result.append(child)
    return result


def _split(token: Token, md: MarkdownIt) -> list[Token]:
    pieces: list[Token] = []
    done = 0
    for found in _LATE.finditer(token.content):
        address = trim(found[0])
        href = md.normalizeLink(("https://" if address.lower().startswith("www.") else "mailto:") + address)
        if not md.validateLink(href):
            continue
        pieces += [_text(token.content[done : found.start()]), _opened(href), _text(address), _closed()]
        done = found.start() + len(address)
    return [*pieces, _text(token.content[done:])] if pieces else [token]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _opened(href: str) -> Token:
    return Token("link_open", "a", 1, attrs={"href": href})


def _closed() -> Token:
    return Token("link_close", "a", -1)


def blocks(state: StateCore) -> None:
    """Shift headings below the page's own, keep a cell's side without a style, make tasks plain signs."""
    for place, token in enumerate(state.tokens):
        token.tag = _HEADINGS.get(token.tag, token.tag)
        if side := str(token.attrs.pop("style", "")).removeprefix("text-align:"):
            token.attrs["align"] = side
        if token.type == "inline" and place > 1 and state.tokens[place - 2].type == "list_item_open":
            _mark_task(token)


def _mark_task(token: Token) -> None:
    first = token.children[0] if token.children else None
    if first and first.type == "text" and (found := _TASK.match(first.content + " ")):
        first.content = ("\u2610 " if found[1] == " " else "\u2611 ") + first.content[4:]


def links(state: StateCore) -> None:
    """Turn images from elsewhere into links and add the host to a link whose words name another one."""
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = _honest(token.children)


def _honest(children: list[Token]) -> list[Token]:
    result: list[Token] = []
    href, words = "", ""
    opened = False
    for child in children:
        if child.type == "link_open":
            href, words, opened = str(child.attrs.get("href", "")), "", bool(child.attrs.get("href"))
            child.attrs = {"href": href}
            if not opened:
                continue
        elif child.type == "link_close":
            if not opened:
                continue
            opened = False
            if result[-1].type == "link_open":
                result.append(_text(href))
            result.append(child)
            if (host := shown_host(href)) and _misleads(words, host):
                result.append(_text(f" ({host})"))
            continue
        elif child.type == "image" and not own_file(str(child.attrs.get("src", ""))):
            result += _image_as_link(child, inside=opened)
            words += child.content
            continue
        words += child.content
        result.append(child)
    return result


def _image_as_link(image: Token, *, inside: bool) -> list[Token]:
    href = str(image.attrs.get("src", ""))
    label = _text(" ".join(image.content.split()) or href)
    return [label] if inside or not href else _honest([_opened(href), label, _closed()])


def shown_host(href: str) -> str:
    """Return the host of a web address as its owner registered it (lower case, punycode), else nothing."""
    found = _WEB.match(href)
    return found[1].lower().rstrip(".") if found else ""


def _misleads(words: str, host: str) -> bool:
    """Whether the words of a link name a host that is not the one it goes to, or look like another one."""
    bare = _bare(host)
    for found in _HOST.finditer(unicodedata.normalize("NFKC", words).lower()):
        named = _bare(shown_host(normalise_link("http://" + found[2])))
        if named != bare and (found[1] or not found[2].replace(".", "").isdigit()):
            return True
    # Letters of other scripts look like Latin ones, so what is typed can read as a host that it is not.
    return "xn--" in host and any(letter > _LAST_LATIN for letter in words)


def _bare(host: str) -> str:
    return host.split(":", 1)[0].removeprefix("www.")
