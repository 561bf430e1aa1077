"""What happens by itself: polls close at their time, events and announcements that are due remind those they concern."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from parley.core.jobs import Job
from parley.core.machine import Machine
from parley.core.runner import Handler
from parley.core.schedules import Schedule
from parley.core.unit import Unit
from parley.events.kinds import AcknowledgementMissed, EventNear, PollClosed
from parley.models.channels import Channel
from parley.models.identity import Person
from parley.models.kinds import Addressee, Announcement, Occasion, Poll
from parley.models.posts import Post
from parley.posts.kinds import announcements, store

TICK = "kinds.tick"
DAY_BEFORE = timedelta(days=1)
BATCH = 200
"""So many at once, so that others may write between."""


async def tick(machine: Machine, job: Job) -> None:
    """Do what has become due, also what did while nobody ran; each of it once."""
    async with machine.units.begin() as unit:
        await job.hold(unit.session)
        await close_polls(unit)
        await near_events(unit)
        await due_announcements(unit)


async def close_polls(unit: Unit) -> None:
    """Close the polls whose time has come, and tell the pages that show them."""
    rows = await unit.session.execute(
        select(Poll, col(Post.channel_id))
        .join(Post, col(Post.id) == Poll.post_id)
        .where(col(Poll.closes_at) <= unit.now, col(Poll.closed_at).is_(None))
        .order_by(col(Poll.post_id))
        .limit(BATCH)
    )
    for poll, channel_id in rows.all():
        poll.closed_at = poll.closes_at
        unit.session.add(poll)
        await unit.emit(PollClosed(channel_id=channel_id, post_id=poll.post_id))


async def near_events(unit: Unit) -> None:
    """Remind those who come of events that begin soon; of one that began while nobody ran, as long as it lasts."""
    rows = await unit.session.execute(
        select(Occasion, col(Post.removed_at))
        .join(Post, col(Post.id) == Occasion.post_id)
        .where(col(Occasion.starts_at) <= unit.now + store.NOTICE, col(Occasion.reminded_at).is_(None))
        .order_by(col(Occasion.starts_at))
        .limit(BATCH)
    )
    for occasion, removed_at in rows.all():
        occasion.reminded_at = unit.now
        unit.session.add(occasion)
        people = await store.coming(unit, occasion.post_id)
        if removed_at is None and occasion.ends_at > unit.now and people:
            await unit.emit(
                EventNear(
                    post_id=occasion.post_id, sequence=occasion.sequence, by_id=None, moved=False, person_ids=people
                )
            )


async def due_announcements(unit: Unit) -> None:
    """Remind those who are missing, the day before an announcement is to be acknowledged."""
    rows = await unit.session.execute(
        select(Announcement, col(Post.removed_at), col(Channel.archived_at))
        .join(Post, col(Post.id) == Announcement.post_id)
        .join(Channel, col(Channel.id) == Post.channel_id)
        .where(col(Announcement.due_at) <= unit.now + DAY_BEFORE, col(Announcement.called_at).is_(None))
        .order_by(col(Announcement.due_at))
        .limit(BATCH)
    )
    for row, removed_at, archived_at in rows.all():
        row.called_at = unit.now
        unit.session.add(row)
        overdue = row.due_at is not None and row.due_at <= unit.now
        if removed_at is None and archived_at is None and not overdue:
            await announcements.call(unit, row.post_id, by_id=None)


async def remind(machine: Machine, job: Job) -> None:
    """Remind those who have not acknowledged an announcement by now, some at a time."""
    post_id, wave, by_id = int(job.payload["post_id"]), str(job.payload["wave"]), job.payload["by_id"]
    last = 0
    while True:
        async with machine.units.begin() as unit:
            await job.hold(unit.session)
            rows = await unit.session.execute(
                select(col(Addressee.person_id))
                .join(Person, col(Person.id) == Addressee.person_id)
                .join(Post, col(Post.id) == Addressee.post_id)
                .where(
                    col(Addressee.post_id) == post_id,
                    col(Addressee.person_id) > last,
                    col(Addressee.acknowledged_at).is_(None),
                    col(Person.active),
                    col(Post.removed_at).is_(None),
                )
                .order_by(col(Addressee.person_id))
                .limit(BATCH)
            )
            people = tuple(rows.scalars())
            if not people:
                return
            last = people[-1]
            await unit.emit(AcknowledgementMissed(post_id=post_id, wave=wave, by_id=by_id, person_ids=people))


HANDLERS: Mapping[str, Handler] = {TICK: tick, announcements.REMIND: remind}
SCHEDULES = (Schedule(TICK, every=timedelta(minutes=1)),)
