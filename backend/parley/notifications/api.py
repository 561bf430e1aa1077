"""Notifications for programs."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlmodel import col

from parley.kit.paging import DEFAULT_LIMIT, encode_cursor
from parley.models.notifications import Notification
from parley.notifications import queries, service
from parley.policy.threads import notices
from parley.web.api import PROBLEMS, BodyId, Cursor, Limit, Moment, place
from parley.web.visit import MAX_ID, Reader, Writer

router = APIRouter(prefix="/api/v1", tags=["notifications"], responses=PROBLEMS)


class NotificationOut(BaseModel):
    """One thing that concerns the caller."""

    id: int
    kind: str
    actor_id: int | None
    post_id: int | None
    comment_id: int | None
    conversation_id: int | None
    created_at: Moment
    read: bool


class Notifications(BaseModel):
    """A part of the list, newest first, with the count of all that is unread."""

    items: list[NotificationOut]
    next: str | None
    unread: int


class ReadIn(BaseModel):
    """Which notifications were seen; all when nothing is given."""

    model_config = ConfigDict(extra="forbid")

    ids: list[BodyId] | None = Field(default=None, max_length=200)


@router.get("/notifications")
async def listing(visit: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Notifications:
    """Return what concerns the caller."""
    before = place(cursor, MAX_ID)
    async with visit.reading() as session:
        rows = (
            (
                await session.execute(
                    select(Notification)
                    .where(notices(visit.actor), col(Notification.id) < before)
                    .order_by(col(Notification.id).desc())
                    .limit(limit + 1)
                )
            )
            .scalars()
            .all()
        )
        count = await queries.unread(session, visit.actor)
    items = [
        NotificationOut(
            id=row.id or 0,
            kind=row.kind,
            actor_id=row.actor_id,
            post_id=row.post_id,
            comment_id=row.comment_id,
            conversation_id=row.conversation_id,
            created_at=row.created_at,
            read=row.read_at is not None,
        )
        for row in rows[:limit]
    ]
    return Notifications(items=items, next=encode_cursor(items[-1].id) if len(rows) > limit else None, unread=count)


@router.post("/notifications/read", status_code=204)
async def read(visit: Writer, given: ReadIn | None = None) -> None:
    """Mark notifications as seen."""
    async with visit.unit() as unit:
        await service.read(unit, visit.actor, tuple(given.ids) if given and given.ids is not None else None)
