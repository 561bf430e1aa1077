"""Everything in order, nothing missed, nothing doubled: live, after a break, and when hints are lost."""

import asyncio

import pytest
from sqlalchemy import delete, update

from parley.core import eventlog
from parley.core.machine import build
from parley.posts.service import publishing
from parley.posts.service.words import prepare
from stage import RACES

pytestmark = pytest.mark.parametrize("databases", RACES, indirect=True)


async def publish(machine, cast, count: int, who: str = "alice", channel: str = "square") -> None:
    for number in range(count):
        async with machine.units.begin() as unit:
            draft = publishing.Draft(prepare(f"Number {number}"))
            await publishing.publish(unit, cast.people[who].actor, cast.channels[channel], draft)


def told(line, topic: str) -> list[int]:
    return [frame["seq"] for frame in line.events(topic)]


async def test_what_many_write_at_once_comes_in_one_order_to_all(lines, api, cast, machine) -> None:
    topic = f"channel:{cast.channels['square']}"
    one, two = await lines.program("bob", {topic: -1}), await lines.program("charlie", {topic: 0})
    await two.until(lambda: told(two, topic))
    writers = [api(name) for name in ("alice", "bob", "alice", "bob")]
    answers = await asyncio.gather(*(
        writers[turn % 4].post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": f"Turn {turn}"})
        for turn in range(16)
    ))  # fmt: skip
    assert {answer.status_code for answer in answers} == {201}
    async with machine.database.reading() as session:
        last = (await eventlog.positions(session, [topic]))[topic]
    await one.at(topic, last)
    await two.at(topic, last)
    assert told(one, topic) == list(range(last - 15, last + 1))
    assert told(two, topic) == list(range(1, last + 1))
    assert one.events(topic) == two.events(topic)[-16:]
    numbers = [frame["data"]["number"] for frame in one.events(topic)]
    assert numbers == sorted(numbers), "posts are told in the order of their numbers"
    assert {frame["data"]["id"]: frame["data"]["body"] for frame in one.events(topic)} == {
        answer.json()["id"]: answer.json()["body"] for answer in answers
    }


async def test_who_comes_back_has_everything_once(lines, cast, machine) -> None:
    topic = f"channel:{cast.channels['square']}"
    line = await lines.program("bob", {topic: -1})
    await publish(machine, cast, 3)
    await line.until(lambda: len(told(line, topic)) == 3)
    await line.close()
    await publish(machine, cast, 5)
    again = await lines.program("bob", {topic: told(line, topic)[-1]})
    await again.until(lambda: len(told(again, topic)) == 5)
    await publish(machine, cast, 2)
    await again.until(lambda: len(told(again, topic)) == 7)
    assert told(again, topic) == list(range(told(line, topic)[-1] + 1, told(line, topic)[-1] + 8))


async def test_where_the_log_does_not_reach_the_reader_starts_afresh(lines, cast, machine) -> None:
    topic = f"channel:{cast.channels['square']}"
    await publish(machine, cast, 4)
    async with machine.units.begin() as unit:
        last = (await eventlog.positions(unit.session, [topic]))[topic]
        await unit.session.execute(delete(eventlog.event_table).where(eventlog.event_table.c.seq < last))
        await unit.session.execute(
            update(eventlog.topic_table).where(eventlog.topic_table.c.name == topic).values(floor=last - 1)
        )
    for seq in (0, 10_000):
        line = await lines.program("bob", {topic: seq})
        assert await line.until(lambda line=line: line.heard) == [{"topic": topic, "reset": last}]
        await publish(machine, cast, 1)
        last += 1
        await line.at(topic, last)
        assert told(line, topic) == [last]
    within = await lines.program("bob", {topic: last - 1})
    await within.at(topic, last)


async def test_whoever_missed_too_much_starts_afresh(lines, cast, machine, monkeypatch) -> None:
    topic, since = f"channel:{cast.channels['square']}", eventlog.since
    monkeypatch.setattr(eventlog, "since", lambda session, name, seq: since(session, name, seq, 3))
    await publish(machine, cast, 5)
    async with machine.database.reading() as session:
        last = (await eventlog.positions(session, [topic]))[topic]
    behind = await lines.program("bob", {topic: last - 4})
    assert await behind.until(lambda: behind.heard) == [{"topic": topic, "reset": last}]
    near = await lines.program("bob", {topic: last - 3})
    await near.at(topic, last)
    assert told(near, topic) == [last - 2, last - 1, last]


async def test_a_lost_hint_costs_time_and_never_an_event(lines, app, cast, settings) -> None:
    topic = f"channel:{cast.channels['square']}"
    line = await lines.page("bob", {topic: -1})
    await line.ask({topic: -1, "channel:999999": 0})
    await line.until(line.refused)
    deaf = build(settings)
    await publish(deaf, cast, 2)
    await deaf.close()
    assert told(line, topic) == [], "another process wrote, and nobody was told"
    await app.state.hub.compare()
    await line.until(lambda: len(told(line, topic)) == 2)
    assert {"ping": 1} in line.heard


async def test_what_happens_while_the_log_is_read_is_not_left_out(lines, cast, machine, monkeypatch) -> None:
    """The hint comes after the last look into the log and before the reader is caught up: nobody else would tell it."""
    topic, since = f"channel:{cast.channels['square']}", eventlog.since
    looked, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(session, name, seq):
        found = await since(session, name, seq)
        if not found[0] and not looked.is_set():
            looked.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(eventlog, "since", slowly)
    line = await lines.program("bob", {topic: -1})
    await asyncio.wait_for(looked.wait(), 10)
    await publish(machine, cast, 1)
    go_on.set()
    await line.until(lambda: len(told(line, topic)) == 1, 2)


async def test_asking_again_from_an_old_place_repeats_from_there(lines, cast, machine) -> None:
    topic = f"channel:{cast.channels['square']}"
    line = await lines.page("bob", {topic: -1})
    await publish(machine, cast, 3)
    await line.until(lambda: len(told(line, topic)) == 3)
    first = told(line, topic)[0]
    for _ in range(3):
        await line.ask({topic: first})
    await line.until(lambda: told(line, topic).count(first + 2) >= 2)
    assert told(line, topic)[3:5] == [first + 1, first + 2]
