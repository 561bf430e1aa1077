"""The unit of work: one transaction, committed before anybody is told."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core import eventlog
from parley.core.eventlog import Event, Hint
from parley.kit import clock

if TYPE_CHECKING:
    from parley.core.bus import Bus
    from parley.core.database import Database

Handler = Callable[["Unit", Any], Awaitable[None]]
_open: ContextVar[bool] = ContextVar("parley_unit_open", default=False)


class Unit:
    """What a verb writes with: the session, the moment, and the events that tell the others.

    Services flush and never commit. Inside a unit only the database is awaited.
    """

    def __init__(self, session: AsyncSession, handlers: dict[type, list[Handler]]) -> None:
        """Take the open session and the handlers that run within the transaction."""
        self.session = session
        session.info["tell"] = self.tell  # so that what only has the session (jobs.enqueue) can be heard of, too
        self.now: datetime = clock.now()
        self._handlers = handlers
        self._events: list[Event] = []
        self._words: list[Hint] = []

    async def emit(self, event: Event) -> None:
        """Note `event` for the log and let those who react within the transaction do so now."""
        self._events.append(event)
        for handler in self._handlers.get(type(event), ()):
            await handler(self, event)

    def tell(self, word: Hint) -> None:
        """Send `word` to every process after the commit, without a row in the log (close these sockets, run now)."""
        self._words.append(word)

    async def finish(self) -> Sequence[Hint]:
        """Write the events, commit, and return what is to be told."""
        hints = await eventlog.append(self.session, self._events, self.now)
        await self.session.commit()
        return [*hints, *self._words]


class Units:
    """Opens units of work on one database."""

    def __init__(self, database: "Database", bus: "Bus", handlers: dict[type, list[Handler]]) -> None:
        """Take what every unit needs."""
        self._database = database
        self._bus = bus
        self._handlers = handlers

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Unit]:
        """Open a unit; commit on the way out, roll back on any error. A unit inside a unit is refused.

        Raises `Unavailable` or `StorageFull` when the database cannot keep the work; nothing is stored then.
        """
        if _open.get():
            raise RuntimeError("a unit of work was opened inside another: that would deadlock the one writer")
        mark = _open.set(True)
        try:
            async with self._database.writing() as session:
                unit = Unit(session, self._handlers)
                yield unit
                hints = await unit.finish()
        finally:
            _open.reset(mark)
        await self._bus.publish(hints)
