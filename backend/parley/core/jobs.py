"""Durable jobs: a row enqueued inside the caller's transaction, run at least once, ended once.

A running job is simply due again when its lease ends. Each claim raises the job's fence, and whoever comes with an
older one is refused by `hold` and `complete`: an effect in the same transaction as either happens once.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    CursorResult,
    Index,
    Integer,
    String,
    Table,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from parley.core.eventlog import Hint, id_type
from parley.core.tables import UtcDateTime, metadata
from parley.core.upsert import upsert
from parley.kit import clock

DUE = Hint("jobs", 0, "jobs.due")
"""Tells every runner to look now."""
LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 20
LONGEST_BACK_OFF = 3600.0
"""Seconds; with 20 attempts a job is tried for about nine hours."""
# Not the current time: after the clock has gone back by an hour, a job for now would otherwise wait that hour.
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)

_LIVE = text("state <> 'dead'")
_LIVE_KEY = text("key IS NOT NULL AND state <> 'dead'")
job_table = Table(
    "job",
    metadata,
    Column("id", id_type, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("key", String(200)),
    Column("payload", JSON, nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("max_attempts", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("again", Boolean, nullable=False, server_default=false()),
    Column("error", String(2000), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_job_due", "due_at", "id", sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("uq_job_live_key", "kind", "key", unique=True, sqlite_where=_LIVE_KEY, postgresql_where=_LIVE_KEY),
    # A number that is used twice would let the runner of a finished job pass for the runner of a new one.
    sqlite_autoincrement=True,
)
_job = job_table.c


class LeaseLost(Exception):  # noqa: N818  (a fact about the lease, raised like the other facts)
    """Somebody else may run this job now; nothing more may be done for it here."""


@dataclass(slots=True)
class Job:
    """One attempt at a job, under one fence."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    fence: int
    ended: bool = False

    async def hold(self, session: AsyncSession) -> None:
        """Raise `LeaseLost` unless this attempt still counts; until `session` commits no other can begin.

        `session` writes: on SQLite it has the writer, on PostgreSQL it locks the job's row.
        """
        held = await session.execute(select(_job.id).where(self._mine()).with_for_update())
        if held.first() is None:
            raise LeaseLost

    async def complete(self, session: AsyncSession) -> None:
        """End the job inside `session`'s transaction, with its effect; raise `LeaseLost` if it no longer counts.

        A job that was enqueued again under its key while it ran goes back to the queue instead.
        """
        gone = await _count(session, delete(job_table).where(self._mine(), _job.again.is_(false())))
        if not gone and not await _count(
            session,
            update(job_table)
            .where(self._mine())
            .values(state="queued", due_at=AT_ONCE, attempt=0, again=false(), error=""),
        ):
            raise LeaseLost
        self.ended = True

    async def fail(self, session: AsyncSession, error: str) -> None:
        """Note a failed attempt: back to the queue after a pause, or to the dead letters after the last."""
        last = and_(_job.attempt >= _job.max_attempts, _job.again.is_(false()))
        pause = min(2.0 ** min(self.attempt, 20), LONGEST_BACK_OFF) * random.uniform(0.75, 1.25)  # noqa: S311  (jitter)
        if not await _count(
            session,
            update(job_table)
            .where(self._mine())
            .values(
                state=case((last, "dead"), else_="queued"),
                due_at=clock.now() + timedelta(seconds=pause),
                attempt=case((_job.again, 0), else_=_job.attempt),
                again=false(),
                error=error[:2000],
            ),
        ):
            raise LeaseLost

    async def give_back(self, session: AsyncSession) -> None:
        """Return the job unfinished to the queue, without counting the attempt; nothing happens if it was lost."""
        await session.execute(
            update(job_table).where(self._mine()).values(state="queued", due_at=AT_ONCE, attempt=_job.attempt - 1)
        )

    def _mine(self) -> Any:  # noqa: ANN401  (an SQL condition)
        return and_(_job.id == self.id, _job.fence == self.fence, _job.state == "running")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that failed as often as it may; `rerun` gives it a new life."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    error: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How the queue stands; `waiting_seconds` is the age of the oldest job that should have begun."""

    queued: int
    running: int
    dead: int
    waiting_seconds: float


async def enqueue(
    session: AsyncSession,
    kind: str,
    payload: Mapping[str, Any],
    *,
    run_at: datetime | None = None,
    key: str | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> None:
    """Add a job inside the caller's transaction, to run at `run_at` or at once.

    While a job of the same kind and `key` waits, this is that job (it begins at the earlier of both times); while it
    runs, it runs once more afterwards, so that what this transaction changed is certainly seen.
    """
    new = upsert(session, job_table).values(
        kind=kind,
        key=key,
        payload=dict(payload),
        state="queued",
        due_at=run_at or AT_ONCE,
        max_attempts=max_attempts,
        created_at=clock.now(),
    )
    sooner = and_(_job.state == "queued", _job.attempt == 0, new.excluded.due_at < _job.due_at)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["kind", "key"],
            index_where=_LIVE_KEY,
            set_={
                "due_at": case((sooner, new.excluded.due_at), else_=_job.due_at),
                "again": or_(_job.again, _job.state == "running"),
            },
        )
    )
    tell = session.info.get("tell")
    if tell is not None and run_at is None:
        tell(DUE)


async def is_due(session: AsyncSession, kinds: Collection[str]) -> bool:
    """Return whether `claim` would find something: a read, so that idle runners leave the writer alone."""
    return bool((await session.execute(select(exists().where(_due(kinds, clock.now()))))).scalar())


async def claim(session: AsyncSession, kinds: Collection[str], count: int) -> list[Job]:
    """Take up to `count` due jobs of `kinds`, each under a new fence and until its lease ends."""
    now = clock.now()
    await session.execute(
        update(job_table)
        .where(  # an attempt that took its process down never came to `fail`
            _due(kinds, now), _job.state == "running", _job.attempt >= _job.max_attempts
        )
        .values(state="dead", error="The worker ended while it ran this.", again=false())
    )
    # A CTE, not a subquery: PostgreSQL may evaluate that more than once and then take more rows than asked.
    due = (
        select(_job.id)
        .where(_due(kinds, now))
        .order_by(_job.due_at, _job.id)
        .limit(count)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = await session.execute(
        update(job_table)
        .where(_job.id.in_(select(due.c.id)))
        .values(state="running", attempt=_job.attempt + 1, fence=_job.fence + 1, due_at=now + LEASE)
        .returning(_job.id, _job.kind, _job.payload, _job.attempt, _job.fence)
    )
    return sorted((Job(*row) for row in taken.all()), key=lambda job: job.id)


async def extend(session: AsyncSession, held: Sequence[Job]) -> set[int]:
    """Extend the leases of `held` and return the ids of those that still count."""
    mine = or_(false(), *(and_(_job.id == job.id, _job.fence == job.fence) for job in held))
    rows = await session.execute(
        update(job_table).where(mine, _job.state == "running").values(due_at=clock.now() + LEASE).returning(_job.id)
    )
    return set(rows.scalars())


async def dead_letters(session: AsyncSession, limit: int = 200) -> list[DeadLetter]:
    """Return the dead letters, newest first."""
    rows = await session.execute(
        select(_job.id, _job.kind, _job.payload, _job.attempt, _job.error, _job.created_at)
        .where(_job.state == "dead")
        .order_by(_job.id.desc())
        .limit(limit)
    )
    return [DeadLetter(*row) for row in rows.all()]


async def rerun(session: AsyncSession, job_id: int) -> bool:
    """Put a dead letter into the queue as a new job; False when there is none of this id."""
    letter = (
        await session.execute(
            delete(job_table)
            .where(_job.id == job_id, _job.state == "dead")
            .returning(_job.kind, _job.payload, _job.key, _job.max_attempts)
        )
    ).one_or_none()
    if letter is not None:
        await enqueue(session, letter.kind, letter.payload, key=letter.key, max_attempts=letter.max_attempts)
    return letter is not None


async def discard(session: AsyncSession, job_id: int) -> bool:
    """Forget a dead letter; False when there is none of this id."""
    return bool(await _count(session, delete(job_table).where(_job.id == job_id, _job.state == "dead")))


async def counts(session: AsyncSession) -> Counts:
    """Return how many jobs wait, run and have died, and how long the oldest due one has waited."""
    now = clock.now()
    rows = await session.execute(select(_job.state, func.count()).group_by(_job.state))
    by_state: dict[str, int] = {row[0]: row[1] for row in rows}
    since = case((_job.due_at == AT_ONCE, _job.created_at), else_=_job.due_at)
    oldest = (
        await session.execute(
            select(func.min(since, type_=UtcDateTime())).where(_job.state == "queued", _job.due_at <= now)
        )
    ).scalar()
    waiting = (now - oldest).total_seconds() if oldest else 0.0
    return Counts(by_state.get("queued", 0), by_state.get("running", 0), by_state.get("dead", 0), max(waiting, 0.0))


def _due(kinds: Collection[str], now: datetime) -> Any:  # noqa: ANN401  (an SQL condition)
    # A lease that ends later than any could: the clock has gone back, and its holder, if alive, is fenced out.
    late_lease = and_(_job.state == "running", _job.due_at > now + 2 * LEASE)
    return and_(_LIVE, _job.kind.in_(kinds), or_(_job.due_at <= now, late_lease))


async def _count(session: AsyncSession, statement: Any) -> int:  # noqa: ANN401  (any UPDATE or DELETE)
    result = await session.execute(statement)
    assert isinstance(result, CursorResult)  # noqa: S101  (what Core statements without RETURNING give)
    return result.rowcount
