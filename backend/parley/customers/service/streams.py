"""Streams: which conversations of a source a channel hears."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.service import membership
from parley.core.unit import Unit
from parley.customers.rows import every, first, key
from parley.customers.service import acts, matching, surfacing
from parley.events.customers import MessageReceived
from parley.kit.errors import Conflict, Invalid, NotFound
from parley.kit.text import clean_line
from parley.models.channels import Channel
from parley.models.customers import Conversation, Message, Source, Stream, Surfacing
from parley.policy import audit
from parley.policy import customers as policy
from parley.policy.actor import Actor
from parley.posts.service import publishing

WORDS_LIMIT = 500
STREAMS_A_CHANNEL = 50
PREVIEW = 200
"""Conversations that a preview looks back on."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Which of the latest conversations a stream would have taken; only those that the reader may read."""

    looked_at: int
    conversation_ids: tuple[int, ...]


async def add(unit: Unit, actor: Actor, channel_id: int, source_id: int, words: str = "") -> Stream:
    """Let a channel hear a source from now on; all of it, or what has one of `words`."""
    channel = await _manageable(unit, actor, channel_id)
    words = check_words(words)
    if await unit.session.get(Source, source_id) is None:
        raise Invalid(fields={"source_id": "Choose a source."})
    mine = await every(
        unit.session, select(Stream).where(col(Stream.channel_id) == channel.id, col(Stream.removed_at).is_(None))
    )
    if any(stream.source_id == source_id and stream.words == words for stream in mine):
        raise Conflict("This channel already listens for that.", code="stream_exists")
    if len(mine) >= STREAMS_A_CHANNEL:
        raise Conflict("A channel has at most fifty streams.", code="too_many_streams")
    stream = Stream(
        channel_id=channel_id, source_id=source_id, words=words, created_by=actor.person_id, created_at=unit.now
    )
    unit.session.add(stream)
    await unit.session.flush()
    await audit.record(
        unit,
        "stream.added",
        actor_id=actor.person_id,
        via="page",
        target=f"channel:{channel_id}",
        source_id=source_id,
        words=words,
    )
    return stream


async def remove(unit: Unit, actor: Actor, stream_id: int) -> int:
    """End a stream and return its channel; what it surfaced stays."""
    stream = await first(unit.session, policy.readable_streams(actor).where(col(Stream.id) == stream_id))
    if stream is None:
        raise NotFound
    await _manageable(unit, actor, stream.channel_id)
    stream.removed_at = unit.now
    unit.session.add(stream)
    await audit.record(
        unit,
        "stream.removed",
        actor_id=actor.person_id,
        via="page",
        target=f"channel:{stream.channel_id}",
        source_id=stream.source_id,
        words=stream.words,
    )
    return stream.channel_id


async def preview(session: AsyncSession, actor: Actor, source_id: int, words: str) -> Preview:
    """Try a stream on the latest conversations of a source before it is saved."""
    words = check_words(words)
    rows = (
        await session.execute(
            policy.readable(actor)
            .where(col(Conversation.source_id) == source_id, col(Conversation.state) != "spam")
            .order_by(col(Conversation.id).desc())
            .limit(PREVIEW)
            .with_only_columns(col(Conversation.id), col(Conversation.subject))
        )
    ).all()
    texts: dict[int, list[str]] = {}
    if rows:
        inbound = await session.execute(
            select(col(Message.conversation_id), col(Message.text)).where(
                col(Message.conversation_id).in_([row.id for row in rows]), col(Message.direction) == "in"
            )
        )
        for conversation_id, text in inbound.all():
            texts.setdefault(conversation_id, []).append(text)
    taken = tuple(row.id for row in rows if matching.matches(words, row.subject, *texts.get(row.id, ())))
    return Preview(len(rows), taken)


def check_words(words: str) -> str:
    """Return a stream's words on one line; raise `Invalid` when they are too long or say nothing."""
    words = clean_line(words)
    if len(words) > WORDS_LIMIT:
        raise Invalid(fields={"words": "The words have at most 500 characters."})
    if words and not matching.phrases(words):
        raise Invalid(fields={"words": "Write words, or nothing to take all."})
    return words


async def message_received(unit: Unit, event: MessageReceived) -> None:
    """Surface the conversation in every channel that listens for it: within the transaction, once a channel."""
    if event.historic:
        return
    conversation = await acts.held(unit, event.conversation_id)
    if conversation.state == "spam" or conversation.restricted:
        return
    message = await unit.session.get_one(Message, event.message_id)
    rows = await unit.session.execute(
        select(Stream)
        .join(Channel, col(Channel.id) == Stream.channel_id)
        .where(
            col(Stream.source_id) == conversation.source_id,
            col(Stream.removed_at).is_(None),
            col(Channel.archived_at).is_(None),
        )
        .order_by(col(Stream.id))
    )
    there = set(
        (
            await unit.session.execute(
                select(col(Surfacing.channel_id)).where(col(Surfacing.conversation_id) == event.conversation_id)
            )
        ).scalars()
    )
    for stream in rows.scalars().all():
        if stream.channel_id in there or not matching.matches(stream.words, message.subject, message.text):
            continue
        there.add(stream.channel_id)
        post = await publishing.surface(
            unit, channel_id=stream.channel_id, thread_id=conversation.thread_id, author_id=None
        )
        await surfacing.place(unit, conversation, stream.channel_id, key(post), stream_id=key(stream))
        if conversation.channel_id is None:
            conversation.channel_id = stream.channel_id
            unit.session.add(conversation)
        await acts.record(unit, event.conversation_id, "heard", None, channel_id=stream.channel_id, words=stream.words)


async def _manageable(unit: Unit, actor: Actor, channel_id: int) -> Channel:
    channel = await channels.get(unit.session, actor, channel_id)
    policy.may_manage_streams(actor, channel, await membership.of(unit.session, channel_id, actor.person_id))
    return channel
