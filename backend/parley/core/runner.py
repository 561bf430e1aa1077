"""The runner: takes due jobs, runs their handlers, keeps their leases and enqueues what schedules ask for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from time import perf_counter
from uuid import uuid4

from prometheus_client import Histogram
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from parley.core import jobs, leases, log, schedules
from parley.core.eventlog import Hint
from parley.core.jobs import Job, LeaseLost
from parley.core.machine import Machine
from parley.core.schedules import Schedule
from parley.kit import clock
from parley.kit.errors import Problem

Handler = Callable[[Machine, Job], Awaitable[None]]
HEARTBEAT = jobs.LEASE.total_seconds() / 3
IDLE = 1.0
"""Seconds between two looks when no hint comes."""
WORKER = "worker:"
"""Beginning of the lease by which others see that a runner lives."""
_AWAY = (Problem, DBAPIError, OSError)
_SECONDS = Histogram("parley_job_seconds", "Time of one attempt at a job", ["kind", "outcome"])
logger = log.get("jobs")


class Runner:
    """Runs the jobs of `handlers` on this machine, up to `concurrency` at once."""

    def __init__(
        self,
        machine: Machine,
        handlers: Mapping[str, Handler],
        timetable: Sequence[Schedule] = (),
        *,
        concurrency: int = 8,
        time_limit: timedelta = timedelta(minutes=15),
    ) -> None:
        """Take what to run; a schedule without a handler is a mistake of composition."""
        if missing := {schedule.kind for schedule in timetable} - set(handlers):
            raise ValueError(f"schedules without a handler: {', '.join(sorted(missing))}")
        self._machine = machine
        self._handlers = dict(handlers)
        self._timetable = tuple(timetable)
        self._concurrency = concurrency
        self._time_limit = time_limit.total_seconds()
        self._name = WORKER + uuid4().hex
        self._woken = asyncio.Event()
        self._stopping = False
        self._drained = asyncio.Event()
        self._running: dict[int, tuple[Job, asyncio.Task[None]]] = {}
        self._slots: dict[str, datetime] = {}
        self._loops: list[asyncio.Task[None]] = []
        machine.bus.listen(self._hear)

    async def start(self) -> None:
        """Begin to run jobs."""
        self._loops = [asyncio.create_task(self._look(), name="jobs"), asyncio.create_task(self._beat(), name="leases")]

    async def stop(self, grace: float = 7.0) -> None:
        """Take nothing new, let what runs end within `grace` seconds, give the rest back to the queue."""
        look, beat = self._loops
        self._stopping = True  # not cancelled: in the middle of a claim that would leave jobs without a runner
        self._woken.set()
        await look
        tasks = [task for _, task in self._running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        self._drained.set()
        await asyncio.gather(beat, *tasks, return_exceptions=True)
        with suppress(*_AWAY):
            async with self._short() as session:
                await leases.release(session, self._name, self._name)

    def _hear(self, hint: Hint) -> None:
        if hint.topic == jobs.DUE.topic:
            self._woken.set()

    @asynccontextmanager
    async def _short(self) -> AsyncIterator[AsyncSession]:
        """Open a short transaction of the runner's own."""
        async with self._machine.database.writing() as session:
            yield session
            await session.commit()

    async def _look(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                await self._enqueue_scheduled()
                await self._take()
            except _AWAY as error:
                logger.warning("jobs_away", error=type(error).__name__)
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), IDLE)

    async def _enqueue_scheduled(self) -> None:
        now = clock.now()
        for schedule in self._timetable:
            slot = schedule.slot(now)
            if self._slots.get(schedule.kind) != slot:
                async with self._short() as session:
                    await schedules.enqueue_due(session, schedule, now)
                self._slots[schedule.kind] = slot

    async def _take(self) -> None:
        free = self._concurrency - len(self._running)
        if free <= 0:
            return
        async with self._machine.database.reading() as reading:
            if not await jobs.is_due(reading, self._handlers):
                return
        async with self._short() as session:
            claimed = await jobs.claim(session, list(self._handlers), free)
        for job in claimed:
            self._begin(job)
        if len(claimed) == free:
            self._woken.set()

    def _begin(self, job: Job) -> None:
        if job.id in self._running:  # our own lease ran out and came back to us: the older attempt no longer counts
            self._running.pop(job.id)[1].cancel()
        task = asyncio.create_task(self._run(job), name=f"job {job.id} {job.kind}")
        self._running[job.id] = (job, task)
        task.add_done_callback(lambda _: self._end(job))

    def _end(self, job: Job) -> None:
        if self._running.get(job.id, (None,))[0] is job:
            del self._running[job.id]
        self._woken.set()

    async def _run(self, job: Job) -> None:
        about = logger.bind(job=job.id, kind=job.kind, attempt=job.attempt)
        outcome, begun = "failed", perf_counter()
        try:
            async with asyncio.timeout(self._time_limit):
                await self._handlers[job.kind](self._machine, job)
            if not job.ended:
                async with self._short() as session:
                    await job.complete(session)
            outcome = "done"
        except LeaseLost:
            outcome = "lost"
            about.warning("job_lost")
        except asyncio.CancelledError:
            outcome = "stopped"
            await asyncio.shield(self._give_back(job))
            raise
        except Exception as error:  # noqa: BLE001  (whatever a handler raises is a failed attempt)
            about.warning("job_failed", exc_info=error)
            await self._note_failure(job, f"{type(error).__name__}: {error}")
        finally:
            _SECONDS.labels(job.kind, outcome).observe(perf_counter() - begun)

    async def _note_failure(self, job: Job, words: str) -> None:
        try:
            async with self._short() as session:
                await job.fail(session, words)
        except (LeaseLost, *_AWAY):
            logger.warning("job_failure_not_noted", job=job.id)  # its lease runs out and it is tried again

    async def _give_back(self, job: Job) -> None:
        with suppress(*_AWAY):
            async with self._short() as session:
                await job.give_back(session)

    async def _beat(self) -> None:
        """Keep the leases of what runs, cancel what was lost, and show that this runner lives."""
        while not self._drained.is_set():
            try:
                held = [job for job, _ in self._running.values() if not job.ended]
                async with self._short() as session:
                    still = await jobs.extend(session, held) if held else set()
                    await leases.lease(session, self._name, self._name, 3 * HEARTBEAT)
                for job in held:
                    if job.id not in still and not job.ended:
                        self._lose(job)
            except _AWAY as error:
                logger.warning("heartbeat_failed", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), HEARTBEAT)

    def _lose(self, job: Job) -> None:
        current = self._running.get(job.id)
        if current and current[0] is job:
            current[1].cancel()
