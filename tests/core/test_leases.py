"""Named leases: one holder at a time, whoever crashes and however the clock jumps."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from parley.core import leases
from parley.core.jobs import LeaseLost
from parley.core.leases import Held, lease, release, while_held
from parley.core.machine import Machine
from parley.kit import clock

PATIENCE = 20


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch):
    """A clock that stands still until it is moved."""
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)

    def move(seconds: float) -> None:
        nonlocal at
        at += timedelta(seconds=seconds)

    return move


async def test_one_holder_at_a_time(machine: Machine, moved) -> None:
    async with machine.database.writing() as session:
        assert await lease(session, "mailbox:1", "ada", 30) == 1
        assert await lease(session, "mailbox:1", "bob", 30) is None
        assert await lease(session, "mailbox:2", "bob", 30) == 1
        moved(20)
        assert await lease(session, "mailbox:1", "ada", 30) == 1, "extended under the same fence"
        moved(20)
        assert await lease(session, "mailbox:1", "bob", 30) is None
        assert await leases.holders(session, "mailbox:") == ["mailbox:1"]
        moved(11)
        assert await lease(session, "mailbox:1", "bob", 30) == 2
        with pytest.raises(LeaseLost):
            await Held("mailbox:1", 1).hold(session)
        await Held("mailbox:1", 2).hold(session)


async def test_a_released_lease_is_free_at_once_but_only_its_holder_releases(machine: Machine, moved) -> None:
    async with machine.database.writing() as session:
        assert await lease(session, "x", "ada", 30) == 1
        await release(session, "x", "bob")
        assert await lease(session, "x", "bob", 30) is None
        await release(session, "x", "ada")
        assert await lease(session, "x", "bob", 30) == 2


async def test_a_clock_that_went_back_frees_what_would_never_end(machine: Machine, moved) -> None:
    async with machine.database.writing() as session:
        assert await lease(session, "x", "ada", 30) == 1
        moved(-3600)
        assert await lease(session, "x", "bob", 30) == 2


async def test_old_leases_are_forgotten_and_held_ones_are_not(machine: Machine, moved) -> None:
    async with machine.database.writing() as session:
        await lease(session, "old", "ada", 30)
        moved(2 * 24 * 3600)
        await lease(session, "new", "ada", 30)
        await leases.prune(session)
        assert await leases.holders(session, "") == ["new"]
        assert await lease(session, "old", "bob", 30) == 1, "a row of its own again"


async def test_the_work_goes_on_elsewhere_when_its_holder_stops(machine: Machine) -> None:
    began: asyncio.Queue[str] = asyncio.Queue()

    def work(name: str):
        async def go_on(_held: Held) -> None:
            began.put_nowait(name)
            await asyncio.Event().wait()

        return go_on

    first = asyncio.create_task(while_held(machine, "x", work("first"), 0.3))
    assert await asyncio.wait_for(began.get(), PATIENCE) == "first"
    second = asyncio.create_task(while_held(machine, "x", work("second"), 0.3))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert await asyncio.wait_for(began.get(), PATIENCE) == "second"
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)


async def test_the_work_is_stopped_when_the_lease_is_lost(machine: Machine) -> None:
    began: asyncio.Queue[int] = asyncio.Queue()
    stopped: asyncio.Queue[int] = asyncio.Queue()

    async def work(held: Held) -> None:
        began.put_nowait(held.fence)
        try:
            await asyncio.Event().wait()
        finally:
            stopped.put_nowait(held.fence)

    task = asyncio.create_task(while_held(machine, "x", work, 0.3))
    assert await asyncio.wait_for(began.get(), PATIENCE) == 1
    async with machine.database.writing() as session:  # somebody else took it, as after a long pause of this process
        await session.execute(leases.lease_table.update().values(holder="somebody", fence=2))
        await session.commit()
    assert await asyncio.wait_for(stopped.get(), PATIENCE) == 1
    assert await asyncio.wait_for(began.get(), PATIENCE) > 2, "it comes back when that lease has run out"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_the_work_raises_is_raised_and_the_lease_is_free(machine: Machine) -> None:
    async def work(_held: Held) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await while_held(machine, "x", work)
    async with machine.database.writing() as session:
        assert await lease(session, "x", "next", 30) == 2
