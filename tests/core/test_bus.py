"""The bus: everybody of one installation hears, nobody else does, and its failures are nobody's failures."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

import engines
from parley.core import bus as bus_module
from parley.core.bus import Bus, MemoryBus, RedisBus
from parley.core.eventlog import Hint
from parley.core.machine import build
from processes import free_port

PATIENCE = 20
NEWS = Hint("channel:7", 3, "post.published", {"post_id": 5, "words": "grün"})


class Ear:
    """Somebody who listens."""

    def __init__(self, bus: Bus) -> None:
        self.heard: asyncio.Queue[Hint] = asyncio.Queue()
        bus.listen(self.heard.put_nowait)

    async def next(self) -> Hint:
        return await asyncio.wait_for(self.heard.get(), PATIENCE)


@pytest.fixture
async def opened():
    """Buses that are closed in the end."""
    made: list[RedisBus] = []

    async def start(url: str, house: str) -> RedisBus:
        bus = RedisBus(url, house)
        made.append(bus)
        await bus.start()
        return bus

    yield start
    for bus in made:
        await bus.close()


async def ready(*buses: RedisBus) -> None:
    for bus in buses:
        await asyncio.wait_for(bus.subscribed.wait(), PATIENCE)


async def test_a_listener_that_fails_harms_neither_the_others_nor_the_teller() -> None:
    bus = MemoryBus()
    bus.listen(lambda _hint: 1 / 0)
    ear = Ear(bus)
    await bus.publish([NEWS])
    assert await ear.next() == NEWS


async def test_all_processes_of_an_installation_hear_and_another_installation_does_not(
    redis_url, opened, request
) -> None:
    house = f"test {request.node.nodeid} {engines.SECRET}"
    here, there, other = [await opened(redis_url, name) for name in (house, house, house + " other")]
    ears = [Ear(bus) for bus in (here, there, other)]
    await ready(here, there, other)
    await here.publish([NEWS])
    assert await ears[0].next() == NEWS
    assert await ears[1].next() == NEWS
    await other.publish([Hint("channel:8", 1, "post.published")])
    assert (await ears[2].next()).topic == "channel:8"
    assert all(ear.heard.empty() for ear in ears)


async def test_words_that_are_not_understood_do_not_deafen(redis_url: str, opened, request) -> None:
    house = f"test {request.node.nodeid} {engines.SECRET}"
    bus = await opened(redis_url, house)
    ear = Ear(bus)
    await ready(bus)
    stranger = Redis.from_url(redis_url)
    for word in (
        "",
        "[",
        "{}",
        "7",
        '[{"topic": "a"}]',
        '[{"topic": "a", "seq": 1, "name": "b", "of": "later"}]',
        "\x00",
    ):
        await stranger.publish(f"parley:hints:{house}", word)
    await stranger.aclose()
    await bus.publish([NEWS])
    assert await ear.next() == NEWS


async def test_without_redis_this_process_hears_itself_and_nobody_waits(opened, monkeypatch) -> None:
    bus = await opened(f"redis://127.0.0.1:{free_port()}/0", "nobody")
    ear = Ear(bus)
    await bus.publish([NEWS])
    assert await ear.next() == NEWS
    with pytest.raises(RedisError):
        await bus.ping()


async def test_a_redis_that_does_not_answer_costs_one_caller_one_moment(opened, monkeypatch) -> None:
    monkeypatch.setattr(bus_module, "PATIENCE", 0.05)
    asked: list[asyncio.StreamWriter] = []

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    bus = RedisBus(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", "nobody")
    ear = Ear(bus)
    await bus.publish([NEWS])
    assert await ear.next() == NEWS
    before = len(asked)
    await bus.publish([NEWS])
    assert await ear.next() == NEWS
    assert len(asked) == before, "the next caller is not made to wait"
    await bus.close()
    for writer in asked:
        writer.close()
    server.close()
    await server.wait_closed()


def test_the_settings_choose_the_bus_and_its_house(tmp_path: Path) -> None:
    assert type(build(engines.settings_for(tmp_path)).bus) is MemoryBus
    one = build(engines.settings_for(tmp_path, redis_url="redis://127.0.0.1/0")).bus
    two = build(engines.settings_for(tmp_path, redis_url="redis://127.0.0.1/0", secret_key="another installation")).bus
    assert one._channel != two._channel
