"""Surfacing: a conversation's place in a channel. It widens who may read it, and says so before."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select, true
from sqlalchemy.sql import ColumnElement
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.service import membership
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.rows import first, key, one
from parley.customers.service import acts
from parley.events.posts import PostRemoved, PostRestored
from parley.kit.errors import Conflict, Forbidden, NotFound
from parley.models.channels import Channel, Membership
from parley.models.customers import Conversation, Surfacing
from parley.models.identity import Person
from parley.models.posts import Comment, Post
from parley.policy import channels as channel_policy
from parley.policy import customers as policy
from parley.policy.actor import Actor
from parley.posts.service import publishing
from parley.posts.service.words import OtherContent, Words, readers_of, settle

_surfacing = metadata.tables["surfacing"]


class Restricted(Conflict):
    """409: a restricted conversation is not shown to more people."""

    code = "restricted"
    sentence = "This conversation is restricted. Lift that first to show it to more colleagues."


@dataclass(frozen=True, slots=True)
class Effect:
    """What surfacing would do: so many more colleagues would read so many comments."""

    more_readers: int
    comments: int
    already: bool


async def effect(session: AsyncSession, actor: Actor, conversation_id: int, channel_id: int) -> Effect:
    """Say beforehand how many more colleagues would read the conversation and its discussion."""
    conversation = await first(session, policy.readable(actor).where(col(Conversation.id) == conversation_id))
    if conversation is None:
        raise NotFound
    channel = await channels.get(session, actor, channel_id)
    already = (
        await session.execute(
            select(col(Surfacing.id)).where(
                col(Surfacing.conversation_id) == conversation_id,
                col(Surfacing.channel_id) == channel_id,
                col(Surfacing.removed_at).is_(None),
            )
        )
    ).first() is not None
    more = await session.execute(
        select(func.count())
        .select_from(Person)
        .where(col(Person.active), ~policy.is_guest(), _in_channel(channel), ~policy.reads(conversation))
    )
    comments = await session.execute(
        select(func.count())
        .select_from(Comment)
        .where(col(Comment.thread_id) == conversation.thread_id, col(Comment.removed_at).is_(None))
    )
    return Effect(more.scalar_one(), comments.scalar_one(), already)


async def surface(
    unit: Unit,
    actor: Actor,
    conversation_id: int,
    channel_id: int,
    words: Words | None = None,
    client_id: str | None = None,
) -> tuple[Surfacing, bool]:
    """Show the conversation in a channel, with a colleague's own words if there are any.

    Returns the surfacing and whether it is new; a conversation has one place in a channel.
    """
    conversation = await acts.find(unit, actor, conversation_id)
    policy.may_act(actor)
    channel = await channels.get(unit.session, actor, channel_id)
    channel_policy.may_post(actor, channel, await membership.of(unit.session, channel_id, actor.person_id))
    known = await _known(unit, conversation_id, channel_id)
    if known is not None and known.removed_at is None:
        if client_id is not None and words is not None and known.person_id == actor.person_id:
            await _same(unit, known, words, client_id)
        return known, False
    if conversation.state == "spam":
        raise Forbidden("This is marked as spam. Take the mark away to answer it.", code="spam")
    if conversation.restricted:
        raise Restricted
    html = (await settle(unit, words, await readers_of(unit, channel, words.named)))[0] if words and words.body else ""
    post = await publishing.surface(
        unit,
        channel_id=channel_id,
        thread_id=conversation.thread_id,
        author_id=actor.person_id,
        body=words.body if words else "",
        body_html=html,
        client_id=client_id,
    )
    surfacing = await place(unit, conversation, channel_id, key(post), person_id=actor.person_id, known=known)
    await acts.record(unit, conversation_id, "surfaced", actor.person_id, channel_id=channel_id)
    return surfacing, True


async def place(
    unit: Unit,
    conversation: Conversation,
    channel_id: int,
    post_id: int,
    *,
    person_id: int | None = None,
    stream_id: int | None = None,
    known: Surfacing | None = None,
) -> Surfacing:
    """Store the surfacing that a post has just been published for; `known` is an earlier one whose post was removed."""
    if known is not None:
        known.post_id, known.person_id, known.stream_id = post_id, person_id, stream_id
        known.surfaced_at, known.removed_at = unit.now, None
        unit.session.add(known)
        await unit.session.flush()
        return known
    new = upsert(unit.session, _surfacing).values(
        conversation_id=key(conversation),
        channel_id=channel_id,
        post_id=post_id,
        person_id=person_id,
        stream_id=stream_id,
        surfaced_at=unit.now,
    )
    stored = await unit.session.execute(
        new.on_conflict_do_nothing(index_elements=["conversation_id", "channel_id"]).returning(_surfacing.c.id)
    )
    surfacing_id = stored.scalar_one_or_none()
    if surfacing_id is None:  # the conversation's row is held, so this is a caller who did not
        raise Conflict
    return await one(unit.session, select(Surfacing).where(col(Surfacing.id) == surfacing_id))


async def post_removed(unit: Unit, event: PostRemoved) -> None:
    """While its post is removed, a surfacing lets nobody read the conversation."""
    await _set_removed(unit, event.post_id, removed=True)


async def post_restored(unit: Unit, event: PostRestored) -> None:
    """The removal of the post was undone."""
    await _set_removed(unit, event.post_id, removed=False)


async def _set_removed(unit: Unit, post_id: int, *, removed: bool) -> None:
    surfacing = await first(unit.session, select(Surfacing).where(col(Surfacing.post_id) == post_id))
    if surfacing is None:
        if not removed and (await unit.session.get_one(Post, post_id)).kind == "conversation":
            raise Conflict  # it was surfaced anew since: a second place would stand when that one is removed
        return
    surfacing.removed_at = unit.now if removed else None
    unit.session.add(surfacing)
    await acts.record(
        unit,
        surfacing.conversation_id,
        "unsurfaced" if removed else "surfaced",
        None,
        also=(surfacing.channel_id,),
        channel_id=surfacing.channel_id,
    )
    if removed:
        acts.recheck(unit, surfacing.conversation_id)


async def _known(unit: Unit, conversation_id: int, channel_id: int) -> Surfacing | None:
    return await first(
        unit.session,
        select(Surfacing).where(
            col(Surfacing.conversation_id) == conversation_id, col(Surfacing.channel_id) == channel_id
        ),
    )


async def _same(unit: Unit, known: Surfacing, words: Words, client_id: str) -> None:
    post = await unit.session.get_one(Post, known.post_id)
    if post.client_id == client_id and post.body != words.body:
        raise OtherContent


def _in_channel(channel: Channel) -> ColumnElement[bool]:
    if channel.kind in {"open", "announcement"}:
        return true()
    return (
        exists()
        .where(
            col(Membership.channel_id) == channel.id,
            col(Membership.person_id) == Person.id,
            col(Membership.until).is_(None),
        )
        .correlate(Person)
    )
