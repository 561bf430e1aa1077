"""Mail servers that misbehave at one exact point, and one that plays a written part."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """Serve on a free port; at the end every connection is hung up and waited for."""
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(fact: Callable[[], bool]) -> None:
    """Let others go on until `fact` holds, for things that no event tells of."""
    async with asyncio.timeout(20):
        while not fact():
            await asyncio.sleep(0)


class Sink:
    """An SMTP server that answers as told: `answers` maps the first word of a command to what is said to it.

    None hangs up, b"" says nothing at all. What was sent after DATA is kept.
    """

    def __init__(self, **answers: bytes | None) -> None:
        self.answers = {
            "EHLO": b"250-sink\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n",
            "MAIL": b"250 ok\r\n",
            "RCPT": b"250 ok\r\n",
            "DATA": b"354 go\r\n",
            ".": b"250 kept\r\n",
            "QUIT": b"221 bye\r\n",
            "RSET": b"250 ok\r\n",
            "greeting": b"220 sink\r\n",
        } | answers
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.commands: list[str] = []
        self.silent = asyncio.Event()
        self.let_go = asyncio.Event()
        self.url = ""

    async def _say(self, writer: asyncio.StreamWriter, what: str) -> None:
        answer = self.answers.get(what, b"500 unknown\r\n")
        if answer is None:
            raise ConnectionError
        if not answer:
            self.silent.set()
            await self.let_go.wait()
            raise ConnectionError
        writer.write(answer)
        await writer.drain()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "greeting")
        while True:
            line = (await reader.readuntil(b"\r\n")).decode()
            word = line.split()[0].upper()
            self.commands.append(line.strip())
            if word == "RCPT":
                name = line[line.index("<") + 1 : line.index(">")]
                await self._say(writer, name if name in self.answers else "RCPT")
                self.recipients.append(name)
                continue
            await self._say(writer, word)
            if word == "DATA" and self.answers["DATA"].startswith(b"354"):
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                await self._say(writer, ".")
            if word == "QUIT":
                return

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Sink"]:
        async with listening(self.serve) as port:
            self.url = f"smtp://127.0.0.1:{port}?tls=never"
            yield self


class ImapPart:
    """An IMAP server that plays a part: a list of (beginning of the client's line, what is said to it).

    `{tag}` in an answer is the tag of the line. The part ends with the list; then the line is kept silent.
    """

    def __init__(
        self,
        *lines: tuple[bytes, bytes],
        greeting: bytes = b"* OK ready\r\n",
        capabilities: bytes = b"IMAP4rev1 IDLE AUTH=PLAIN",
    ) -> None:
        self.lines = list(lines)
        self.greeting = greeting
        self.capabilities = capabilities
        self.heard: list[bytes] = []
        self.done = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"imap://care%40parley.test@127.0.0.1:{self.port}/INBOX?tls=never"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        tag = b""
        while True:
            line = (await reader.readuntil(b"\r\n")).strip()
            self.heard.append(line)
            first, _, rest = line.partition(b" ")
            if rest:
                tag = first
            if rest == b"CAPABILITY":
                writer.write(b"* CAPABILITY " + self.capabilities + b"\r\n" + tag + b" OK\r\n")
            elif rest == b"LOGOUT":
                writer.write(b"* BYE\r\n" + tag + b" OK\r\n")
                return
            else:
                await self._play(line, rest, tag, writer)

    async def _play(self, line: bytes, rest: bytes, tag: bytes, writer: asyncio.StreamWriter) -> None:
        if rest.startswith(b"AUTHENTICATE PLAIN") and not any(
            each[0].startswith(b"AUTHENTICATE") for each in self.lines
        ):
            writer.write(b"+ \r\n")
            return
        if not rest and self.heard[-2].endswith(b"AUTHENTICATE PLAIN"):
            writer.write(tag + b" OK\r\n")
            return
        if self.lines and (rest or line).startswith(self.lines[0][0]):
            answer = self.lines.pop(0)[1]
            if answer == b"hang up":
                raise ConnectionError
            writer.write(answer.replace(b"{tag}", tag))
            await writer.drain()
            if not self.lines:
                self.done.set()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["ImapPart"]:
        async with listening(self.serve) as self.port:
            yield self
