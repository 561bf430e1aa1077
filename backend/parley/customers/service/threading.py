"""Which conversation a message belongs to: by what we signed, then by exact Message-ID; never by its subject.

A stranger gets in only with a signed address, and is shown as not verified. Who quotes a Message-ID, and whoever
fails the receiving server's checks, gets a new conversation with a link to the one that was named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.connectors.base import InboundMessage
from parley.customers.connectors.email.headers import parents
from parley.customers.rows import every, first, key
from parley.customers.service import identities
from parley.models.customers import Conversation, Message, Participant, Reply, Source

REOPEN_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Place:
    """The conversation to join, or None for a new one, which then may follow another."""

    conversation_id: int | None = None
    follows_id: int | None = None
    stranger: bool = False


async def place(
    session: AsyncSession, source: Source, identity_id: int, message: InboundMessage, *, now: datetime, historic: bool
) -> Place:
    """Return where `message` of `identity_id` belongs."""
    signed = await _signed(session, message.tokens.conversations)
    named = signed or await _named(session, source, message)
    if message.authenticity.verdict == "failed":
        return Place(follows_id=key(named) if named else None)
    if named is None:
        return Place(conversation_id=await _of_children(session, source, identity_id, message))
    number = key(named)
    stranger = not await identities.takes_part(session, number, identity_id)
    if stranger and signed is None:
        return Place(follows_id=number)
    if _is_over(named, now) and not message.automatic and not historic:
        return Place(follows_id=number)
    return Place(conversation_id=number, stranger=stranger)


def _is_over(conversation: Conversation, now: datetime) -> bool:
    resolved = conversation.state == "resolved" and conversation.resolved_at is not None
    return resolved and now - (conversation.resolved_at or now) > REOPEN_WITHIN


async def _signed(session: AsyncSession, numbers: Sequence[int]) -> Conversation | None:
    for number in numbers:
        found = await session.get(Conversation, number) if number < 2**31 else None
        if found is not None:
            return found
    return None


async def _named(session: AsyncSession, source: Source, message: InboundMessage) -> Conversation | None:
    """Return the conversation of the nearest parent that is known, ours by its signature or any by its exact id."""
    for number in message.tokens.replies:
        found = await first(
            session,
            select(Conversation)
            .join(Reply, col(Reply.conversation_id) == Conversation.id)
            .where(col(Reply.id) == min(number, 2**31 - 1)),
        )
        if found is not None:
            return found
    ids = parents(message.in_reply_to, message.references)
    if not ids:
        return None
    pairs = await session.execute(
        select(col(Message.external_id), col(Message.conversation_id)).where(
            col(Message.source_id) == source.id, col(Message.external_id).in_(ids)
        )
    )
    known = {external_id: conversation_id for external_id, conversation_id in pairs.all()}  # noqa: C416  (rows, not pairs)
    nearest = next((known[each] for each in ids if each in known), None)
    return await session.get(Conversation, nearest) if nearest is not None else None


async def _of_children(session: AsyncSession, source: Source, identity_id: int, message: InboundMessage) -> int | None:
    """Return the conversation that an answer to `message` began because it came first."""
    if not message.message_id:
        return None
    waiting = await every(
        session,
        select(col(Message.conversation_id))
        .join(Participant, col(Participant.conversation_id) == Message.conversation_id)
        .where(
            col(Message.source_id) == source.id,
            col(Message.in_reply_to) == message.message_id,
            col(Message.direction) == "in",
            col(Participant.identity_id) == identity_id,
        )
        .order_by(col(Message.id))
        .limit(1),
    )
    return waiting[0] if waiting else None
