"""The runner: what it runs, when it hears of it, what it does when something fails or it has to stop."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from parley.core import jobs, leases, runner
from parley.core.jobs import Job, LeaseLost, job_table
from parley.core.machine import Machine
from parley.core.runner import Runner
from parley.core.schedules import Schedule
from parley.kit import clock
from parley.kit.errors import Unavailable

PATIENCE = 20


class Work:
    """A handler that notes what it was given, and does as told."""

    def __init__(self, how: Callable[[Machine, Job], object] | None = None) -> None:
        self.seen: asyncio.Queue[Job] = asyncio.Queue()
        self.ended: asyncio.Queue[Job] = asyncio.Queue()
        self._how = how

    async def __call__(self, machine: Machine, job: Job) -> None:
        self.seen.put_nowait(job)
        try:
            if self._how:
                await self._how(machine, job)
        finally:
            self.ended.put_nowait(job)

    async def begun(self) -> Job:
        return await asyncio.wait_for(self.seen.get(), PATIENCE)

    async def over(self) -> Job:
        return await asyncio.wait_for(self.ended.get(), PATIENCE)


async def forever(_machine: Machine, _job: Job) -> None:
    await asyncio.Event().wait()


async def enqueue(machine: Machine, kind: str = "work", **more: object) -> None:
    async with machine.units.begin() as unit:
        await jobs.enqueue(unit.session, kind, {}, **more)


async def rows(machine: Machine) -> list:
    async with machine.database.reading() as session:
        return (await session.execute(select(job_table).order_by(job_table.c.id))).all()


async def until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds; how long that takes is not what is tested."""
    async with asyncio.timeout(PATIENCE):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_a_job_runs_when_it_is_committed_and_leaves_nothing(machine: Machine, monkeypatch) -> None:
    monkeypatch.setattr(runner, "IDLE", 3600.0)  # so that only the hint can wake the runner
    work = Work()
    running = Runner(machine, {"work": work})
    await running.start()
    await until(lambda: alive(machine))
    with pytest.raises(RuntimeError, match="on purpose"):
        await fail_after_enqueueing(machine)
    async with machine.units.begin() as unit:
        await jobs.enqueue(unit.session, "work", {"kept": True})
    job = await work.begun()
    await running.stop()
    assert (job.payload, job.attempt) == ({"kept": True}, 1)
    assert work.seen.empty()
    assert await rows(machine) == []


async def fail_after_enqueueing(machine: Machine) -> None:
    async with machine.units.begin() as unit:
        await jobs.enqueue(unit.session, "work", {"lost": True})
        raise RuntimeError("rolled back on purpose")


async def alive(machine: Machine) -> bool:
    async with machine.database.reading() as session:
        return bool(await leases.holders(session, runner.WORKER))


async def test_a_key_is_one_job_while_it_waits_and_runs_once_more_when_asked_meanwhile(machine: Machine) -> None:
    first = asyncio.Event()

    async def slow(_machine: Machine, _job: Job) -> None:
        await first.wait()

    work = Work(slow)
    await enqueue(machine, key="k")
    await enqueue(machine, key="k")
    running = Runner(machine, {"work": work})
    await running.start()
    await work.begun()
    await enqueue(machine, key="k")
    first.set()
    await work.begun()
    await until(lambda: none_left(machine))
    await running.stop()
    assert work.seen.empty()


async def none_left(machine: Machine) -> bool:
    return not await rows(machine)


async def test_what_fails_waits_and_at_last_is_a_dead_letter_that_can_be_run_again(machine: Machine) -> None:
    fails = True

    async def sometimes(_machine: Machine, _job: Job) -> None:
        if fails:
            raise Unavailable("nobody answers")

    work = Work(sometimes)
    running = Runner(machine, {"work": work})
    await running.start()
    before = clock.now()
    await enqueue(machine, max_attempts=2)
    await work.over()
    await until(lambda: in_state(machine, "queued"))
    (row,) = await rows(machine)
    assert row.due_at > before + timedelta(seconds=1), "the second attempt waits"
    async with machine.units.begin() as unit:
        await unit.session.execute(update(job_table).values(due_at=jobs.AT_ONCE))
        unit.tell(jobs.DUE)
    assert (await work.begun(), await work.over())[1].attempt == 2
    await until(lambda: in_state(machine, "dead"))
    async with machine.units.begin() as unit:
        (letter,) = await jobs.dead_letters(unit.session)
        assert (letter.attempts, letter.error) == (2, "Unavailable: nobody answers")
        fails = False
        assert await jobs.rerun(unit.session, letter.id)
        assert not await jobs.rerun(unit.session, letter.id)
    await until(lambda: none_left(machine))
    await running.stop()


async def in_state(machine: Machine, state: str) -> bool:
    return any(row.state == state for row in await rows(machine))


async def test_a_long_job_keeps_its_lease(machine: Machine, monkeypatch) -> None:
    monkeypatch.setattr(runner, "HEARTBEAT", 0.05)
    done = asyncio.Event()

    async def long(_machine: Machine, _job: Job) -> None:
        await done.wait()

    work = Work(long)
    running = Runner(machine, {"work": work})
    await running.start()
    await enqueue(machine)
    await work.begun()
    granted = (await rows(machine))[0].due_at

    async def extended() -> bool:
        return (await rows(machine))[0].due_at > granted + timedelta(seconds=0.1)

    await until(extended)
    done.set()
    await until(lambda: none_left(machine))
    await running.stop()


async def test_a_handler_whose_lease_was_lost_is_stopped_and_changes_nothing(machine: Machine, monkeypatch) -> None:
    monkeypatch.setattr(runner, "HEARTBEAT", 0.05)
    work = Work(forever)
    running = Runner(machine, {"work": work})
    await running.start()
    await enqueue(machine)
    await work.begun()
    async with machine.units.begin() as unit:  # another runner, which thinks this one is dead
        await unit.session.execute(update(job_table).values(fence=job_table.c.fence + 1))
    lost = await work.over()
    async with machine.units.begin() as unit:
        with pytest.raises(LeaseLost):
            await lost.hold(unit.session)
    await running.stop()
    (row,) = await rows(machine)
    assert (row.state, row.fence, row.attempt) == ("running", 2, 1)


async def test_stopping_lets_a_job_end_and_gives_back_what_does_not(machine: Machine) -> None:
    release = asyncio.Event()

    async def soon(_machine: Machine, _job: Job) -> None:
        await release.wait()

    quick, slow = Work(soon), Work(forever)
    running = Runner(machine, {"quick": quick, "slow": slow})
    await running.start()
    await enqueue(machine, "quick")
    await enqueue(machine, "slow")
    await quick.begun()
    await slow.begun()
    stopping = asyncio.create_task(running.stop(grace=1))
    await asyncio.sleep(0)
    release.set()
    await stopping
    (row,) = await rows(machine)
    assert (row.kind, row.state, row.attempt) == ("slow", "queued", 0)
    assert not await alive(machine)


async def test_a_job_that_takes_too_long_is_a_failed_attempt(machine: Machine) -> None:
    work = Work(forever)
    running = Runner(machine, {"work": work}, time_limit=timedelta(milliseconds=20))
    await running.start()
    await enqueue(machine, max_attempts=1)
    await work.over()
    await until(lambda: in_state(machine, "dead"))
    await running.stop()


async def test_two_runners_share_and_nothing_runs_twice(machine: Machine) -> None:
    work = Work()
    both = [Runner(machine, {"work": work}, concurrency=3) for _ in range(2)]
    async with machine.units.begin() as unit:
        for number in range(40):
            await jobs.enqueue(unit.session, "work", {"number": number})
    for each in both:
        await each.start()
    await until(lambda: none_left(machine))
    for each in both:
        await each.stop()
    assert sorted(work.seen.get_nowait().payload["number"] for _ in range(work.seen.qsize())) == list(range(40))


async def test_a_kind_that_this_version_does_not_know_waits_for_one_that_does(machine: Machine) -> None:
    work = Work()
    running = Runner(machine, {"work": work})
    await running.start()
    await enqueue(machine, "of the next version")
    await enqueue(machine)
    await work.over()
    await running.stop()
    assert [row.kind for row in await rows(machine)] == ["of the next version"]


async def test_missed_slots_collapse_into_one_and_a_slot_is_taken_once(machine: Machine, monkeypatch) -> None:
    at = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)
    work = Work()
    timetable = [Schedule("work", timedelta(minutes=1))]
    both = [Runner(machine, {"work": work}, timetable) for _ in range(2)]
    for each in both:
        await each.start()
    await work.over()
    at += timedelta(hours=3)
    async with machine.units.begin() as unit:
        unit.tell(jobs.DUE)
    await work.over()
    await until(lambda: none_left(machine))
    for each in both:
        await each.stop()
    assert work.ended.empty()


def test_a_schedule_without_a_handler_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Runner(None, {"somebody": forever}, [Schedule("nobody", timedelta(hours=1))])


@pytest.mark.parametrize(
    ("now", "slot"), [("2026-03-02T03:09:59", "2026-03-01T03:10:00"), ("2026-03-02T03:10:00", "2026-03-02T03:10:00")]
)
def test_slots_lie_where_the_offset_says(now: str, slot: str) -> None:
    daily = Schedule("x", every=timedelta(days=1), offset=timedelta(hours=3, minutes=10))
    assert daily.slot(datetime.fromisoformat(now + "+00:00")) == datetime.fromisoformat(slot + "+00:00")
