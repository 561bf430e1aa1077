"""When a session, a token, a person was last seen: written in batches, outside of every request's way."""

import asyncio
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from parley.core import log
from parley.core.unit import Unit, Units
from parley.kit import clock
from parley.kit.errors import Problem
from parley.models.identity import ApiToken, Person, Session

STALE = timedelta(minutes=1)
_GATHER_SECONDS = 0.5
logger = log.get("identity")


def stale(seen_at: datetime | None, now: datetime) -> bool:
    """Whether `seen_at` is worth writing anew; also when the clock has gone back."""
    return seen_at is None or abs(now - seen_at) >= STALE


class LastSeen:
    """Gathers who was seen and writes it a moment later, once for all."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._sessions: set[int] = set()
        self._tokens: set[int] = set()
        self._people: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def note(self, person_id: int, *, session_id: int | None = None, token_id: int | None = None) -> None:
        """Remember that this person, session or token was just used."""
        self._people.add(person_id)
        if session_id is not None:
            self._sessions.add(session_id)
        if token_id is not None:
            self._tokens.add(token_id)
        if self._task is None or self._task.done():
            # An empty context: the task outlives the request and must not pass for part of its unit of work.
            self._task = asyncio.get_running_loop().create_task(self._later(), context=Context())

    async def flush(self) -> None:
        """Write what was gathered; a failure is logged and costs only the freshness of a time."""
        people, sessions, tokens = self._people, self._sessions, self._tokens
        self._people, self._sessions, self._tokens = set(), set(), set()
        if not people:
            return
        try:
            async with self._units.begin() as unit:
                await _touch(unit, Session, col(Session.id), "seen_at", sessions)
                await _touch(unit, ApiToken, col(ApiToken.id), "used_at", tokens)
                await _touch(unit, Person, col(Person.id), "seen_at", people)
        except Problem as problem:
            logger.warning("last_seen_not_written", code=problem.code)

    async def close(self) -> None:
        """Write what is left; for the end of the process."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def _later(self) -> None:
        await asyncio.sleep(_GATHER_SECONDS)
        await self.flush()


async def _touch(unit: Unit, table: type, key: Any, column: str, ids: set[int]) -> None:  # noqa: ANN401  (a mapped column)
    # Rows that a writer holds are skipped: waiting for one while holding another is how deadlocks begin.
    if ids:
        free = select(key).where(key.in_(ids)).with_for_update(skip_locked=True)
        await unit.session.execute(
            update(table).where(key.in_(free)).values({column: clock.now()}),
            execution_options={"synchronize_session": False},
        )
