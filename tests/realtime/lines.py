"""Open sockets as pages and programs see them, on a server that really listens."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from cast import Cast
from parley.app import serving

PATIENCE = 10
"""Seconds until a test gives up; what has to happen within one second says so itself."""


@asynccontextmanager
async def serve(app: FastAPI, listening) -> AsyncIterator[None]:
    """Let `app` answer on `listening`, with the configuration it is served with."""
    config = serving.config(app, app.state.machine.settings)
    config.lifespan = "off"
    server = uvicorn.Server(config)
    await app.state.hub.start()
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        await app.state.hub.close()
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task


NOBODYS = "channel:888888"


class Line:
    """One open socket and everything that was heard on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self.closed: int | None = None
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            async for text in self.socket:
                self.heard.append(json.loads(text))
                await self._tell()
            self.closed = self.socket.close_code
        except ConnectionClosed:
            self.closed = self.socket.close_code
        await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def ask(self, topics: dict[str, int]) -> None:
        await self.socket.send(json.dumps({"topics": topics}))

    async def until(self, holds: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait until `holds` returns something; what it returns is the answer."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(holds)
        return holds()

    async def until_closed(self, seconds: float = PATIENCE) -> int:
        await self.until(lambda: self.closed is not None, seconds)
        return self.closed

    def events(self, topic: str, name: str = "") -> list[dict[str, Any]]:
        return [frame for frame in self.heard if frame.get("topic") == topic and frame.get("event", "").startswith(name or "")
                and "seq" in frame]  # fmt: skip

    async def event(self, topic: str, name: str, **data: object) -> dict[str, Any]:
        """Wait for an event on `topic` whose data hold `data`."""

        def found() -> dict[str, Any] | None:
            for frame in self.events(topic, name):
                if data.items() <= frame.get("data", {}).items():
                    return frame
            return None

        return await self.until(found)

    async def at(self, topic: str, seq: int) -> None:
        """Wait until `topic` has come to `seq`."""
        await self.until(lambda: any(frame["seq"] >= seq for frame in self.events(topic)))

    def refused(self) -> set[str]:
        return {frame["topic"] for frame in self.heard if frame.get("error") == "not_found"}

    @property
    def text(self) -> str:
        return json.dumps(self.heard, ensure_ascii=False)

    async def close(self) -> None:
        await self.socket.close()
        await self._task


class Lines:
    """Opens sockets to one server and closes them in the end."""

    def __init__(self, app: FastAPI, cast: Cast) -> None:
        self.app, self.cast = app, cast
        self.url = app.state.machine.settings.public_url
        self._open: list[Line] = []

    async def page(self, name: str | None, topics: dict[str, int] | None = None, **headers: str) -> Line:
        cookie = {"Cookie": f"parley={self.cast.people[name].secret}"} if name else {}
        return await self._connect("/live", topics, {"Origin": self.url, **cookie, **headers})

    async def program(self, name: str, topics: dict[str, int] | None = None, scope: str | None = None) -> Line:
        someone = self.cast.people[name]
        secret = someone.scoped[scope] if scope else someone.token
        return await self._connect("/api/v1/live", topics, {"Authorization": f"Bearer {secret}"})

    async def raw(self, path: str, headers: dict[str, str]) -> Line:
        return await self._connect(path, None, headers)

    async def _connect(self, path: str, topics: dict[str, int] | None, headers: dict[str, str]) -> Line:
        headers = {name: value for name, value in headers.items() if value}
        socket = await connect(
            self.url.replace("http", "ws", 1) + path,
            additional_headers=headers,
            compression=None,
            max_size=None,
            proxy=None,
        )
        line = Line(socket)
        self._open.append(line)
        if topics is not None:
            await line.ask({**topics, NOBODYS: 0} if -1 in topics.values() else topics)
        if topics is not None and -1 in topics.values():
            # What is heard "from now on" is heard from when the server has read the question.
            await line.until(lambda: NOBODYS in line.refused() or line.closed is not None)
            line.heard[:] = [frame for frame in line.heard if frame.get("topic") != NOBODYS]
        return line

    async def close(self) -> None:
        for line in self._open:
            await line.close()
