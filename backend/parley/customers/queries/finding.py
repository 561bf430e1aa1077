"""Conversations by what they are: for programs."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries.counts import in_channel
from parley.customers.queries.lists import moment_of, moment_text
from parley.customers.rows import every
from parley.kit.paging import Page, decode_cursor, encode_cursor
from parley.models.customers import ContactIdentity, Conversation
from parley.policy import customers as policy
from parley.policy.actor import Actor


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None asks for all."""

    state: str | None = None
    waiting_on: str | None = None
    channel_id: int | None = None
    source_id: int | None = None
    contact_id: int | None = None
    assignee_id: int | None = None


async def found(
    session: AsyncSession, actor: Actor, wanted: Wanted, cursor: str | None, limit: int
) -> Page[Conversation]:
    """Return the conversations that `actor` may read and that are `wanted`, the newest word first."""
    statement = policy.readable(actor)
    for column, value in (
        (col(Conversation.state), wanted.state),
        (col(Conversation.waiting_on), wanted.waiting_on),
        (col(Conversation.source_id), wanted.source_id),
        (col(Conversation.assignee_id), wanted.assignee_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.channel_id is not None:
        statement = statement.where(in_channel(actor, wanted.channel_id))
    if wanted.contact_id is not None:
        identities = select(col(ContactIdentity.id)).where(col(ContactIdentity.contact_id) == wanted.contact_id)
        statement = statement.where(col(Conversation.identity_id).in_(identities))
    last = col(Conversation.last_message_at)
    if cursor:
        at, number = decode_cursor(cursor, str, int)
        moment = moment_of(str(at))
        statement = statement.where(or_(last < moment, (last == moment) & (col(Conversation.id) < number)))
    rows = await every(session, statement.order_by(last.desc(), col(Conversation.id).desc()).limit(limit + 1))
    shown = rows[:limit]
    more = encode_cursor(moment_text(shown[-1].last_message_at), shown[-1].id or 0) if len(rows) > limit else None
    return Page(shown, more)
