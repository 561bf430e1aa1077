"""How IMAP writes names and answers, and how its refusals are told."""

import base64
import re
from collections.abc import Iterator

from parley.customers.connectors.email.charsets import tidy_line

_TAGGED = re.compile(rb"(OK|NO|BAD)\b ?(.*)", re.DOTALL | re.IGNORECASE)


class MailboxError(Exception):
    """The mailbox cannot be read now; its words are for an administrator."""


class SignInRefusedError(MailboxError):
    """The server refuses the user name, the password or the token."""


class NotOkError(MailboxError):
    """The server answered a command with NO or BAD."""


def quoted(text: str) -> str:
    """Return `text` as an IMAP quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_name(name: str) -> str:
    """Return a folder's name in IMAP's own form of UTF-7 (RFC 3501, 5.1.3)."""
    return quoted("".join(_utf7_pieces(name)))


def _utf7_pieces(name: str) -> Iterator[str]:
    for plain, other in re.findall(r"([\x20-\x7e]+)|([^\x20-\x7e]+)", name):
        if plain:
            yield plain.replace("&", "&-")
        else:
            coded = base64.b64encode(other.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            yield f"&{coded}-"


def check_ok(status: bytes) -> None:
    """Raise what the server said unless it said OK."""
    match = _TAGGED.match(status)
    if match is None or match[1].upper() != b"OK":
        raise NotOkError(shown(match[2] if match else status))


def shown(line: bytes) -> str:
    """Return a server's words as they may be shown."""
    return tidy_line(line.decode("utf-8", "replace"))[:300]


def why(error: Exception) -> str:
    """Return in short what broke."""
    return tidy_line(getattr(error, "strerror", None) or str(error))[:200] or type(error).__name__
