"""Where connections to the outside are opened: resolve once, judge every address, connect to exactly such a one."""

import asyncio
import base64
import re
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import httpcore2
import httpx2

from parley.core import addresses, log
from parley.core.addresses import Address, Network
from parley.kit.errors import Problem

MAX_BYTES = 1_000_000
TIMEOUT_SECONDS = 10.0
_RESOLVE_SECONDS = 5.0
_ADDRESSES_TRIED = 4
_PIECE = 65_536
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9.])?|[0-9a-f:.]{2,45}", re.ASCII | re.IGNORECASE)
_GZIP, _ZLIB = zlib.MAX_WBITS | 16, zlib.MAX_WBITS
_ENCODINGS = {"": None, "identity": None, "gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
# Of its own: a few names with a slow server would otherwise occupy all threads of the process.
_RESOLVERS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")
_DETAILS = {
    "address": "That is not an address that can be fetched.",
    "name": "The name of that host is not known.",
    "network": "That host is in a private network that TRUSTED_NETWORKS does not list.",
    "silent": "That host does not answer, or not in time.",
    "certificate": "The certificate of that host is not valid, or its issuer is not in CA_FILE.",
    "protocol": "That host answers in a way that cannot be understood.",
    "too_large": "The answer of that host is too large.",
    "redirects": "That host redirects too often, or from https to http.",
    "proxy": "The outgoing proxy refuses the way to that host.",
}

_TROUBLE = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, httpcore2.ProxyError, OSError)
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
logger = log.get("outgoing")


class Refused(Problem):
    """422: not fetched. One sentence for every reason, so that nobody learns which ports are open inside.

    Only for what IT configures (`trusted`) the sentence says which; `reason` is a key of the list above.
    """

    status = 422
    code = "unreachable"
    sentence = "That address cannot be reached from here."

    def __init__(self, reason: str, *, trusted: bool = False) -> None:
        super().__init__(_DETAILS[reason] if trusted else None)
        self.reason = reason


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the system, once, for all addresses of `host`."""
    find = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, find)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may be reached. What people type never gets into a private network, what IT configures into listed ones."""

    trusted_networks: tuple[Network, ...] = ()
    denied_networks: tuple[Network, ...] = ()
    resolver: Resolver = system_resolver

    async def judge(self, host: str, port: int, *, trusted: bool) -> list[Address]:
        """Return the addresses of `host`, every one of them permitted; raise `Refused`."""
        if not _HOST.fullmatch(host) or not 0 < port < 65_536:
            raise Refused("address", trusted=trusted)
        try:
            async with asyncio.timeout(_RESOLVE_SECONDS):
                found = [addresses.canonical(text) for text in await self.resolver(host, port)]
        except (OSError, ValueError) as error:  # running out of time and unreadable names are among these
            raise Refused("name", trusted=trusted) from error
        if not found:
            raise Refused("name", trusted=trusted)
        networks = self.trusted_networks if trusted else ()
        # One bad address among good ones refuses them all: which one is used must not be a matter of luck.
        if not all(addresses.permitted(address, networks, self.denied_networks) for address in found):
            logger.info("outgoing_refused", host=host, port=port, trusted=trusted)
            raise Refused("network", trusted=trusted)
        return list(dict.fromkeys(found))

    async def dial(self, host: str, port: int, *, trusted: bool) -> socket.socket:
        """Return a connected, non-blocking socket to a judged address of `host`; raise `Refused`."""
        loop = asyncio.get_running_loop()
        for address in (await self.judge(host, port, trusted=trusted))[:_ADDRESSES_TRIED]:
            family = socket.AF_INET6 if ":" in str(address) else socket.AF_INET
            connection = socket.socket(family, socket.SOCK_STREAM)
            connection.setblocking(False)
            try:
                async with asyncio.timeout(_RESOLVE_SECONDS):
                    await loop.sock_connect(connection, (str(address), port))
            except OSError:
                connection.close()
            except BaseException:
                connection.close()
                raise
            else:
                return connection
        raise Refused("silent", trusted=trusted)

    def inside(self, found: Iterable[Address]) -> bool:
        """Whether all of these are in networks of our own, where no proxy is needed."""
        return all(any(address in network for network in self.trusted_networks) for address in found)


class Tunnel:
    """A proxy, asked for a plain tunnel (CONNECT) to an address that we have judged, also for http."""

    def __init__(self, proxy: str, backend: httpcore2.AsyncNetworkBackend, tls: ssl.SSLContext) -> None:
        self._url = httpx2.URL(proxy)
        self._backend = backend
        self._tls = tls

    async def open(self, host: str, port: int, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        """Return a stream that ends at `host`."""
        secure = self._url.scheme == "https"
        stream = await self._backend.connect_tcp(self._url.host, self._url.port or (443 if secure else 80), timeout)
        try:
            if secure:
                stream = await stream.start_tls(self._tls, self._url.host, timeout)
            await self._ask(stream, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", timeout)
        except BaseException:
            await stream.aclose()
            raise
        return stream

    async def _ask(self, stream: httpcore2.AsyncNetworkStream, authority: str, timeout: float | None) -> None:
        await stream.write(self._question(authority), timeout)
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = await stream.read(4096, timeout)
            head += chunk
            if not chunk or len(head) > _PIECE:
                raise httpcore2.ProxyError("no answer")
        if not re.match(rb"HTTP/1\.[01] 2\d\d[ \r]", head) or not head.endswith(b"\r\n\r\n"):
            raise httpcore2.ProxyError("refused")

    def _question(self, authority: str) -> bytes:
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if self._url.username:
            pair = base64.b64encode(f"{self._url.username}:{self._url.password}".encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {pair}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Dialler(httpcore2.AsyncNetworkBackend):
    """What the connection pool opens its connections with, so nothing goes out that was not judged."""

    def __init__(
        self, guard: Guard, backend: httpcore2.AsyncNetworkBackend, tunnel: Tunnel | None, *, trusted: bool
    ) -> None:
        self._guard = guard
        self._backend = backend
        self._tunnel = tunnel
        self._trusted = trusted

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  (the interface has it, this house never sets it)
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002  (as above)
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to a judged address of `host`, through the proxy unless it is in a network of our own."""
        try:
            found = await self._guard.judge(host, port, trusted=self._trusted)
        except Refused as refusal:
            # Behind some proxies nothing outside can be resolved. IT's own entries go there by name and the proxy
            # decides; what people type does not, since the proxy may reach what we may not.
            if self._tunnel and self._trusted and refusal.reason == "name":
                return await self._tunnel.open(host, port, timeout)
            raise
        direct = self._tunnel is None or (self._trusted and self._guard.inside(found))
        failure: Exception = httpcore2.ConnectError("no address")
        for address in found[:_ADDRESSES_TRIED]:
            try:
                if direct or self._tunnel is None:
                    return await self._backend.connect_tcp(str(address), port, timeout)
                return await self._tunnel.open(str(address), port, timeout)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class GuardedTransport(httpx2.AsyncBaseTransport):
    """httpx2's way out, guarded, with answers capped in size, time and decompression."""

    def __init__(self, dialler: Dialler, tls: ssl.SSLContext, *, trusted: bool) -> None:
        self._trusted = trusted
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls, max_connections=20, keepalive_expiry=5.0, network_backend=dialler
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; raise `Refused`, also while the answer is read."""
        deadline = asyncio.get_running_loop().time() + float(request.extensions.get("seconds", 2 * TIMEOUT_SECONDS))
        request.headers["accept-encoding"] = "gzip"
        url = httpcore2.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        sent = httpcore2.Request(
            request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._pool.handle_async_request(sent)
        except _TROUBLE as error:
            raise Refused(reason_of(error), trusted=self._trusted) from error
        headers = httpx2.Headers(answer.headers)
        limit = int(request.extensions.get("max_bytes", MAX_BYTES))
        encoding = headers.pop("content-encoding", "").strip().lower()
        declared = headers.pop("content-length", "") if encoding else headers.get("content-length", "")
        if encoding not in _ENCODINGS or (declared.isdigit() and int(declared) > limit and request.method != "HEAD"):
            await answer.aclose()
            raise Refused("too_large" if encoding in _ENCODINGS else "protocol", trusted=self._trusted)
        stream = _Capped(answer, _ENCODINGS[encoding], limit, deadline, trusted=self._trusted)
        return httpx2.Response(answer.status, headers=headers, stream=stream, request=request)

    async def shut(self) -> None:
        """Let go of all connections; `aclose` does not, since other libraries close what they are lent."""
        await self._pool.aclose()


class _Capped(httpx2.AsyncByteStream):
    def __init__(
        self, answer: httpcore2.Response, window: int | None, limit: int, deadline: float, *, trusted: bool
    ) -> None:
        self._answer = answer
        self._unpack = None if window is None else zlib.decompressobj(window)
        self._limit = limit
        self._deadline = deadline
        self._trusted = trusted

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._answer.aiter_stream())
        received = size = 0
        while True:
            try:
                async with asyncio.timeout_at(self._deadline):
                    chunk = await anext(chunks)
                for piece in self._pieces(chunk):
                    size += len(piece)
                    if max(size, received) > self._limit:
                        raise Refused("too_large", trusted=self._trusted)
                    yield piece
                received += len(chunk)
            except StopAsyncIteration:
                break
            except (*_TROUBLE, zlib.error) as error:
                raise Refused(reason_of(error), trusted=self._trusted) from error
        if self._unpack and received and not self._unpack.eof:
            raise Refused("protocol", trusted=self._trusted)

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        if self._unpack is None:
            yield chunk
            return
        # Never more than one piece at a time: a megabyte of zeros comes in a kilobyte.
        while piece := self._unpack.decompress(chunk, _PIECE):
            yield piece
            chunk = self._unpack.unconsumed_tail

    async def aclose(self) -> None:
        await self._answer.aclose()


def reason_of(error: BaseException) -> str:
    """Return why a request failed, as a key of the list of details."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate"
        if isinstance(cause, httpcore2.ProxyError):
            return "proxy"
        cause = cause.__cause__ or cause.__context__
    return "silent" if isinstance(error, (httpcore2.TimeoutException, httpcore2.NetworkError, OSError)) else "protocol"
