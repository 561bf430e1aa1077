"""Address headers to addresses, in one pass without recursion: comments may nest a thousand deep.

The library's parser recurses on comments and, in this version, can be led to see another address than
the one a server delivers to; this one takes an address only where the grammar has one.
"""

from collections.abc import Iterator

from parley.customers.connectors.base import Address
from parley.customers.connectors.email.addresses import normalise_address
from parley.customers.connectors.email.charsets import decode_header, undo_escapes

_MAX_VALUE = 64_000
_MAX_NAME = 120


def parse_addresses(value: str, limit: int = 100) -> tuple[Address, ...]:
    """Return at most `limit` valid addresses of a header's value, in order, each once; never raises."""
    found: dict[str, Address] = {}
    for name, written in _mailboxes(undo_escapes(value[:_MAX_VALUE])):
        norm = normalise_address(written)
        if norm and norm not in found:
            found[norm] = Address(written.strip(), norm, decode_header(name).strip(" '\"")[:_MAX_NAME])
            if len(found) >= limit:
                break
    return tuple(found.values())


def _mailboxes(value: str) -> Iterator[tuple[str, str]]:
    """Yield (display name, address as written) of each mailbox; group names and comments are left out."""
    phrase: list[str] = []
    comment: list[str] = []
    angle: str | None = None
    bare = False  # An address without angle brackets has begun, so a colon is no longer a group's.
    position, end = 0, len(value)
    while position <= end:
        char = value[position] if position < end else ","
        if char in ",;":
            yield _mailbox(phrase, comment, angle)
            phrase, comment, angle, bare = [], [], None, False
        elif char == '"':
            text, position = _quoted(value, position)
            phrase.append(text if angle is None else "")
            continue
        elif char == "(":
            text, position = _comment(value, position)
            comment.append(text)
            continue
        elif char == "<" and angle is None:
            stop = _angle_end(value, position)
            angle, position = value[position + 1 : stop], stop + 1
            continue
        elif char == ":" and angle is None and not bare:
            phrase, comment = [], []  # A group's name ends here.
        elif angle is None:
            phrase.append(char)
            bare = bare or char == "@"
        position += 1


def _mailbox(phrase: list[str], comment: list[str], angle: str | None) -> tuple[str, str]:
    words = "".join(phrase).strip()
    if angle is not None:
        return words or " ".join(comment), angle.rsplit(":", 1)[-1] if angle.startswith("@") else angle
    return " ".join(comment), words


def _quoted(value: str, start: int) -> tuple[str, int]:
    """Return the text of the quoted string at `start` and where it ends; an unclosed one ends with the value."""
    text: list[str] = []
    position = start + 1
    while position < len(value) and value[position] != '"':
        position += value[position] == "\\"
        text.append(value[position : position + 1])
        position += 1
    inner = "".join(text)
    # A quoted local part ("jo hn"@x) is kept quoted, so that it is not read as a bare one.
    return (f'"{inner}"' if value[position + 1 : position + 2] == "@" else inner), position + 1


def _comment(value: str, start: int) -> tuple[str, int]:
    """Return the text of the comment at `start`, nested ones included, and where it ends."""
    depth, position = 0, start
    while position < len(value):
        char = value[position]
        if char == "\\":
            position += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                break
        position += 1
    return value[start + 1 : position], position + 1


def _angle_end(value: str, start: int) -> int:
    """Return where the address opened at `start` is closed; a quoted local part may hold the closing sign."""
    position = start + 1
    while position < len(value) and value[position] != ">":
        if value[position] == '"':
            _, position = _quoted(value, position)
        else:
            position += 1
    return position
