"""Verbs on notifications."""

from sqlalchemy import update
from sqlmodel import col

from parley.core.unit import Unit
from parley.events.notifications import NotificationsRead
from parley.models.notifications import Notification
from parley.policy.actor import Actor


async def read(unit: Unit, actor: Actor, ids: tuple[int, ...] | None = None) -> None:
    """Mark some of the actor's notifications as seen, or all; on all their devices."""
    statement = (
        update(Notification)
        .where(col(Notification.person_id) == actor.person_id, col(Notification.read_at).is_(None))
        .values(read_at=unit.now)
    )
    if ids is not None:
        statement = statement.where(col(Notification.id).in_(ids))
    await unit.session.execute(statement)
    await unit.emit(NotificationsRead(person_id=actor.person_id))


async def read_thing(unit: Unit, actor: Actor, **target: int) -> bool:
    """Mark what concerns one post or conversation as seen, because the person opened it; return whether any was new."""
    column = col(Notification.post_id) if "post_id" in target else col(Notification.conversation_id)
    result = await unit.session.execute(
        update(Notification)
        .where(
            col(Notification.person_id) == actor.person_id,
            col(Notification.read_at).is_(None),
            column == next(iter(target.values())),
        )
        .values(read_at=unit.now)
    )
    changed = bool(result.rowcount)  # type: ignore[attr-defined]  # a cursor result
    if changed:
        await unit.emit(NotificationsRead(person_id=actor.person_id))
    return changed
