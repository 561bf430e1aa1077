"""What the house itself tidies: old events, leases of those who are no more, files that were never finished."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from parley.core import eventlog, leases, log
from parley.core.blobs import Blobs
from parley.core.jobs import Job
from parley.core.machine import Machine
from parley.core.runner import Handler
from parley.core.schedules import Schedule
from parley.kit import clock

PRUNE = "house.prune"
SWEEP = "house.sweep"
EVENTS_KEPT = timedelta(days=14)
"""A page or program that was away longer begins afresh."""
logger = log.get("house")


async def prune(machine: Machine, job: Job) -> None:
    """Forget events and leases that nobody can need any more."""
    async with machine.units.begin() as unit:
        await job.hold(unit.session)
        await eventlog.prune(unit.session, clock.now() - EVENTS_KEPT)
        await leases.prune(unit.session)


async def sweep(machine: Machine, _job: Job) -> None:
    """Take away what killed processes left half written."""
    gone = await asyncio.to_thread(Blobs(machine.settings.data_dir / "files").sweep)
    if gone:
        logger.info("files_swept", count=gone)


HANDLERS: Mapping[str, Handler] = {PRUNE: prune, SWEEP: sweep}
SCHEDULES = (
    Schedule(PRUNE, every=timedelta(days=1), offset=timedelta(hours=3)),
    Schedule(SWEEP, every=timedelta(days=1), offset=timedelta(hours=4)),
)
