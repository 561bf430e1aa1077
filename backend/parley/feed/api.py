"""Feeds and counts for programs."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from parley.channels import queries as channels
from parley.channels import unread as counting
from parley.channels.service import reading
from parley.feed import queries
from parley.kit.paging import DEFAULT_LIMIT, encode_cursor
from parley.posts import showing
from parley.posts.api import Posts
from parley.web.api import PROBLEMS, Cursor, Limit, place
from parley.web.visit import MAX_ID, Id, Reader, Writer

router = APIRouter(prefix="/api/v1", tags=["feeds"], responses=PROBLEMS)


class ChannelUnread(BaseModel):
    """What a person has not read in one channel."""

    channel_id: int
    unread: int
    mentions: int
    read_number: int
    last_number: int


class Unread(BaseModel):
    """All joined channels with their counts."""

    items: list[ChannelUnread]
    total: int


class ReadIn(BaseModel):
    """Up to which post a channel is read."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=0, le=MAX_ID)


@router.get("/feed/home", response_model=Posts)
async def home(
    visit: Reader,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    filter: Annotated[str, Query(max_length=20)] = "all",  # noqa: A002  (the address says filter)
) -> Response:
    """Return the posts of Home, newest first."""
    before = place(cursor, MAX_ID)
    async with visit.reading() as session:
        found = await queries.home(
            session,
            visit.actor,
            await queries.follows(session, visit.actor),
            kind=filter if filter in queries.FILTERS else "all",
            before=before,
            limit=limit,
        )
        items = await showing.answers(session, visit, found.marks)
    # Each post was validated when it was put on the shelf; to validate fifty again would cost more than to find them.
    following = orjson.dumps(encode_cursor(found.older) if found.older else None)
    return Response(b'{"items":[%b],"next":%b}' % (b",".join(items), following), media_type="application/json")


@router.get("/unread")
async def unread(visit: Reader) -> Unread:
    """Return the counts of all joined channels."""
    async with visit.reading() as session:
        rows = await counting.unread(session, visit.actor)
    items = [
        ChannelUnread(
            channel_id=row.channel_id,
            unread=row.count,
            mentions=row.mentions,
            read_number=row.read_number,
            last_number=row.last_number,
        )
        for row in rows
    ]
    return Unread(items=items, total=counting.total(rows))


@router.post("/channels/{channel_id}/read", status_code=204)
async def read(channel_id: Id, given: ReadIn, visit: Writer) -> None:
    """Mark a channel as read up to a post's number."""
    async with visit.unit() as unit:
        channel = await channels.get(unit.session, visit.actor, channel_id)
        await reading.read(unit, channel, visit.actor.person_id, given.number)
