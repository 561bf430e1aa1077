"""Mail delivered straight to us by SMTP: 250 is said only when the mail is kept.

It speaks on the running loop, knows no passwords, and relays nothing: who is not ours is refused at RCPT.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence

from aiosmtpd.smtp import SMTP, Envelope, Session

from parley.customers.connectors.email.addresses import normalise_address
from parley.customers.connectors.email.body import MAX_MAIL

Accepts = Callable[[str], bool]
"""Whether mail for this normalised address (plus tag included) is ours."""
Deliver = Callable[[bytes, str, Sequence[str]], Awaitable[None]]
"""Keeps a mail (raw, envelope sender, recipients) for good, or raises."""

_MAX_RECIPIENTS = 100
_MAX_CONNECTIONS = 20
"""Each may hold a mail of 30 MB in memory."""
_COMMANDS = {"RCPT": 500, "MAIL": 100, "DATA": 100, "RSET": 100, "*": 20}
_SECONDS = 300.0
_DRAIN_SECONDS = 5.0

log = logging.getLogger(__name__)


class _Handler:
    """What the protocol asks at each step; its method names are the library's."""

    def __init__(self, accepts: Accepts, deliver: Deliver) -> None:
        self._accepts = accepts
        self._deliver = deliver

    async def handle_RCPT(  # noqa: N802  named by aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        norm = normalise_address(address)
        if norm is None or not self._accepts(norm):
            return "550 5.1.1 No such recipient here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  the same
        content = envelope.original_content or b""
        # The library hands the null sender of reports on as it was written.
        sender = "" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from)
        try:
            await self._deliver(content, sender, tuple(envelope.rcpt_tos))
        except Exception:  # whatever it was, the sender keeps the mail and comes again
            log.exception("a delivered mail could not be kept; the sender was asked to come again")
            return "451 4.3.0 The mail could not be kept; please try again later"
        return "250 2.0.0 OK"

    async def handle_exception(self, error: Exception) -> str:
        log.warning("an SMTP session failed: %s", type(error).__name__)
        return "451 4.3.0 Something went wrong here; please try again later"


class _Conversation(SMTP):
    # Broken writers send lines far above the 998 of the standard; refusing them would lose their mail.
    line_length_limit = 100_000

    def __init__(self, listener: "SmtpListener", handler: _Handler, context: ssl.SSLContext | None) -> None:
        super().__init__(
            handler,
            data_size_limit=listener.max_size,
            enable_SMTPUTF8=True,
            hostname=listener.hostname,
            ident="Parley",
            tls_context=context,
            timeout=_SECONDS,
            command_call_limit=_COMMANDS,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )
        self._listener = listener

    @property
    def is_receiving(self) -> bool:
        """Whether a mail is under way: named to us, and not yet answered for."""
        return self.envelope is not None and bool(self.envelope.rcpt_tos)

    def end(self) -> None:
        """Hang up; what was answered is still written out."""
        if self.transport is not None:
            self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._listener.active.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._listener.active.discard(self)
        super().connection_lost(error)


class _Busy(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 Too many connections; please try again later\r\n")
        transport.close()


class SmtpListener:
    """A listening socket for mail to addresses that are ours."""

    def __init__(
        self,
        accepts: Accepts,
        deliver: Deliver,
        *,
        hostname: str,
        max_size: int = MAX_MAIL,
        max_connections: int = _MAX_CONNECTIONS,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Ask `accepts` about each recipient, and give each mail to `deliver` before it is answered for."""
        self.hostname = hostname
        self.max_size = max_size
        self.active: set[_Conversation] = set()
        self._max_connections = max_connections
        self._handler = _Handler(accepts, deliver)
        self._tls_context = tls_context
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one."""
        # The library writes addresses and, at its lowest level, whole mails into its log.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._server = await asyncio.get_running_loop().create_server(self._protocol, host, port)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are listened on."""
        if self._server is None:
            raise RuntimeError("the listener was not started")
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    async def close(self) -> None:
        """Stop listening, and give mails under way a moment to be kept and answered."""
        if self._server is None:
            return
        self._server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while any(each.is_receiving for each in self.active):  # noqa: ASYNC110  the library has no event for it
                    await asyncio.sleep(0.05)
        for each in tuple(self.active):
            each.end()
        await self._server.wait_closed()

    def _protocol(self) -> asyncio.BaseProtocol:
        if len(self.active) >= self._max_connections:
            return _Busy()
        return _Conversation(self, self._handler, self._tls_context)
