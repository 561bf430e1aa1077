"""The unit of work and the log: committed before anybody is told, in order, without gaps, or not at all."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from parley.core import eventlog
from parley.core.eventlog import Hint
from parley.core.machine import Machine
from parley.core.unit import Unit
from parley.kit import clock
from parley.kit.errors import Conflict


@dataclass(frozen=True)
class Happened:
    """An event of the tests."""

    where: tuple[str, ...]
    number: int = 0
    name: str = "thing.happened"

    def topics(self) -> Sequence[str]:
        return self.where

    def data(self) -> dict[str, int]:
        return {"number": self.number}


async def numbers(machine: Machine, topic: str) -> list[tuple[int, int]]:
    async with machine.database.reading() as session:
        hints, _ = await eventlog.since(session, topic, 0, 10_000)
        return [(hint.seq, hint.data["number"]) for hint in hints]


async def emit(machine: Machine, *events: Happened) -> None:
    async with machine.units.begin() as unit:
        for event in events:
            await unit.emit(event)


async def test_listeners_hear_after_the_commit_and_nothing_of_what_was_rolled_back(machine: Machine) -> None:
    heard: list[Hint] = []
    machine.bus.listen(heard.append)
    with pytest.raises(Conflict):
        await emit_and_fail(machine)
    assert heard == []
    assert await numbers(machine, "a") == []
    async with machine.units.begin() as unit:
        await unit.emit(Happened(("a", "b")))
        unit.tell(Hint("jobs", 0, "word"))
        assert heard == [], "nobody hears before the commit"
    assert [(hint.topic, hint.seq) for hint in heard] == [("a", 1), ("b", 1), ("jobs", 0)]
    assert await numbers(machine, "a") == [(1, 0)]


async def emit_and_fail(machine: Machine) -> None:
    async with machine.units.begin() as unit:
        await unit.emit(Happened(("a",)))
        unit.tell(Hint("jobs", 0, "word"))
        raise Conflict


async def test_handlers_write_in_the_same_transaction_and_their_refusal_undoes_all(machine: Machine) -> None:
    async def answer(unit: Unit, event: Happened) -> None:
        if event.number == 13:
            raise Conflict
        if event.name == "thing.happened":
            await unit.emit(Happened(("answers",), event.number, "thing.answered"))

    machine.on(Happened, answer)
    await emit(machine, Happened(("a",), 1))
    with pytest.raises(Conflict):
        await emit(machine, Happened(("a",), 2), Happened(("a",), 13))
    assert await numbers(machine, "a") == [(1, 1)]
    assert await numbers(machine, "answers") == [(1, 1)]


async def test_a_unit_inside_a_unit_is_refused_and_the_next_one_works(machine: Machine) -> None:
    async with machine.units.begin() as outer:
        with pytest.raises(RuntimeError, match="inside another"):
            await emit(machine, Happened(("a",)))
        await outer.emit(Happened(("a",), 7))
    await emit(machine, Happened(("a",), 8))
    assert await numbers(machine, "a") == [(1, 7), (2, 8)]


async def test_many_writers_leave_no_gap_that_a_resuming_reader_would_miss(machine: Machine) -> None:
    """A reader who goes on from what it saw must see everything, whatever commits in which order."""
    topics = ("a", "b", "c")
    seen: dict[str, list[int]] = {topic: [] for topic in topics}
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for turn in range(12):
            number = writer * 100 + turn
            chosen = (
                topics[turn % 3 :] + topics[: turn % 3]
            )  # emitted in every order: taken sorted, they cannot deadlock
            with suppress(Conflict):
                async with machine.units.begin() as unit:
                    for topic in chosen:
                        await unit.emit(Happened((topic,), number))
                    if turn % 5 == 4:
                        raise Conflict

    async def read() -> None:
        while not done.is_set():
            await follow()
        await follow()

    async def follow() -> None:
        for topic in topics:
            async with machine.database.reading() as session:
                hints, reset = await eventlog.since(session, topic, len(seen[topic]), 10_000)
            assert reset is None
            assert [hint.seq for hint in hints] == list(range(len(seen[topic]) + 1, len(seen[topic]) + len(hints) + 1))
            seen[topic] += [hint.data["number"] for hint in hints]

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(writer) for writer in range(6)))
    done.set()
    await reader
    kept = sorted(writer * 100 + turn for writer in range(6) for turn in range(12) if turn % 5 != 4)
    assert all(sorted(found) == kept for found in seen.values())


async def test_positions_and_a_reading_are_of_one_moment(machine: Machine) -> None:
    await emit(machine, Happened(("a",), 1))
    async with machine.database.reading() as session:
        assert await eventlog.positions(session, ["a", "quiet"]) == {"a": 1, "quiet": 0}
        await emit(machine, Happened(("a",), 2))
        assert await eventlog.positions(session, ["a"]) == {"a": 1}
    assert await eventlog.positions(session, []) == {}


@pytest.mark.parametrize(
    ("seq", "answer"),
    [(0, ([], 5)), (1, ([], 5)), (2, ([3, 4, 5], None)), (4, ([5], None)), (5, ([], None)), (6, ([], 5))],
    ids=[
        "before what is kept",
        "just before what is kept",
        "the first that is kept",
        "near the end",
        "the end",
        "ahead",
    ],
)
async def test_who_was_away_too_long_begins_afresh(machine: Machine, seq: int, answer: tuple) -> None:
    for number in range(5):
        await emit(machine, Happened(("a",), number))
    async with machine.units.begin() as unit:
        await unit.session.execute(
            text("UPDATE event SET at = :then WHERE seq <= 2").bindparams(
                then=clock.now().replace(tzinfo=None) - timedelta(days=30)
                if machine.settings.embedded
                else clock.now() - timedelta(days=30)
            )
        )
        assert await eventlog.prune(unit.session, clock.now() - timedelta(days=14)) == 1
    async with machine.database.reading() as session:
        hints, reset = await eventlog.since(session, "a", seq)
    assert ([hint.seq for hint in hints], reset) == answer


async def test_more_than_a_page_is_cheaper_as_a_fresh_page(machine: Machine) -> None:
    await emit(machine, *(Happened(("a",), number) for number in range(6)))
    async with machine.database.reading() as session:
        assert await eventlog.since(session, "a", 0, limit=5) == ([], 6)
        assert len((await eventlog.since(session, "a", 1, limit=5))[0]) == 5


async def test_an_event_without_topics_is_not_logged_and_one_with_a_topic_twice_is_logged_once(
    machine: Machine,
) -> None:
    await emit(machine, Happened(()), Happened(("a", "a")))
    async with machine.database.reading() as session:
        assert len((await session.execute(select(eventlog.event_table))).all()) == 1
