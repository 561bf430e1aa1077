"""Schedules: a job for each slot of time; slots missed while nobody ran collapse into one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, String, Table, or_
from sqlalchemy.ext.asyncio import AsyncSession

from parley.core import jobs
from parley.core.tables import UtcDateTime, metadata
from parley.core.upsert import upsert

schedule_table = Table(
    "schedule", metadata, Column("name", String(64), primary_key=True), Column("slot", UtcDateTime, nullable=False)
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Enqueue a job of `kind` every `every`, `offset` after each multiple of it (in UTC)."""

    kind: str
    every: timedelta
    offset: timedelta = timedelta()
    payload: Mapping[str, Any] = field(default_factory=dict)

    def slot(self, now: datetime) -> datetime:
        """The beginning of the slot that `now` lies in."""
        return now - (now - _EPOCH - self.offset) % self.every


async def enqueue_due(session: AsyncSession, schedule: Schedule, now: datetime) -> bool:
    """Enqueue the job of the slot that `now` lies in, unless somebody did; one that is new runs once at once."""
    slot = schedule.slot(now)
    new = upsert(session, schedule_table).values(name=schedule.kind, slot=slot)
    stored = schedule_table.c.slot
    # A slot beyond the next one: the clock has gone back, and waiting until it has caught up again helps nobody.
    moved = or_(stored < slot, stored > slot + schedule.every)
    won = await session.execute(
        new.on_conflict_do_update(index_elements=["name"], set_={"slot": slot}, where=moved).returning(stored)
    )
    if won.first() is None:
        return False
    await jobs.enqueue(session, schedule.kind, schedule.payload, key="schedule")
    return True
