"""Where posts stand, for programs: move, split, pass on, pin."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from parley.channels import queries as channels
from parley.posts import places, queries
from parley.posts.schemas import PostOut, post_out
from parley.posts.service import moving, passing, pinning
from parley.posts.service.words import client_uuid, ready
from parley.web.api import PROBLEMS, BodyId, Moment, known
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(prefix="/api/v1", tags=["posts"], responses=PROBLEMS)


class MoveIn(BaseModel):
    """Where a post goes."""

    model_config = ConfigDict(extra="forbid")

    channel_id: BodyId


class SplitIn(BaseModel):
    """Which comments get a post of their own, where, and what it says."""

    model_config = ConfigDict(extra="forbid")

    channel_id: BodyId
    comment_ids: list[BodyId] = Field(min_length=1, max_length=200)
    title: str = Field(default="", max_length=200)
    body: str = Field(default="", max_length=16_000)


class PassOnIn(BaseModel):
    """Where a card of a post is published, with words of one's own if it needs any."""

    model_config = ConfigDict(extra="forbid")

    channel_id: BodyId
    body: str = Field(default="", max_length=16_000)
    client_id: str | None = Field(default=None, max_length=36)


class PinOut(BaseModel):
    """A post at the head of its channel."""

    post_id: int
    author_id: int | None
    text: str
    created_at: Moment


class Pins(BaseModel):
    """The posts at the head of a channel, newest pin first; at most twenty."""

    items: list[PinOut]
    next: None = None


@router.put("/posts/{post_id}/channel")
async def move(post_id: Id, given: MoveIn, visit: Writer) -> PostOut:
    """Move a post to another channel; moderators of both may. It keeps its id and gets a new number."""
    async with visit.unit() as unit:
        await moving.move(unit, visit.actor, post_id, given.channel_id)
    return await _post(visit, post_id)


@router.post("/posts/{post_id}/split", status_code=201)
async def split(post_id: Id, given: SplitIn, visit: Writer) -> PostOut:
    """Give comments a post of their own; moderators of both channels may. The comments keep their ids."""
    await visit.limit("post")
    words = await ready(given.body, title=given.title)
    async with visit.unit() as unit:
        made = await moving.split(unit, visit.actor, post_id, given.channel_id, given.comment_ids, words)
        made_id = made.id or 0
    return await _post(visit, made_id)


@router.post("/posts/{post_id}/pass-on", status_code=201, responses=known(PostOut))
async def pass_on(post_id: Id, given: PassOnIn, visit: Writer, response: Response) -> PostOut:
    """Publish a card of a post in a further channel: 201, or 200 when the client id is known."""
    await visit.limit("post")
    words = await ready(given.body, required=False)
    client = client_uuid(given.client_id)
    async with visit.unit() as unit:
        made, new = await passing.pass_on(unit, visit.actor, post_id, given.channel_id, words, client)
        made_id = made.id or 0
    response.status_code = 201 if new else 200
    return await _post(visit, made_id)


@router.put("/posts/{post_id}/pin", status_code=204)
async def pin(post_id: Id, visit: Writer) -> None:
    """Put a post at the head of its channel."""
    async with visit.unit() as unit:
        await pinning.pin(unit, visit.actor, post_id, on=True)


@router.delete("/posts/{post_id}/pin", status_code=204)
async def unpin(post_id: Id, visit: Writer) -> None:
    """Take a post from the head of its channel."""
    async with visit.unit() as unit:
        await pinning.pin(unit, visit.actor, post_id, on=False)


@router.get("/channels/{channel_id}/pins")
async def pins(channel_id: Id, visit: Reader) -> Pins:
    """Return the posts at the head of a channel."""
    async with visit.reading() as session:
        await channels.get(session, visit.actor, channel_id)
        found = await places.pins(session, channel_id)
    return Pins(
        items=[
            PinOut(post_id=row.id, author_id=row.author.id if row.author else None, text=row.text, created_at=row.at)
            for row in found
        ]
    )


async def _post(visit: Visit, post_id: int) -> PostOut:
    async with visit.reading() as session:
        return await post_out(session, await queries.get(session, visit.actor, post_id))
