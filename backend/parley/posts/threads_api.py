"""Threads for programs."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from parley.kit.paging import DEFAULT_LIMIT, encode_cursor
from parley.posts import threads
from parley.posts.service import following
from parley.posts.threads import ThreadRow
from parley.web.api import PROBLEMS, BodyId, Cursor, Limit, Moment, place
from parley.web.visit import MAX_ID, Id, Reader, Writer

router = APIRouter(prefix="/api/v1", tags=["threads"], responses=PROBLEMS)


class ThreadOut(BaseModel):
    """A followed thread: where it is, what is unread in it, its first unread word or its last."""

    id: int
    url: str
    title: str
    channel_id: int | None
    unread: int
    mentions: int
    first_unread_id: int | None
    text: str
    at: Moment | None
    resolved: bool


class Threads(BaseModel):
    """A part of the followed threads, the newest word first, and how many hold something unread."""

    items: list[ThreadOut]
    next: str | None
    unread: int


class ThreadReadIn(BaseModel):
    """Up to which comment a thread is read."""

    model_config = ConfigDict(extra="forbid")

    comment_id: BodyId


@router.get("/threads")
async def listing(visit: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, unread: bool = False) -> Threads:
    """Return the threads that the caller follows; with `unread` those alone that hold something unread."""
    async with visit.reading() as session:
        rows, more = await threads.followed(
            session, visit.actor, only_unread=unread, before=place(cursor, MAX_ID), limit=limit
        )
        count = await threads.count_unread(session, visit.actor)
    return Threads(items=[_out(row) for row in rows], next=encode_cursor(more) if more else None, unread=count)


@router.put("/threads/{thread_id}/follow", status_code=204)
async def follow(thread_id: Id, visit: Writer) -> None:
    """Follow a thread from now on."""
    async with visit.unit() as unit:
        await following.follow(unit, visit.actor, thread_id, on=True)


@router.delete("/threads/{thread_id}/follow", status_code=204)
async def let_go(thread_id: Id, visit: Writer) -> None:
    """Let go of a thread: no mention takes that back."""
    async with visit.unit() as unit:
        await following.follow(unit, visit.actor, thread_id, on=False)


@router.post("/threads/{thread_id}/read", status_code=204)
async def read(thread_id: Id, given: ThreadReadIn, visit: Writer) -> None:
    """Mark a thread as read up to a comment."""
    async with visit.unit() as unit:
        await following.find(unit, visit.actor, thread_id)
        await following.read(unit, visit.actor.person_id, thread_id, given.comment_id)


@router.post("/comments/{comment_id}/unread-from", status_code=204)
async def unread_from(comment_id: Id, visit: Writer) -> None:
    """Make a comment and all after it unread again."""
    async with visit.unit() as unit:
        await following.unread_from(unit, visit.actor, comment_id)


@router.put("/threads/{thread_id}/resolved", status_code=204)
async def resolve(thread_id: Id, visit: Writer) -> None:
    """Call a thread settled."""
    async with visit.unit() as unit:
        await following.resolve(unit, visit.actor, thread_id, on=True)


@router.delete("/threads/{thread_id}/resolved", status_code=204)
async def reopen(thread_id: Id, visit: Writer) -> None:
    """Open a settled thread again."""
    async with visit.unit() as unit:
        await following.resolve(unit, visit.actor, thread_id, on=False)


def _out(row: ThreadRow) -> ThreadOut:
    return ThreadOut(
        id=row.id,
        url=row.url,
        title=row.title,
        channel_id=row.channel.id if row.channel else None,
        unread=row.unread,
        mentions=row.mentions,
        first_unread_id=row.first_id,
        text=row.text,
        at=row.at,
        resolved=row.resolved,
    )
