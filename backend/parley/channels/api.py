"""Channels and members for programs."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries
from parley.channels.service import lifecycle, membership
from parley.kit.errors import NotFound
from parley.kit.paging import DEFAULT_LIMIT, encode_cursor
from parley.models.channels import Channel
from parley.people.queries import cards
from parley.policy import channels as policy
from parley.policy.actor import Actor
from parley.web.api import PROBLEMS, BodyId, Cursor, Limit, Moment, place
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(prefix="/api/v1", tags=["channels"], responses=PROBLEMS)


class ChannelOut(BaseModel):
    """A channel."""

    id: int
    name: str
    kind: str
    purpose: str
    archived: bool
    last_number: int
    member_count: int
    joined: bool
    created_at: Moment


class Channels(BaseModel):
    """A part of the channels."""

    items: list[ChannelOut]
    next: str | None


class ChannelIn(BaseModel):
    """A channel to make; a direct one is given by `members` and has no name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=200)
    kind: Literal["open", "private", "announcement", "direct"] = "open"
    purpose: str = Field(default="", max_length=1000)
    members: list[BodyId] = Field(default=[], max_length=8)


class ChannelChange(BaseModel):
    """What of a channel shall change."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200)
    purpose: str | None = Field(default=None, max_length=1000)
    kind: Literal["open", "private", "announcement"] | None = None
    archived: bool | None = None


class MemberOut(BaseModel):
    """A member of a channel."""

    person_id: int
    handle: str
    name: str
    role: str
    since: Moment


class Members(BaseModel):
    """A part of a channel's members."""

    items: list[MemberOut]
    next: str | None


class MemberIn(BaseModel):
    """The role of a new or present member; without one who is in already keeps theirs."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["owner", "moderator", "member"] | None = None


@router.get("/channels")
async def list_channels(visit: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Channels:
    """Return the channels that the caller may read."""
    statement = policy.readable(visit.actor).where(col(Channel.id) > place(cursor, 0)).order_by(col(Channel.id))
    async with visit.reading() as session:
        rows = (await session.execute(statement.limit(limit + 1))).scalars().all()
        items = await _outs(session, visit.actor, rows[:limit])
    return Channels(items=items, next=encode_cursor(items[-1].id) if len(rows) > limit else None)


@router.post("/channels", status_code=201)
async def create(given: ChannelIn, visit: Writer) -> ChannelOut:
    """Make a channel; the same persons always get the same direct one."""
    async with visit.unit() as unit:
        if given.kind == "direct":
            channel = await lifecycle.direct(unit, visit.actor, set(given.members))
        else:
            channel = await lifecycle.create(unit, visit.actor, name=given.name, kind=given.kind, purpose=given.purpose)
    return await _one(visit, channel.id or 0)


@router.get("/channels/{channel_id}")
async def read(channel_id: Id, visit: Reader) -> ChannelOut:
    """Return one channel."""
    return await _one(visit, channel_id)


@router.patch("/channels/{channel_id}")
async def change(channel_id: Id, given: ChannelChange, visit: Writer) -> ChannelOut:
    """Change what is given."""
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        await lifecycle.change(unit, visit.actor, channel, **given.model_dump())
    return await _one(visit, channel_id)


@router.get("/channels/{channel_id}/members")
async def members(channel_id: Id, visit: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Members:
    """Return the present members, owners first."""
    offset = place(cursor, 0)
    async with visit.reading() as session:
        await queries.get(session, visit.actor, channel_id)
        rows = await queries.members(session, channel_id, offset=offset, limit=limit)
    items = [
        MemberOut(
            person_id=row.person.id, handle=row.person.handle, name=row.person.name, role=row.role, since=row.since
        )
        for row in rows[:limit]
    ]
    return Members(items=items, next=encode_cursor(offset + limit) if len(rows) > limit else None)


@router.put("/channels/{channel_id}/members/{person_id}")
async def add_member(channel_id: Id, person_id: Id, visit: Writer, given: MemberIn | None = None) -> MemberOut:
    """Let somebody in (oneself into an open channel), or give a member another role."""
    await visit.limit("invite")
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        if person_id == visit.actor.person_id and given is None:
            await membership.join(unit, visit.actor, channel)
        else:
            await membership.add(unit, visit.actor, channel, person_id, given.role if given else None)
    return await _member(visit, channel_id, person_id)


@router.get("/channels/{channel_id}/members/{person_id}")
async def member(channel_id: Id, person_id: Id, visit: Reader) -> MemberOut:
    """Return one member."""
    return await _member(visit, channel_id, person_id)


@router.delete("/channels/{channel_id}/members/{person_id}", status_code=204)
async def remove_member(channel_id: Id, person_id: Id, visit: Writer) -> None:
    """End a membership."""
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        await membership.remove(unit, visit.actor, channel, person_id)


async def _member(visit: Visit, channel_id: int, person_id: int) -> MemberOut:
    async with visit.reading() as session:
        await queries.get(session, visit.actor, channel_id)
        found = await membership.of(session, channel_id, person_id)
        people = await cards(session, [person_id])
    if found is None or person_id not in people:
        raise NotFound
    card = people[person_id]
    return MemberOut(person_id=card.id, handle=card.handle, name=card.name, role=found.role, since=found.since)


async def _one(visit: Visit, channel_id: int) -> ChannelOut:
    async with visit.reading() as session:
        return (await _outs(session, visit.actor, [await queries.get(session, visit.actor, channel_id)]))[0]


async def _outs(session: AsyncSession, actor: Actor, channels: Sequence[Channel]) -> list[ChannelOut]:
    refs = await queries.refs(session, actor, channels)
    counts = await queries.member_counts(session, list(refs))
    mine = await queries.joined(session, actor, list(refs))
    return [
        ChannelOut(
            id=channel.id,
            name=refs[channel.id].name,
            kind=channel.kind,
            purpose=channel.purpose,
            archived=channel.archived_at is not None,
            last_number=channel.last_number,
            member_count=counts.get(channel.id, 0),
            joined=channel.id in mine,
            created_at=channel.created_at,
        )
        for channel in channels
        if channel.id is not None
    ]
