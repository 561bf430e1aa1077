"""The jobs of this domain: publishing what waited for its time, fetching what links lead to."""

from parley.core import jobs, log
from parley.core.jobs import Job
from parley.core.machine import Machine
from parley.kit import clock
from parley.kit.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, Problem
from parley.models.writing import ScheduledPost
from parley.posts.service import scheduling
from parley.posts.service.words import ready

_REFUSALS = (Forbidden, NotFound, Invalid, Conflict, NotSignedIn)
GONE = "The channel is not there for you any more."
logger = log.get("posts")


async def publish_due(machine: Machine, job: Job) -> None:
    """Publish everything whose time has come, in the order of the times, and wait for the next."""
    while True:
        async with machine.database.reading() as session:
            row = await scheduling.next_due(session)
        if row is None or row.due_at > clock.now():
            break
        await _publish(machine, job, row)
    async with machine.units.begin() as unit:
        await job.complete(unit.session)
        row = await scheduling.next_due(unit.session)
        if row is not None:
            await jobs.enqueue(unit.session, scheduling.JOB, {}, run_at=row.due_at, key="due")


async def _publish(machine: Machine, job: Job, waiting: ScheduledPost) -> None:
    """Publish one, or give it back with the reason; what fails for want of the machine is tried again as a whole."""
    waiting_id = waiting.id or 0
    try:
        words = await ready(waiting.body, title=waiting.title, kind=waiting.kind, files=tuple(waiting.file_ids))
        async with machine.units.begin() as unit:
            await job.hold(unit.session)
            row = await unit.session.get(ScheduledPost, waiting_id, with_for_update=True)
            if row is None or row.due_at > unit.now or (row.title, row.body) != (waiting.title, waiting.body):
                return  # cancelled, sent or changed meanwhile
            actor = await scheduling.author(unit.session, row.person_id)
            if actor is None:
                await unit.session.delete(row)
                return
            await scheduling.publish(unit, actor, row, words)
    except _REFUSALS as refusal:
        logger.info("post_not_published", scheduled=waiting_id, reason=refusal.code)
        async with machine.units.begin() as unit:
            await job.hold(unit.session)
            await scheduling.refuse(unit, waiting_id, _reason(refusal))


def _reason(refusal: Problem) -> str:
    if isinstance(refusal, NotFound):
        return GONE
    return next(iter(refusal.fields.values()), refusal.sentence)
