"""How the installation fares, and work that was given up."""

import shutil
import time
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from parley import __version__
from parley.admin.faults import fault
from parley.admin.queries import sources
from parley.admin.views import Check, DeadJob, HealthView
from parley.core import jobs, leases, migrating
from parley.core.jobs import Counts, DeadLetter
from parley.core.runner import WORKER
from parley.kit import clock
from parley.kit.errors import NotFound
from parley.policy import audit
from parley.web.visit import AdminReader, AdminWriter, Visit

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**62)]
_STARTED = clock.now()
_SHOWN = 50
_LATE_SECONDS = 60
_LITTLE, _NONE = 0.10, 0.03
"""Shares of the disk that are left: soon a matter, and no longer to be waited with."""


@router.get("/admin/health")
async def health(visit: AdminReader) -> Response:
    """Show how every part fares."""
    started = time.perf_counter()
    async with visit.reading() as session:
        await visit.machine.database.ping()
        took = (time.perf_counter() - started) * 1000
        counts = await jobs.counts(session)
        dead = await jobs.dead_letters(session, _SHOWN)
        view = HealthView(
            checks=[
                Check("database", "ok", visit.say("answers"), f"{took:.0f} ms"),
                _migrations(visit, await migrating.current(session)),
                await _bus(visit),
                _worker(visit, len(await leases.holders(session, WORKER))),
                _jobs(visit, counts),
                _disk(visit),
            ],
            queued=counts.queued,
            running=counts.running,
            waiting_seconds=round(counts.waiting_seconds),
            dead=[_dead(visit, letter) for letter in dead],
            dead_more=max(0, counts.dead - len(dead)),
            sources=await sources.rows(session, visit.actor, visit.say),
            version=__version__,
            started_at=_STARTED,
        )
        return await visit.page(
            session, "admin/health.html", title=visit.say("Health"), place="admin", tab="health", health=view
        )


@router.post("/admin/jobs/{job_id}/retry")
async def retry(job_id: Id, visit: AdminWriter) -> Response:
    """Give work that was given up a new life."""
    async with visit.unit() as unit:
        if not await jobs.rerun(unit.session, job_id):
            raise NotFound
        await audit.record(
            unit, "job.rerun", actor_id=visit.actor.person_id, via="page", target=f"job:{job_id}", address=visit.address
        )
    return Response(status_code=200) if visit.htmx else visit.seen("/admin/health")


def _migrations(visit: Visit, current: str) -> Check:
    if current == migrating.head():
        return Check("migrations", "ok", visit.say("the schema is the one this version needs"), current)
    return Check("migrations", "down", visit.say("the schema is not the one this version needs"), current)


async def _bus(visit: Visit) -> Check:
    if not visit.machine.settings.redis_url:
        return Check("bus", "ok", visit.say("within this process"))
    try:
        await visit.machine.bus.ping()
    except Exception as error:  # noqa: BLE001  (whatever a driver raises, the part is down)
        return Check("bus", "down", visit.say("does not answer; live updates come by the timer"), type(error).__name__)
    return Check("bus", "ok", visit.say("answers"))


def _worker(visit: Visit, count: int) -> Check:
    if count:
        return Check("worker", "ok", visit.say("%(count)s running") % {"count": count})
    return Check("worker", "down", visit.say("none is running; no mail is read or sent"))


def _jobs(visit: Visit, counts: Counts) -> Check:
    if counts.waiting_seconds > _LATE_SECONDS:
        return Check("jobs", "soon", visit.say("work waits longer than it should"))
    if counts.dead:
        return Check("jobs", "soon", visit.say("some work was given up"))
    return Check("jobs", "ok", visit.say("nothing waits too long"))


def _disk(visit: Visit) -> Check:
    folder = visit.machine.settings.data_dir.resolve()
    while not folder.exists():  # nothing was stored yet
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    left = usage.free / usage.total
    state = "down" if left < _NONE else "soon" if left < _LITTLE else "ok"
    return Check("disk", state, visit.say("%(percent)s %% free") % {"percent": round(left * 100)})


def _dead(visit: Visit, letter: DeadLetter) -> DeadJob:
    # Numbers only: what else a payload holds may be somebody's words.
    about = ", ".join(f"{name} {value}" for name, value in letter.payload.items() if isinstance(value, int))
    return DeadJob(letter.id, letter.kind, about, letter.attempts, fault(letter.error, visit.say), letter.created_at)
