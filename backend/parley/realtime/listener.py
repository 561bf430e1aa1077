"""One open socket as the hub sees it."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from parley.policy.actor import Actor
from parley.realtime.wire import Wire

MAX_WAITING = 4_000_000
"""Bytes that may wait for one socket; more means it is stuck, and it will resynchronise when it is back."""
STUCK_SECONDS = 10
"""A peer that leaves bytes waiting for so long is gone, whatever its connection claims."""
_BACKLOG = 250_000
"""A backlog goes on when no more than this waits; the rest of the room is for what happens now."""
TOO_SLOW = 1013


class Audience(NamedTuple):
    """Everybody for whom an event looks the same: `language` None is programs; guests hear nothing of customers."""

    language: str | None
    guest: bool


class Listener:
    """One open socket: its actor, its topics with the last sequence sent, and the way its frames leave."""

    def __init__(self, actor: Actor, language: str | None, wire: Wire | None) -> None:
        """Listen for `actor`; `language` None is a program, which gets JSON instead of HTML."""
        self.actor = actor
        self.audience = Audience(language, actor.guest or not actor.may_use("customers:read"))
        self.seen: dict[str, int] = {}
        self.held: dict[str, set[int]] = {}
        """Topics that are silent until it is known whether the actor may (still) hear them, each with the questions
        that are under way about it: an answer to one of them says nothing about what changed after it was asked."""
        self.reading: set[str] = set()
        """Topics whose log is being read for this socket."""
        self.more: set[str] = set()
        """Those of them that something happened in meanwhile: the log is read once more."""
        self.closing: int | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.queue = Queue() if wire is None else None
        self._way: Wire | Queue = wire or self.queue  # type: ignore[assignment]  # one of the two is there
        self._farewell: Callable[[int], None] | None = None
        self._told = self._taken = 0
        self._taken_at = time.monotonic()

    def push(self, frame: bytes) -> None:
        """Let `frame` leave; a listener that takes nothing is closed with 1013."""
        if self.closing is not None:
            return
        waiting = self._way.waiting
        now, taken = time.monotonic(), self._told - waiting
        if not waiting or taken > self._taken:
            self._taken, self._taken_at = taken, now
        if waiting > MAX_WAITING or now - self._taken_at > STUCK_SECONDS:
            self.close(TOO_SLOW)
        else:
            self._told += self._way.tell(frame)

    async def room(self) -> None:
        """Wait until a backlog may go on."""
        while self._way.waiting > _BACKLOG and self.closing is None:  # noqa: ASYNC110  (no transport tells of our bound)
            await asyncio.sleep(0.05)

    def close(self, code: int) -> None:
        """End the socket with `code`."""
        if self.closing is None:
            self.closing = code
            if self._farewell is not None:
                self._farewell(code)

    def drop(self) -> None:
        """End the connection without a word."""
        self._way.drop()

    def on_close(self, farewell: Callable[[int], None]) -> None:
        """Let `farewell` end the socket; at once if it was told to end before."""
        self._farewell = farewell
        if self.closing is not None:
            farewell(self.closing)


class Queue:
    """Frames that wait for a socket without a wire."""

    def __init__(self) -> None:
        """Be empty."""
        self.waiting = 0
        self.drop: Callable[[], object] = lambda: None
        """Ends the handler of a socket that takes no farewell; set by the handler."""
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()

    def tell(self, text: bytes) -> int:
        """Let `text` wait; return its size."""
        self.waiting += len(text)
        self._frames.put_nowait(text)
        return len(text)

    async def next(self) -> bytes:
        """Return the frame that leaves next; it counts as waiting until `left`."""
        return await self._frames.get()

    def left(self, text: bytes) -> None:
        """Note that `text` has left."""
        self.waiting -= len(text)
