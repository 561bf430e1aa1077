"""Contacts: who they are and what we had with them, as far as the reader may know it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries import refs
from parley.customers.queries.letters import letter_file
from parley.customers.queries.lists import moment_of, moment_text
from parley.customers.rows import every, first, one
from parley.customers.views import Answerer, ContactFile, ContactPage, EarlierView, IdentityView
from parley.kit.errors import NotFound
from parley.kit.paging import Page, decode_cursor, encode_cursor
from parley.kit.text import shorten
from parley.models.customers import Contact, ContactIdentity, Conversation, Message, MessageFile, Participant
from parley.people.queries import cards
from parley.policy import customers as policy
from parley.policy.actor import Actor

PAGE = 30


async def get(session: AsyncSession, actor: Actor, contact_id: int) -> Contact:
    """Return a contact with whom `actor` may read a conversation; raise `NotFound` for any other."""
    found = await first(session, policy.readable_contacts(actor).where(col(Contact.id) == contact_id))
    if found is None:
        raise NotFound
    return found


async def page(session: AsyncSession, actor: Actor, contact_id: int, cursor: str | None = None) -> ContactPage:
    """Return everything about a contact that `actor` may see."""
    contact = await get(session, actor, contact_id)
    found = await conversations(session, actor, contact_id, cursor, PAGE)
    return ContactPage(
        contact=refs.contact(contact_id, contact.name, contact.place),
        language=contact.language,
        first_seen_at=contact.created_at,
        identities=await identities(session, actor, contact_id),
        conversations=found.items,
        next_url=f"/contacts/{contact_id}?cursor={found.next}" if found.next else None,
        answered_by=await answerers(session, actor, contact_id),
        files=await files(session, actor, contact_id),
        may_rename=not actor.guest,
    )


def refused(view: ContactPage, name: str, errors: Mapping[str, str]) -> ContactPage:
    """Return the page with what was typed and what is wrong with it."""
    return replace(view, name=name, errors=errors)


async def listed(session: AsyncSession, actor: Actor, q: str, cursor: str | None, limit: int) -> Page[Contact]:
    """Return contacts by id whose name holds `q`; only those with whom `actor` may read a conversation."""
    statement = policy.readable_contacts(actor)
    if q:
        statement = statement.where(func.lower(col(Contact.name)).contains(q.lower(), autoescape=True))
    if cursor:
        statement = statement.where(col(Contact.id) > decode_cursor(cursor, int)[0])
    rows = await every(session, statement.order_by(col(Contact.id)).limit(limit + 1))
    more = encode_cursor(rows[limit - 1].id or 0) if len(rows) > limit else None
    return Page(rows[:limit], more)


async def facts(session: AsyncSession, contact_id: int) -> Contact:
    """Return the row of a contact whose conversation the caller has found readable."""
    return await one(session, select(Contact).where(col(Contact.id) == contact_id))


async def identities(session: AsyncSession, actor: Actor, contact_id: int) -> list[IdentityView]:
    """Return the contact's addresses: those that wrote in, or take part in, what `actor` may read."""
    known = (
        exists()
        .where(
            policy.visible(actor),
            or_(
                col(Conversation.identity_id) == ContactIdentity.id,
                exists()
                .where(
                    col(Participant.conversation_id) == Conversation.id,
                    col(Participant.identity_id) == ContactIdentity.id,
                )
                .correlate(Conversation, ContactIdentity),
            ),
        )
        .correlate(ContactIdentity)
    )
    rows = await every(
        session,
        select(ContactIdentity)
        .where(col(ContactIdentity.contact_id) == contact_id, col(ContactIdentity.address) != "", known)
        .order_by(col(ContactIdentity.id)),
    )
    return [IdentityView(row.network, row.address, row.name, row.evidence, row.first_seen_at) for row in rows]


async def conversations(
    session: AsyncSession, actor: Actor, contact_id: int, cursor: str | None = None, limit: int = PAGE
) -> Page[EarlierView]:
    """Return the contact's conversations that `actor` may read, newest word first."""
    statement = policy.readable(actor).where(_with(contact_id))
    if cursor:
        at, number = decode_cursor(cursor, str, int)
        last, moment = col(Conversation.last_message_at), moment_of(str(at))
        statement = statement.where(or_(last < moment, (last == moment) & (col(Conversation.id) < number)))
    rows = await every(
        session,
        statement.order_by(col(Conversation.last_message_at).desc(), col(Conversation.id).desc()).limit(limit + 1),
    )
    shown = rows[:limit]
    more = encode_cursor(moment_text(shown[-1].last_message_at), shown[-1].id or 0) if len(rows) > limit else None
    return Page(await summaries(session, shown), more)


async def earlier(
    session: AsyncSession, actor: Actor, contact_id: int, *, before: datetime, limit: int = 5
) -> list[EarlierView]:
    """Return what `actor` may read of the same contact from before a moment, oldest first."""
    rows = await every(
        session,
        policy.readable(actor)
        .where(_with(contact_id), col(Conversation.created_at) < before, col(Conversation.state) != "spam")
        .order_by(col(Conversation.created_at).desc())
        .limit(limit),
    )
    return list(reversed(await summaries(session, rows)))


async def summaries(session: AsyncSession, rows: Sequence[Conversation]) -> list[EarlierView]:
    """Return conversations, chosen by a policy, in a few words each."""
    ids = [row.id for row in rows]
    sources = await refs.sources(session, {row.source_id for row in rows})
    counted = await session.execute(
        select(
            col(Message.conversation_id),
            func.count().label("messages"),
            func.min(col(Message.received_at)).label("began"),
        )
        .where(col(Message.conversation_id).in_(ids))
        .group_by(col(Message.conversation_id))
    )
    about = {row.conversation_id: row for row in counted.all()}
    latest = (
        select(func.max(col(Message.id)))
        .where(col(Message.conversation_id).in_(ids), col(Message.author_id).is_not(None))
        .group_by(col(Message.conversation_id))
    )
    answered = await session.execute(
        select(col(Message.conversation_id), col(Message.author_id)).where(col(Message.id).in_(latest))
    )
    authors = {row.conversation_id: row.author_id for row in answered.all()}
    people = await cards(session, authors.values())
    return [
        EarlierView(
            id=row.id or 0,
            subject=row.subject,
            source=sources[row.source_id],
            began_at=about[row.id].began if row.id in about else row.created_at,
            message_count=about[row.id].messages if row.id in about else 0,
            state=row.state,
            excerpt=shorten(row.last_excerpt, 200),
            answered_by=people.get(authors.get(row.id, 0)),
        )
        for row in rows
    ]


async def answerers(session: AsyncSession, actor: Actor, contact_id: int) -> list[Answerer]:
    """Return who answered the contact, as far as `actor` may read it, the latest first."""
    last = func.max(col(Message.received_at)).label("last")
    rows = (
        await session.execute(
            select(col(Message.author_id), func.count().label("replies"), last)
            .join(Conversation, col(Conversation.id) == Message.conversation_id)
            .where(
                policy.visible(actor),
                _with(contact_id),
                col(Message.direction) == "out",
                col(Message.author_id).is_not(None),
            )
            .group_by(col(Message.author_id))
            .order_by(last.desc())
            .limit(10)
        )
    ).all()
    people = await cards(session, {row.author_id for row in rows})
    return [Answerer(people[row.author_id], row.replies, row.last) for row in rows if row.author_id in people]


async def files(session: AsyncSession, actor: Actor, contact_id: int, limit: int = 50) -> list[ContactFile]:
    """Return the files of the contact's conversations that `actor` may read, newest first."""
    rows = await session.execute(
        select(
            MessageFile,
            col(Message.conversation_id),
            col(Message.direction),
            col(Message.received_at),
            col(Conversation.subject),
        )
        .join(Message, col(Message.id) == MessageFile.message_id)
        .join(Conversation, col(Conversation.id) == Message.conversation_id)
        .where(policy.visible(actor), _with(contact_id))
        .order_by(col(MessageFile.id).desc())
        .limit(limit)
    )
    return [
        ContactFile(letter_file(row[0]), row.conversation_id, row.subject, row.direction == "out", row.received_at)
        for row in rows.all()
    ]


def _with(contact_id: int) -> ColumnElement[bool]:
    own: Select[int | None] = select(col(ContactIdentity.id)).where(col(ContactIdentity.contact_id) == contact_id)
    return col(Conversation.identity_id).in_(own)
