"""Addresses of mail servers as an administrator writes them, and the way there. Passwords are never shown.

`imaps://user:password@host:993/INBOX`, `imap://…?tls=starttls`, `smtps://…`, `smtp://…?tls=required`,
`…?auth=xoauth2` for a token instead of a password.
"""

import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

from parley.kit.errors import Invalid

Tls = Literal["implicit", "required", "offered", "never"]
Token = Callable[[], Awaitable[str]]
"""Gives a fresh access token for XOAUTH2."""
Dial = Callable[[str, int], Awaitable[socket.socket]]
"""Opens a connection through the house's guard against private addresses."""

_PORTS = {"imap": 143, "imaps": 993, "smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a mail server is, who signs in there, and how the line is protected."""

    scheme: str
    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    folder: str = "INBOX"
    tls: Tls = "required"
    xoauth2: bool = False

    @property
    def shown(self) -> str:
        """The address for logs and pages: without the password."""
        user = f"{quote(self.username)}@" if self.username else ""
        return f"{self.scheme}://{user}{self.host}:{self.port}"


def parse_server(url: str, *, password: str = "") -> Server:
    """Read a server's URL; refuse with a sentence what is unclear or would send a password in the open."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise Invalid("This is not the address of a mail server.", code="bad_server") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Invalid(
            "The address of a mail server begins with imaps://, imap://, smtps:// or smtp://.", code="bad_server"
        )
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    username = unquote(parts.username or "")
    server = Server(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        username=username,
        password=password or unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls=_tls(parts.scheme, options.get("tls", ""), signs_in=bool(username), host=parts.hostname),
        xoauth2=options.get("auth", "").lower() == "xoauth2",
    )
    if any(ord(char) < 32 or ord(char) == 127 for char in f"{server.host}{username}{server.password}{server.folder}"):
        raise Invalid("The address of a mail server has no control characters.", code="bad_server")
    return server


def tls_context(server: Server, ca_file: Path | None = None) -> ssl.SSLContext:
    """Return how the server's certificate is checked: always, except where encryption is only taken when offered."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if server.tls == "offered":
        # Without credentials and with plain text as the alternative, any encryption is better than none (RFC 7435).
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _tls(scheme: str, option: str, *, signs_in: bool, host: str) -> Tls:
    if scheme in {"imaps", "smtps"}:
        return "implicit"
    if option in {"required", "starttls"}:
        return "required"
    if option == "never":
        if signs_in and not _is_loopback(host):
            raise Invalid("A password must not be sent without encryption.", code="plain_password")
        return "never"
    if option not in {"", "offered"}:
        raise Invalid("The choice for tls is required, offered or never.", code="bad_server")
    return "required" if signs_in else "offered"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
