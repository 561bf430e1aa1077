"""The few IMAP commands that reading a mailbox needs, on asyncio streams, each with a time limit.

Why not a library: docs/decisions/email-imap-client.md.
"""

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from parley.customers.connectors.email.imap_words import (
    MailboxError,
    NotOkError,
    SignInRefusedError,
    check_ok,
    quoted,
    shown,
    why,
)
from parley.customers.connectors.email.servers import Dial, Server, Token
from parley.kit.text import told

_LINE_LIMIT = 1024 * 1024
_NO_TLS = "The server's certificate or encryption is refused"
_SLOWEST = 50_000
"""Bytes a second below which a mail's transfer counts as stuck."""
_LITERAL = re.compile(rb"\{(\d{1,12})\+?\}$")
_EXISTS = re.compile(rb"\* (\d{1,10}) EXISTS\b", re.IGNORECASE)
_EXPUNGED = re.compile(rb"\* \d{1,10} EXPUNGE\b", re.IGNORECASE)
_PLAIN = re.compile(r"[\x20-\x7e]*")


@dataclass(slots=True)
class Response:
    """An untagged answer: its text, with literals taken out in order."""

    text: bytes
    literals: list[bytes] = field(default_factory=list)


class ImapConnection:
    """One connection. After an error or a time-out it is closed and cannot be used again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float) -> None:
        """Take an open stream; `open` is the way to get one."""
        self._reader = reader
        self._writer = writer
        self._timeout = timeout
        self._tag = 0
        self.capabilities: frozenset[str] = frozenset()
        self.exists = 0

    @classmethod
    async def open(
        cls,
        server: Server,
        context: ssl.SSLContext,
        *,
        token: Token | None = None,
        timeout: float = 20.0,
        dial: Dial | None = None,
    ) -> Self:
        """Connect, protect the line as `server` asks, and sign in; raise MailboxError in words."""
        tls = context if server.tls == "implicit" else None
        try:
            async with asyncio.timeout(timeout):
                if dial is None:
                    streams = await asyncio.open_connection(server.host, server.port, ssl=tls, limit=_LINE_LIMIT)
                else:
                    streams = await asyncio.open_connection(
                        sock=await dial(server.host, server.port),
                        ssl=tls,
                        limit=_LINE_LIMIT,
                        server_hostname=server.host if tls else None,
                    )
        except TimeoutError as error:
            raise MailboxError(told("The server does not answer", server.host)) from error
        except ssl.SSLError as error:
            raise MailboxError(told(_NO_TLS, error.reason)) from error
        except (OSError, UnicodeError) as error:
            raise MailboxError(told("The server cannot be reached", f"{server.host}, {why(error)}")) from error
        connection = cls(*streams, timeout)
        try:
            await connection._greet(server, context)
            await connection._sign_in(server, token)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if kind is None:
            with contextlib.suppress(MailboxError):
                await self.command("LOGOUT")
        await self.close()

    @property
    def is_closed(self) -> bool:
        """Whether the line is gone, so that nothing can be asked any more."""
        return self._writer.is_closing() or self._reader.at_eof()

    async def close(self) -> None:
        """Close the connection without a word."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                await self._writer.wait_closed()

    async def command(
        self, *words: str | bytes, data_seconds: float = 0.0, literal_limit: int = _LINE_LIMIT
    ) -> list[Response]:
        """Send one command and return its untagged answers; raise MailboxError if it is not answered with OK."""
        async with self._guard(data_seconds):
            tag = self._send(*words)
            return await self._finish(tag, literal_limit)

    async def idle(self, seconds: float) -> bool:
        """Let the server speak for at most `seconds`; return whether it told of new mail."""
        before = self.exists
        async with self._guard():
            tag = self._send("IDLE")
            while not (await self._response(_LINE_LIMIT)).text.startswith(b"+"):
                pass  # What the server had to tell before it began to idle.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.exists <= before:
                    try:
                        await self._response(_LINE_LIMIT)
                    except (OSError, EOFError, ValueError) as error:
                        raise MailboxError(told("The connection was lost", why(error))) from error
        async with self._guard():
            self._writer.write(b"DONE\r\n")
            await self._finish(tag, _LINE_LIMIT)
        return self.exists > before

    async def _greet(self, server: Server, context: ssl.SSLContext) -> None:
        async with self._guard():
            greeting = (await self._response(_LINE_LIMIT)).text
        if not greeting.upper().startswith((b"* OK", b"* PREAUTH")):
            raise MailboxError(told("The server does not want to speak", shown(greeting)))
        await self._learn_capabilities()
        if server.tls in {"required", "offered"} and ("STARTTLS" in self.capabilities or server.tls == "required"):
            if "STARTTLS" not in self.capabilities:
                raise MailboxError("The server offers no encryption, so the password was not sent.")
            await self._start_tls(server, context)
            await self._learn_capabilities()

    async def _start_tls(self, server: Server, context: ssl.SSLContext) -> None:
        await self.command("STARTTLS")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                # What already lies in the buffer was not encrypted: somebody put it between (RFC 9051, 11.1).
                await self._reader.read(1)
                raise MailboxError("The server spoke out of turn before encryption began.")
        try:
            async with asyncio.timeout(self._timeout):
                await self._writer.start_tls(context, server_hostname=server.host)
        except (OSError, TimeoutError) as error:
            raise MailboxError(told(_NO_TLS, why(error))) from error

    async def _learn_capabilities(self) -> None:
        words: set[str] = set()
        for response in await self.command("CAPABILITY"):
            if response.text.upper().startswith(b"* CAPABILITY"):
                words.update(response.text.decode("ascii", "replace").upper().split()[2:])
        self.capabilities = frozenset(words)

    async def _sign_in(self, server: Server, token: Token | None) -> None:
        try:
            if server.xoauth2:
                if token is None:
                    raise SignInRefusedError("There is no access token for this mailbox.")
                secret = f"user={server.username}\x01auth=Bearer {await token()}\x01\x01"
                await self._authenticate("XOAUTH2", secret.encode())
            elif "AUTH=PLAIN" in self.capabilities:
                await self._authenticate("PLAIN", f"\0{server.username}\0{server.password}".encode())
            elif "LOGINDISABLED" in self.capabilities or not _PLAIN.fullmatch(server.username + server.password):
                raise MailboxError("The server offers no way of signing in that this mailbox can use.")
            else:
                await self.command("LOGIN", quoted(server.username), quoted(server.password))
        except NotOkError as error:
            raise SignInRefusedError(told("The server refuses the user name, password or token", error)) from error
        await self._learn_capabilities()

    async def _authenticate(self, mechanism: str, secret: bytes) -> None:
        """Sign in by SASL; a refused token is answered with a challenge that wants an empty line before the NO."""
        async with self._guard():
            tag = self._send("AUTHENTICATE", mechanism)
            response = await self._response(_LINE_LIMIT)
            while not response.text.startswith((b"+", tag)):
                response = await self._response(_LINE_LIMIT)
            if response.text.startswith(b"+"):
                self._writer.write(base64.b64encode(secret) + b"\r\n")
                await self._writer.drain()
                await self._finish(tag, _LINE_LIMIT, empty_challenges=True)
            else:
                check_ok(response.text[len(tag) + 1 :])

    def _send(self, *words: str | bytes) -> bytes:
        self._tag += 1
        tag = f"P{self._tag}".encode()
        line = b" ".join((tag, *(word if isinstance(word, bytes) else word.encode() for word in words)))
        if re.search(rb"[\0\r\n]", line):
            raise MailboxError("A command must not hold a line break.")
        self._writer.write(line + b"\r\n")
        return tag

    async def _finish(self, tag: bytes, literal_limit: int, *, empty_challenges: bool = False) -> list[Response]:
        await self._writer.drain()
        responses: list[Response] = []
        while True:
            response = await self._response(literal_limit)
            if response.text.startswith(tag + b" "):
                check_ok(response.text[len(tag) + 1 :])
                return responses
            if response.text.startswith(b"+") and empty_challenges:
                self._writer.write(b"\r\n")
                await self._writer.drain()
            else:
                responses.append(response)

    async def _response(self, literal_limit: int) -> Response:
        """Read one answer with its literals; keep count of the mails in the folder."""
        text = b""
        literals: list[bytes] = []
        while True:
            line = (await self._reader.readuntil(b"\n")).rstrip(b"\r\n")
            text += line
            size = _LITERAL.search(line)
            if size is None:
                break
            if int(size[1]) > literal_limit:
                raise ValueError("the server sent more than it was asked for")
            literals.append(await self._reader.readexactly(int(size[1])))
            if len(literals) > 100:
                raise ValueError("the server's answer has too many pieces")
        exists = _EXISTS.match(text)
        if exists:
            self.exists = int(exists[1])
        elif _EXPUNGED.match(text):
            self.exists = max(0, self.exists - 1)
        return Response(text, literals)

    @contextlib.asynccontextmanager
    async def _guard(self, data_seconds: float = 0.0) -> AsyncIterator[None]:
        """Hold the time limit, and turn what goes wrong on the line into words."""
        try:
            async with asyncio.timeout(self._timeout + data_seconds):
                yield
        except TimeoutError as error:
            self._writer.close()
            raise MailboxError("The server took too long to answer.") from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            self._writer.close()
            raise MailboxError(told("The connection was lost", why(error))) from error


def transfer_seconds(size: int) -> float:
    """Return how long `size` bytes may take at most."""
    return size / _SLOWEST
