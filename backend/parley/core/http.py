"""The one way out: every request to the outside goes through `GuardedClient`.

A URL is parsed once, its host resolved once, every address that came back is judged, and the connection goes to
exactly such an address, with Host and SNI from the URL. The guard sits where connections are opened (`outgoing`), so
redirects, pools and other libraries' clients on top of `transport()` cannot go round it.
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpcore2
import httpx2

from parley.core.addresses import Address, Network
from parley.core.outgoing import (
    MAX_BYTES,
    TIMEOUT_SECONDS,
    Dialler,
    Guard,
    GuardedTransport,
    Refused,
    Resolver,
    Tunnel,
    system_resolver,
)
from parley.core.settings import Settings

__all__ = ["MAX_BYTES", "TIMEOUT_SECONDS", "Answer", "GuardedClient", "Refused"]

MAX_REDIRECTS = 5
MAX_URL = 4_000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a caller put into the headers is for the host it named, not for one that an answer named.
_HEADERS_ANYWHERE = frozenset({"accept", "accept-language", "user-agent"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and from where after redirects. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class GuardedClient:
    """Fetches for the house. One a process; close it at the end."""

    def __init__(
        self,
        trusted_networks: Sequence[Network] = (),
        *,
        ca_file: Path | None = None,
        proxy: str = "",
        denied_networks: Sequence[Network] = (),
        resolver: Resolver = system_resolver,
        backend: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        """Take what the settings say; `denied_networks` closes more, such as our own public address behind a NAT."""
        self._guard = Guard(tuple(trusted_networks), tuple(denied_networks), resolver)
        backend = backend or httpcore2.AnyIOBackend()
        tls = httpx2.create_ssl_context(trust_env=False)
        if ca_file:
            tls.load_verify_locations(cafile=ca_file)
        tunnel = Tunnel(proxy, backend, tls) if proxy else None
        self._transports = {
            trusted: GuardedTransport(Dialler(self._guard, backend, tunnel, trusted=trusted), tls, trusted=trusted)
            for trusted in (False, True)
        }

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Make the client that `settings` describe."""
        return cls(settings.networks, ca_file=settings.ca_file, proxy=settings.outgoing_proxy)

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_bytes: int = MAX_BYTES,
        trusted: bool = False,
    ) -> Answer:
        """Send one request and return the answer, whatever its status; raise `Refused`.

        Only GET and HEAD follow redirects: a body is for the host that was named. `trusted` is for what an
        administrator configured and never for what a person typed; it opens the trusted networks and tells more.
        """
        sending = {
            "headers": {"user-agent": "Parley", **{name.lower(): value for name, value in (headers or {}).items()}},
            "content": content,
            "data": form,
            "json": json,
            "extensions": {
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout_seconds),
                "seconds": timeout_seconds,
                "max_bytes": max_bytes,
            },
        }
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._follow(method.upper(), parse(url, trusted=trusted), sending, trusted=trusted)
        except TimeoutError as error:
            raise Refused("silent", trusted=trusted) from error

    async def _follow(self, method: str, target: httpx2.URL, sending: dict[str, Any], *, trusted: bool) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._transports[trusted].handle_async_request(httpx2.Request(method, target, **sending))
            try:
                location = response.headers.get("location") if response.status_code in _REDIRECTS else None
                if location is None or method not in {"GET", "HEAD"}:
                    content = await response.aread()
                    return Answer(response.status_code, dict(response.headers), content, str(target))
            finally:
                await response.aclose()
            before, target = target, parse(location, base=target, trusted=trusted)
            if before.scheme == "https" and target.scheme == "http":
                break
            if before.origin != target.origin:
                kept = {name: value for name, value in sending["headers"].items() if name in _HEADERS_ANYWHERE}
                sending = sending | {"headers": kept}
        raise Refused("redirects", trusted=trusted)

    def transport(self, *, trusted: bool = False) -> httpx2.AsyncBaseTransport:
        """Return the guarded way out for another library's client, as its `transport` beside `trust_env=False`.

        It raises `Refused`, caps answers at `MAX_BYTES`, and outlives the clients that close it.
        """
        return self._transports[trusted]

    def client(self, *, trusted: bool = False) -> httpx2.AsyncClient:
        """Return a client of httpx2's own kind on the guarded transport; it follows no redirects."""
        return httpx2.AsyncClient(transport=self.transport(trusted=trusted), trust_env=False, timeout=TIMEOUT_SECONDS)

    async def judge_host(self, host: str, port: int, *, trusted: bool = False) -> list[Address]:
        """Resolve `host` once and return its addresses, every one of them permitted; raise `Refused`."""
        return await self._guard.judge(host, port, trusted=trusted)

    async def dial(self, host: str, port: int, *, trusted: bool = False) -> socket.socket:
        """Return a connected, non-blocking socket to a judged address of `host`, for IMAP and SMTP; raise `Refused`."""
        return await self._guard.dial(host, port, trusted=trusted)

    async def aclose(self) -> None:
        """Let go of every connection."""
        for transport in self._transports.values():
            await transport.shut()


def parse(url: str, *, base: httpx2.URL | None = None, trusted: bool = False) -> httpx2.URL:
    """Read a web address once and for all; whatever two parsers could read differently is refused."""
    # A backslash before the host, a user name that looks like one, spaces and tabs inside: each has two readings.
    if (
        len(url) > MAX_URL
        or "\\" in url
        or any(character.isspace() or not character.isprintable() for character in url)
    ):
        raise Refused("address", trusted=trusted)
    try:
        target = base.join(url) if base else httpx2.URL(url)
        host = target.raw_host.decode("ascii")
    except (httpx2.InvalidURL, ValueError) as error:
        raise Refused("address", trusted=trusted) from error
    if target.scheme not in {"http", "https"} or not host or "%" in host or target.userinfo or target.port == 0:
        raise Refused("address", trusted=trusted)
    return target
