"""Events as rows: each topic has its own sequence, so that a reader who comes back misses nothing.

One global sequence would lose events for a resuming reader, since ids commit out of order; a topic's counter
row is locked by its writer until commit, so its numbers become visible in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from parley.core.fixed import Fixed, OneOf
from parley.core.tables import UtcDateTime, metadata

topic_table = Table(
    "topic",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False, server_default="0"),
)
event_table = Table(
    "event",
    metadata,
    Column("topic", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("data", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_event_at", "at"),
    sqlite_with_rowid=False,
)
id_type = BigInteger().with_variant(Integer, "sqlite")


class Event(Protocol):
    """What the log needs to know of an event."""

    @property
    def name(self) -> str:
        """The stable public name, like `post.published`."""

    def topics(self) -> Sequence[str]:
        """The topics that hear of it, like `channel:7`."""

    def data(self) -> Mapping[str, Any]:
        """Its ids and plain values, ready for JSON."""


@dataclass(frozen=True, slots=True)
class Hint:
    """An event on its way to those who listen now; `seq` 0 marks a word that is not in the log."""

    topic: str
    seq: int
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


async def append(session: AsyncSession, events: Sequence[Event], now: datetime) -> list[Hint]:
    """Write `events` to the logs of their topics inside the caller's transaction; return the hints to publish.

    Topics are taken in sorted order: in the order of emitting two writers deadlock on PostgreSQL.
    """
    wanted = sorted(
        ((topic, place, event) for place, event in enumerate(events) for topic in set(event.topics())),
        key=lambda item: (item[0], item[1]),
    )
    upsert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    hints: list[Hint] = []
    counts: dict[str, int] = {}
    for topic, _, _ in wanted:
        counts[topic] = counts.get(topic, 0) + 1
    last: dict[str, int] = {}
    for topic, count in counts.items():
        statement = upsert(topic_table).values(name=topic, seq=count)
        statement = statement.on_conflict_do_update(
            index_elements=["name"], set_={"seq": topic_table.c.seq + count}
        ).returning(topic_table.c.seq)  # type: ignore[assignment]  # RETURNING changes the statement's type
        last[topic] = int((await session.execute(statement)).scalar_one()) - count
    for topic, _, event in wanted:
        last[topic] += 1
        hints.append(Hint(topic, last[topic], event.name, dict(event.data())))
    if hints:
        await session.execute(
            insert(event_table),
            [{"topic": hint.topic, "seq": hint.seq, "name": hint.name, "data": hint.data, "at": now} for hint in hints],
        )
    return hints


async def positions(session: AsyncSession, topics: Sequence[str]) -> dict[str, int]:
    """Return the last sequence of each of `topics`; 0 for one that nothing was written to."""
    found = dict.fromkeys(topics, 0)
    if topics:
        found.update((row.name, row.seq) for row in await _positions.rows(session, names=topics))
    return found


_positions = Fixed(lambda: select(topic_table.c.name, topic_table.c.seq).where(OneOf(topic_table.c.name, "names")))


async def since(session: AsyncSession, topic: str, seq: int, limit: int = 200) -> tuple[list[Hint], int | None]:
    """Return what `topic` heard after `seq`, oldest first, or the sequence to restart from.

    The second value is set when the log no longer reaches back to `seq`, when `seq` lies ahead of the log (a
    restored backup), or when more than `limit` events are missing: a fresh page is cheaper then.
    """
    head = (
        await session.execute(select(topic_table.c.seq, topic_table.c.floor).where(topic_table.c.name == topic))
    ).one_or_none()
    last, floor = (int(head.seq), int(head.floor)) if head else (0, 0)
    if seq > last or seq < floor or last - seq > limit:
        return [], last
    rows = await session.execute(
        select(event_table)
        .where(event_table.c.topic == topic, event_table.c.seq > seq)
        .order_by(event_table.c.seq)
        .limit(limit)
    )
    return [Hint(row.topic, row.seq, row.name, row.data) for row in rows.all()], None


async def prune(session: AsyncSession, before: datetime) -> int:
    """Forget events older than `before`; readers who stopped there will be told to start afresh."""
    gone = (
        await session.execute(
            select(event_table.c.topic, func.max(event_table.c.seq))
            .where(event_table.c.at < before)
            .group_by(event_table.c.topic)
        )
    ).all()
    for topic, seq in gone:
        await session.execute(update(topic_table).where(topic_table.c.name == topic).values(floor=seq))
        await session.execute(delete(event_table).where(event_table.c.topic == topic, event_table.c.seq <= seq))
    return len(gone)
