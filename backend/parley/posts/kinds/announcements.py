"""Announcements: acknowledged by each of those they were published to; who is missing is reminded, nobody else."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlmodel import col

from parley.core import jobs
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.kinds import AnnouncementAcknowledged, PostMarked
from parley.kit.errors import Conflict, Forbidden
from parley.models.identity import Person
from parley.models.kinds import Addressee, Announcement
from parley.policy import kinds as policy
from parley.policy.actor import Actor
from parley.posts.kinds.finding import Found, of_kind

REMIND = "kinds.remind"
UNDO = timedelta(minutes=5)
PATIENCE = timedelta(hours=12)
_addressee = metadata.tables["addressee"]


async def acknowledge(unit: Unit, actor: Actor, post_id: int) -> None:
    """Note that `actor` has read an announcement; twice is once. Who joined later is noted apart.

    Raises `Forbidden` for its author, and for those it was not published to who are no members either.
    """
    found = await of_kind(unit, actor, post_id, "announcement")
    done = await unit.session.execute(
        update(Addressee)
        .where(*_mine(actor, post_id), col(Addressee.acknowledged_at).is_(None))
        .values(acknowledged_at=unit.now)
        .returning(col(Addressee.later))
    )
    row = done.first()
    if row is None and not await _joined_later(unit, actor, found):
        return
    await _tell(unit, actor, found, 1 if row is not None and not row.later else 0)


async def take_back(unit: Unit, actor: Actor, post_id: int) -> None:
    """Undo one's own acknowledgement, as long as it is fresh; later it is a proof and stays."""
    found = await of_kind(unit, actor, post_id, "announcement")
    known = (
        await unit.session.execute(select(Addressee).where(*_mine(actor, post_id)).with_for_update())
    ).scalar_one_or_none()
    if known is None or known.acknowledged_at is None:
        return
    if unit.now - known.acknowledged_at > UNDO:
        raise Conflict("You acknowledged this a while ago. It stays on record.", code="too_late")
    if known.later:
        await unit.session.execute(delete(Addressee).where(*_mine(actor, post_id)))
    else:
        known.acknowledged_at = None
        unit.session.add(known)
    await _tell(unit, actor, found, 0 if known.later else -1)


async def remind(unit: Unit, actor: Actor, post_id: int) -> int:
    """Have those who are missing reminded, and return how many they are; at most twice a day."""
    found = await of_kind(unit, actor, post_id, "announcement")
    policy.may_follow_up(actor, found.post.author_id, found.mine)
    row = (
        await unit.session.execute(select(Announcement).where(col(Announcement.post_id) == post_id).with_for_update())
    ).scalar_one_or_none()
    count = await missing(unit, post_id)
    if row is None or not count:
        raise Conflict("Nobody is missing.", code="nobody_missing")
    if row.reminded_at is not None and unit.now - row.reminded_at < PATIENCE:
        raise Conflict("They were reminded less than twelve hours ago. Give them a little time.", code="too_soon")
    row.reminded_at = unit.now
    unit.session.add(row)
    await call(unit, post_id, by_id=actor.person_id)
    return count


async def call(unit: Unit, post_id: int, by_id: int | None) -> None:
    """Enqueue the reminder of those who are missing."""
    wave = unit.now.strftime("%Y%m%d%H%M")
    await jobs.enqueue(
        unit.session, REMIND, {"post_id": post_id, "wave": wave, "by_id": by_id}, key=f"{post_id}:{wave}"
    )


async def missing(unit: Unit, post_id: int) -> int:
    """Count those who were asked, are still here, and have not acknowledged."""
    rows = await unit.session.execute(
        select(func.count())
        .select_from(Addressee)
        .join(Person, col(Person.id) == Addressee.person_id)
        .where(col(Addressee.post_id) == post_id, col(Addressee.acknowledged_at).is_(None), col(Person.active))
    )
    return int(rows.scalar_one())


def _mine(actor: Actor, post_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Addressee.post_id) == post_id, col(Addressee.person_id) == actor.person_id


async def _joined_later(unit: Unit, actor: Actor, found: Found) -> bool:
    """Note somebody who was not asked; return whether that is new."""
    asked = await unit.session.execute(select(exists().where(*_mine(actor, found.post_id))))
    if asked.scalar_one():
        return False
    if found.post.author_id == actor.person_id or found.mine is None:
        raise Forbidden("This was not published to you.", code="not_asked")
    new = upsert(unit.session, _addressee).values(
        post_id=found.post_id, person_id=actor.person_id, later=True, acknowledged_at=unit.now
    )
    stored = await unit.session.execute(new.on_conflict_do_nothing().returning(_addressee.c.post_id))
    return stored.first() is not None


async def _tell(unit: Unit, actor: Actor, found: Found, step: int) -> None:
    if step:
        await unit.session.execute(
            update(Announcement)
            .where(col(Announcement.post_id) == found.post_id)
            .values(acknowledged=col(Announcement.acknowledged) + step)
        )
        await unit.emit(AnnouncementAcknowledged(channel_id=found.post.channel_id, post_id=found.post_id))
    await unit.emit(PostMarked(person_id=actor.person_id, post_id=found.post_id))
