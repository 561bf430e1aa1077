"""Channels and members for programs."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries
from parley.channels.service import feeding, lifecycle, membership
from parley.kit.errors import NotFound
from parley.kit.paging import DEFAULT_LIMIT, encode_cursor
from parley.models.channels import Channel
from parley.people.queries import cards, team_name
from parley.policy import channels as policy
from parley.policy.actor import Actor
from parley.web.api import PROBLEMS, BodyId, Cursor, Limit, Moment, place
from parley.web.visit import Id, Reader, Visit, Writer

Kind = Literal["open", "private", "announcement"]
Who = Literal["members", "moderators", "owners"]
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
    who_posts: str
    who_comments: str
    who_invites: str
    default: bool


class Channels(BaseModel):
    """A part of the channels."""

    items: list[ChannelOut]
    next: str | None


class ChannelIn(BaseModel):
    """A channel to make; a direct one is given by `members` and has no name, any other begins with them."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=200)
    kind: Literal["open", "private", "announcement", "direct"] = "open"
    purpose: str = Field(default="", max_length=1000)
    members: list[BodyId] = Field(default=[], max_length=100)
    who_posts: Who | None = None
    who_comments: Literal["everybody", "members", "moderators", "owners"] | None = None
    who_invites: Who | None = None


class ChannelChange(BaseModel):
    """What of a channel shall change; `default` (newcomers find themselves in it) is a moderator's or IT admin's."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200)
    purpose: str | None = Field(default=None, max_length=1000)
    kind: Literal["open", "private", "announcement"] | None = None
    who_posts: Who | None = None
    who_comments: Literal["everybody", "members", "moderators", "owners"] | None = None
    who_invites: Who | None = None
    archived: bool | None = None
    default: bool | None = None


class MemberOut(BaseModel):
    """A member of a channel."""

    person_id: int
    handle: str
    name: str
    role: str
    since: Moment
    through: str
    """The team that brought them; empty for who is there on their own."""


class Follow(BaseModel):
    """How closely the caller follows a channel."""

    model_config = ConfigDict(extra="forbid")

    level: Literal["all", "mentions", "mute"]


class Effect(BaseModel):
    """What another kind would mean: `colleagues` more (or, `closes`, fewer) read `posts`."""

    kind: str
    posts: int
    colleagues: int
    members: int
    closes: bool


class PrivateIn(BaseModel):
    """The name under which a direct channel becomes a private one."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)


class Feed(BaseModel):
    """A team that feeds a channel."""

    team_id: int
    name: str


class Feeds(BaseModel):
    """The teams that feed a channel."""

    items: list[Feed]


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
            channel = await lifecycle.create(unit, visit.actor, **given.model_dump(exclude={"members"}))
            for person_id in given.members:
                await membership.add(unit, visit.actor, channel, person_id)
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
        if given.model_fields_set - {"default"} or given.default is None:
            await lifecycle.change(unit, visit.actor, channel, **given.model_dump(exclude={"default"}))
        if given.default is not None:
            await lifecycle.set_default(unit, visit.actor, channel, on=given.default)
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
            person_id=row.person.id,
            handle=row.person.handle,
            name=row.person.name,
            role=row.role,
            since=row.since,
            through=row.from_group,
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


@router.get("/channels/{channel_id}/kinds/{kind}")
async def effect(channel_id: Id, kind: Kind, visit: Reader) -> Effect:
    """Return what making the channel a `kind` would mean; only for those who may."""
    async with visit.reading() as session:
        channel = await queries.get(session, visit.actor, channel_id)
        policy.may_manage(visit.actor, channel, await membership.of(session, channel_id, visit.actor.person_id))
        found = await queries.kind_effect(session, channel, kind)
        count = (await queries.member_counts(session, [channel_id])).get(channel_id, 0)
    if found is None:
        return Effect(kind=kind, posts=0, colleagues=0, members=count, closes=False)
    return Effect(kind=kind, posts=found.posts, colleagues=found.colleagues, members=found.members, closes=found.closes)


@router.put("/channels/{channel_id}/follow", status_code=204)
async def follow(channel_id: Id, given: Follow, visit: Writer) -> None:
    """Set how closely the caller follows a channel."""
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        await membership.follow(unit, visit.actor, channel, given.level)


@router.get("/channels/{channel_id}/teams")
async def list_feeds(channel_id: Id, visit: Reader) -> Feeds:
    """Return the teams that feed a channel."""
    async with visit.reading() as session:
        await queries.get(session, visit.actor, channel_id)
        found = await queries.feeds(session, channel_id)
    return Feeds(items=[Feed(team_id=team_id, name=name) for team_id, name in found])


@router.put("/channels/{channel_id}/teams/{team_id}", status_code=204)
async def feed(channel_id: Id, team_id: Id, visit: Writer) -> None:
    """Let everybody of a team be a member, now and from now on."""
    await visit.limit("invite")
    async with visit.unit() as unit:
        await feeding.feed(unit, visit.actor, await queries.get(unit.session, visit.actor, channel_id), team_id)


@router.delete("/channels/{channel_id}/teams/{team_id}", status_code=204)
async def unfeed(channel_id: Id, team_id: Id, visit: Writer) -> None:
    """Let a team feed the channel no more."""
    async with visit.unit() as unit:
        await feeding.unfeed(unit, visit.actor, await queries.get(unit.session, visit.actor, channel_id), team_id)


@router.post("/channels/{channel_id}/private")
async def make_private(channel_id: Id, given: PrivateIn, visit: Writer) -> ChannelOut:
    """Turn a direct channel of three or more into a private one."""
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        await lifecycle.make_private(unit, visit.actor, channel, given.name)
    return await _one(visit, channel_id)


async def _member(visit: Visit, channel_id: int, person_id: int) -> MemberOut:
    async with visit.reading() as session:
        await queries.get(session, visit.actor, channel_id)
        found = await membership.of(session, channel_id, person_id)
        people = await cards(session, [person_id])
        team = await team_name(session, found.team_id) if found else ""
    if found is None or person_id not in people:
        raise NotFound
    card = people[person_id]
    return MemberOut(
        person_id=card.id, handle=card.handle, name=card.name, role=found.role, since=found.since, through=team
    )


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
            who_posts=channel.who_posts,
            who_comments=channel.who_comments,
            who_invites=channel.who_invites,
            default=channel.is_default,
        )
        for channel in channels
        if channel.id is not None
    ]
