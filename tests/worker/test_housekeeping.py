"""The house tidies by itself: what is due on the first day takes away what nobody can need."""

import asyncio
import os

from parley.core import jobs
from parley.core.blobs import Blobs
from parley.core.machine import Machine
from parley.worker import Worker
from parley.worker.housekeeping import HANDLERS, SCHEDULES

PATIENCE = 20


def test_what_is_scheduled_has_somebody_who_does_it() -> None:
    assert {schedule.kind for schedule in SCHEDULES} == set(HANDLERS)


async def test_a_worker_takes_away_what_was_left_half_written(machine: Machine) -> None:
    folder = machine.settings.data_dir / "files"
    stored = await Blobs(folder).put_bytes(b"whole")
    for name, age in (("a" * 32, 90_000), ("b" * 32, 0)):
        half = folder / "coming" / name
        half.write_bytes(b"half")
        os.utime(half, (half.stat().st_atime, half.stat().st_mtime - age))
    worker = Worker(machine, {})
    await worker.start()
    async with asyncio.timeout(PATIENCE):
        while (folder / "coming" / ("a" * 32)).exists() or await _waiting(machine):
            await asyncio.sleep(0.01)
    await worker.stop()
    assert [file.name for file in (folder / "coming").iterdir()] == ["b" * 32]
    assert await Blobs(folder).read(stored.key) == b"whole"


async def _waiting(machine: Machine) -> int:
    async with machine.database.reading() as session:
        found = await jobs.counts(session)
    assert found.dead == 0
    return found.queued + found.running
