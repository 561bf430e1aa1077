"""Two processes on one Redis: what one does, the sockets of the other hear; a Redis that goes costs time only."""

import asyncio

import pytest

from parley.app import serving
from parley.app.main import create_app
from parley.core.machine import build
from parley.identity.service import deactivate
from parley.posts.service import publishing
from parley.posts.service.words import prepare
from realtime.lines import Lines, serve
from stage import RACES

pytestmark = pytest.mark.parametrize("databases", RACES, indirect=True)


@pytest.fixture
def settings(settings, redis_url):
    """Settings of an installation with a Redis; its secret keeps its words apart from all others there."""
    return settings.model_copy(update={"redis_url": redis_url})


@pytest.fixture
async def elsewhere(settings, cast, app, lines):
    """The sockets of a second process of the same installation."""
    listening = serving.listen("127.0.0.1", 0)
    machine = build(settings)
    await machine.start()
    other = create_app(machine)
    async with asyncio.timeout(10):
        await machine.bus.subscribed.wait()
        await app.state.machine.bus.subscribed.wait()
    async with serve(other, listening):
        there = Lines(other, cast)
        there.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield there
        await there.close()
    await other.state.house.close()
    await machine.close()
    listening.close()


async def publish(machine, cast, body: str) -> None:
    async with machine.units.begin() as unit:
        await publishing.publish(unit, cast.alice.actor, cast.channels["square"], publishing.Draft(prepare(body)))


async def test_what_one_process_does_the_other_tells(lines, elsewhere, app, cast) -> None:
    topic = f"channel:{cast.channels['square']}"
    here, there = (
        await lines.program("bob", {topic: -1, "channel:999999": 0}),
        await elsewhere.program("bob", {topic: -1, "channel:999999": 0}),
    )
    for line in (here, there):
        await line.until(line.refused)
    machines = [lines.app.state.machine, elsewhere.app.state.machine]
    await asyncio.gather(*(publish(machines[turn % 2], cast, f"Turn {turn}") for turn in range(12)))
    for line in (here, there):
        await line.until(lambda line=line: len(line.events(topic)) == 12)
        seqs = [frame["seq"] for frame in line.events(topic)]
        assert seqs == list(range(seqs[0], seqs[0] + 12)), "in order, none skipped, none twice"
    assert here.events(topic) == there.events(topic)


async def test_who_is_deactivated_in_one_process_is_cut_off_in_the_other(lines, elsewhere, cast) -> None:
    here, there = await lines.program("bob", {}), await elsewhere.program("bob", {"channel:999999": 0})
    await there.until(there.refused)
    async with lines.app.state.machine.units.begin() as unit:
        await deactivate.deactivate(unit, cast.bob.id, by=cast.ida.id, via="page")
    assert await here.until_closed(1) == 4401
    assert await there.until_closed(1) == 4401


async def test_who_is_put_out_in_one_process_is_silent_in_the_other(lines, elsewhere, api, cast) -> None:
    vault = f"channel:{cast.channels['vault']}"
    there = await elsewhere.program("bob", {vault: 0})
    await there.until(lambda: there.events(vault))
    await api("alice").delete(f"/api/v1/channels/{cast.channels['vault']}/members/{cast.bob.id}")
    await there.until(lambda: vault in there.refused(), 1)


async def test_without_redis_nobody_misses_anything(lines, elsewhere, cast, monkeypatch) -> None:
    topic = f"channel:{cast.channels['square']}"
    here, there = (
        await lines.program("bob", {topic: -1, "channel:999999": 0}),
        await elsewhere.program("bob", {topic: -1, "channel:999999": 0}),
    )
    for line in (here, there):
        await line.until(line.refused)
    bus = lines.app.state.machine.bus

    async def gone(*_given, **_more):
        raise ConnectionError("no Redis")

    monkeypatch.setattr(bus._redis, "publish", gone)
    await publish(lines.app.state.machine, cast, "Said without Redis")
    await here.until(lambda: "Said without Redis" in here.text, 2)
    assert "Said without Redis" not in there.text
    await elsewhere.app.state.hub.compare()
    await there.until(lambda: "Said without Redis" in there.text)
    monkeypatch.undo()
    bus._away_until = 0  # it would look again by itself in a moment
    await publish(lines.app.state.machine, cast, "And with it")
    for line in (here, there):
        await line.until(lambda line=line: "And with it" in line.text, 2)
    assert here.events(topic) == there.events(topic)
