"""Random histories of the job table: several runners, crashes, expired leases, a clock that jumps.

Whatever happens, no job is lost, none is ended twice, and an enqueue under a key is followed by a run that saw it.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select, text

from parley.core import jobs
from parley.core.database import Database
from parley.core.jobs import Job, LeaseLost, job_table
from parley.core.settings import Settings
from parley.kit import clock

RUNNERS = st.integers(0, 2)
KEYS = st.sampled_from(["a", "b"])
MAKE_EFFECT = "CREATE TABLE effect (token INTEGER NOT NULL)"


class Clock:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Histories(RuleBasedStateMachine):
    """The model: what was asked for, what ended, and who believes to hold what."""

    def __init__(self, database: Database, loop: asyncio.Runner, moving: Clock) -> None:
        super().__init__()
        self.database, self.loop, self.clock = database, loop, moving
        self.step = 0
        self.tokens = 0
        self.believed: dict[int, list[tuple[Job, int]]] = defaultdict(list)
        self.claimed_at: dict[int, int] = {}
        self.asked: dict[str, set[int]] = defaultdict(set)
        self.write(delete(job_table), text("DELETE FROM effect"))

    # what happens

    @rule(delay=st.sampled_from([0, 0, 5, 100]), tries=st.integers(1, 3))
    def enqueue(self, delay: int, tries: int) -> None:
        self.tokens += 1
        self.add({"token": self.tokens}, None, delay, tries)

    @rule(key=KEYS, delay=st.sampled_from([0, 0, 5]), tries=st.integers(1, 3))
    def enqueue_under_key(self, key: str, delay: int, tries: int) -> None:
        self.step += 1
        self.asked[key].add(self.step)
        self.add({"key": key}, key, delay, tries)

    @rule(runner=RUNNERS, count=st.integers(1, 3))
    def claim(self, runner: int, count: int) -> None:
        self.step += 1
        for job in self.take(count):
            self.believed[runner].append((job, self.step))
            self.claimed_at[job.id] = self.step

    @rule(runner=RUNNERS)
    def finish(self, runner: int) -> None:
        if self.believed[runner]:
            self.end(*self.believed[runner].pop(0))

    @rule(runner=RUNNERS)
    def fail(self, runner: int) -> None:
        if self.believed[runner]:
            job, claimed = self.believed[runner].pop(0)
            with suppress(LeaseLost):
                self.within(lambda session: job.fail(session, "no"))
                assert claimed == self.claimed_at[job.id], "somebody else's attempt was failed"

    @rule(runner=RUNNERS)
    def give_back(self, runner: int) -> None:
        if self.believed[runner]:
            job, _ = self.believed[runner].pop(0)
            self.within(job.give_back)

    @rule(runner=RUNNERS)
    def beat(self, runner: int) -> None:
        held = self.believed[runner]
        if held:
            still = self.within(lambda session: jobs.extend(session, [job for job, _ in held]))
            newest = [(job, step) for job, step in held if step == self.claimed_at[job.id]]
            assert still <= {job.id for job, _ in newest}, "somebody else's lease was extended"
            self.believed[runner] = [(job, step) for job, step in newest if job.id in still]

    @rule(runner=RUNNERS)
    def crash(self, runner: int) -> None:
        self.believed[runner].clear()

    @rule()
    def leases_end(self) -> None:
        self.clock.at += jobs.LEASE + timedelta(seconds=1)

    @rule(seconds=st.sampled_from([1, 20, 3700, -3600]))
    def clock_moves(self, seconds: int) -> None:
        self.clock.at += timedelta(seconds=seconds)

    @rule()
    def rerun_the_dead(self) -> None:
        for letter in self.within(jobs.dead_letters):
            assert self.within(lambda session, letter=letter: jobs.rerun(session, letter.id))

    # what always holds

    @invariant()
    def nothing_is_lost_and_nothing_ends_twice(self) -> None:
        rows, done = self.seen()
        assert len(done) == len(set(done)), "a job ended twice"
        waiting = [row.payload["token"] for row in rows if row.key is None]
        assert sorted([*done, *waiting]) == list(range(1, self.tokens + 1))
        live = [row.key for row in rows if row.key and row.state != "dead"]
        assert len(live) == len(set(live)), "two live jobs under one key"
        for key, steps in self.asked.items():
            promises = [
                row.state != "running" or row.again or self.claimed_at[row.id] >= max(steps, default=0)
                for row in rows
                if row.key == key
            ]
            assert not steps or any(promises), "a run that was asked for under a key will not happen"

    def teardown(self) -> None:
        """Let one runner that never fails work until nothing is left, and count."""
        self.believed.clear()
        for _ in range(200):
            self.clock.at += timedelta(hours=2)
            self.rerun_the_dead()
            self.claim(0, 50)
            while self.believed[0]:
                self.finish(0)
            if not self.seen()[0]:
                break
        rows, done = self.seen()
        assert not rows
        assert sorted(done) == list(range(1, self.tokens + 1))
        assert not any(self.asked.values())

    # how the model reaches the table

    def add(self, payload: dict, key: str | None, delay: int, tries: int) -> None:
        run_at = self.clock.at + timedelta(seconds=delay) if delay else None
        self.within(lambda session: jobs.enqueue(session, "work", payload, run_at=run_at, key=key, max_attempts=tries))

    def take(self, count: int) -> list[Job]:
        found = self.within(lambda session: jobs.claim(session, ["work"], count))
        assert len(found) <= count
        return found

    def end(self, job: Job, claimed: int) -> None:
        async def with_effect(session) -> None:
            await job.hold(session)
            if "token" in job.payload:
                await session.execute(text("INSERT INTO effect VALUES (:token)"), {"token": job.payload["token"]})
            await job.complete(session)

        try:
            self.within(with_effect)
        except LeaseLost:
            return
        assert claimed == self.claimed_at[job.id], "a runner that was fenced out ended the job"
        if "key" in job.payload:
            key = job.payload["key"]
            self.asked[key] = {step for step in self.asked[key] if step > claimed}

    def within(self, work):
        async def run():
            async with self.database.writing() as session:
                result = await work(session)
                await session.commit()
                return result

        return self.loop.run(run())

    def write(self, *statements) -> None:
        async def run(session) -> None:
            for statement in statements:
                await session.execute(statement)

        self.within(run)

    def seen(self) -> tuple[list, list[int]]:
        async def read(session):
            rows = (await session.execute(select(job_table))).all()
            return rows, list((await session.execute(text("SELECT token FROM effect"))).scalars())

        return self.within(read)


def test_random_histories(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    moving = Clock()
    monkeypatch.setattr(clock, "now", moving.now)
    with asyncio.Runner() as loop:
        database = Database(settings)

        async def prepare() -> None:
            async with database.writing() as session:
                await session.execute(text(MAKE_EFFECT))
                await session.commit()

        loop.run(prepare())
        try:
            run_state_machine_as_test(
                lambda: Histories(database, loop, moving),
                settings=hypothesis_settings(
                    max_examples=hypothesis_settings().max_examples // 5, stateful_step_count=30
                ),
            )
        finally:
            loop.run(database.close())


@pytest.mark.parametrize("verb", ["hold", "complete", "fail", "extend", "give_back"])
async def test_who_was_fenced_out_can_do_nothing_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    moving = Clock()
    monkeypatch.setattr(clock, "now", moving.now)
    database = Database(settings)

    async def attempt(session, job: Job) -> bool:
        try:
            if verb == "extend":
                return bool(await jobs.extend(session, [job]))
            await (job.fail(session, "no") if verb == "fail" else getattr(job, verb)(session))
        except LeaseLost:
            return False
        return (await session.execute(select(job_table.c.state))).scalar() != "running" or verb == "hold"

    async with database.writing() as session:
        await jobs.enqueue(session, "work", {})
        (first,) = await jobs.claim(session, ["work"], 5)
        assert await jobs.claim(session, ["work"], 5) == [], "a lease that holds is respected"
        moving.at += jobs.LEASE + timedelta(seconds=1)
        (second,) = await jobs.claim(session, ["work"], 5)
        assert not await attempt(session, first)
        assert await attempt(session, second)
    await database.close()


async def test_the_number_of_an_ended_job_is_not_given_again(settings: Settings) -> None:
    """A number used twice would let the runner of the first pass for the runner of the second."""
    database = Database(settings)
    async with database.writing() as session:
        await jobs.enqueue(session, "work", {})
        (first,) = await jobs.claim(session, ["work"], 1)
        await first.complete(session)
        await jobs.enqueue(session, "work", {})
        (second,) = await jobs.claim(session, ["work"], 1)
        assert second.id != first.id
    await database.close()
