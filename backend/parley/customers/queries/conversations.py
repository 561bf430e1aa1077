"""One conversation for one reader: its letters, the other conversations of its contact, the forms."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.service import membership
from parley.customers.queries import contacts, heads, history, letters, refs
from parley.customers.queries.letters import Around
from parley.customers.rows import every, first, key
from parley.customers.views import (
    ActView,
    ContactAside,
    ConversationPage,
    DiscussionView,
    InboundView,
    OutboundView,
    ReplyForm,
)
from parley.kit.errors import Forbidden, Invalid, NotFound
from parley.kit.paging import decode_cursor, encode_cursor
from parley.models.customers import Conversation, ConversationAct, Message, Reply, Source, Watch
from parley.models.posts import Thread
from parley.policy import customers as policy
from parley.policy.actor import Actor

PAGE = 60
TABS = ("discussion", "contact", "history")
Item = InboundView | OutboundView | ActView


@dataclass(frozen=True, slots=True)
class Flow:
    """A part of a conversation's letters, oldest first, and the cursor of the part before it."""

    items: list[Item]
    older: str | None


async def get(session: AsyncSession, actor: Actor, conversation_id: int) -> Conversation:
    """Return a conversation that `actor` may read; raise `NotFound` for any other."""
    found = await first(session, policy.readable(actor).where(col(Conversation.id) == conversation_id))
    if found is None:
        raise NotFound
    return found


async def flow(session: AsyncSession, about: Around, before: str | None = None) -> Flow:
    """Return the latest letters of a conversation, or those before a cursor, with what happened between them."""
    number = key(about.conversation)
    limit = int(decode_cursor(before, int)[0]) if before else 2**31 - 1
    messages = await every(
        session,
        select(Message)
        .where(col(Message.conversation_id) == number, col(Message.id) < limit)
        .order_by(col(Message.id).desc())
        .limit(PAGE + 1),
    )
    shown = messages[:PAGE]
    older = encode_cursor(key(shown[-1])) if len(messages) > PAGE else None
    own = {message.reply_id for message in shown if message.reply_id is not None}
    replies = (
        await every(session, select(Reply).where(col(Reply.conversation_id) == number, col(Reply.id).in_(own)))
        if own
        else []
    )
    if not before:
        became = select(col(Message.reply_id)).where(
            col(Message.conversation_id) == number, col(Message.reply_id).is_not(None)
        )
        replies += await every(
            session,
            select(Reply)
            .where(col(Reply.conversation_id) == number, col(Reply.state) != "replaced", col(Reply.id).not_in(became))
            .order_by(col(Reply.id).desc())
            .limit(PAGE),
        )
    items: list[InboundView | OutboundView] = [
        *await letters.inbound(session, about, [message for message in shown if message.direction == "in"]),
        *await letters.outbound(session, about, replies, [message for message in shown if message.direction == "out"]),
    ]
    items.sort(key=letters.moment)
    begin = items[0].at if older and items else None
    acts = await _acts(session, number, begin, before=await _until(session, limit) if before else None)
    everything: list[Item] = [*items, *acts]
    return Flow(sorted(everything, key=lambda item: item.at), older)


async def page(
    session: AsyncSession,
    actor: Actor,
    conversation: Conversation,
    about: Around,
    *,
    tab: str,
    room: str,
    discussion: DiscussionView | None,
) -> ConversationPage:
    """Return the whole page; `discussion` is given when its tab is open."""
    number = key(conversation)
    found = await flow(session, about)
    watching = await session.get(Watch, (number, actor.person_id)) is not None
    head = await heads.head(session, conversation)
    count = await first(session, select(col(Thread.comment_count)).where(col(Thread.id) == conversation.thread_id))
    return ConversationPage(
        head=head,
        flow=found.items,
        older_url=f"/conversations/{number}/older?before={found.older}" if found.older else None,
        earlier=await contacts.earlier(session, actor, about.contact.id, before=conversation.created_at),
        reply=await reply_form(session, actor, conversation, about),
        tab=tab,
        room=room,
        comment_count=count or 0,
        looking=[],
        mine=head.holder is not None and head.holder.id == actor.person_id,
        watching=watching,
        may_act=not actor.guest,
        may_restrict=await _may_restrict(session, actor, conversation),
        discussion=discussion,
        contact=await _aside(session, actor, conversation, about) if tab == "contact" else None,
        history=await history.of(session, actor, number) if tab == "history" else [],
    )


async def reply_form(
    session: AsyncSession, actor: Actor, conversation: Conversation, about: Around, **typed: object
) -> ReplyForm:
    """Return the composer: whom a reply would go to now, and why nobody can answer if nobody can."""
    source = await session.get_one(Source, conversation.source_id)
    answered = await answered_message(session, key(conversation))
    identity_id = answered.identity_id if answered and answered.identity_id else conversation.identity_id
    address = (await refs.addresses(session, [identity_id]))[identity_id]
    closed = "" if address else "Nobody signed this message, so there is no address to answer to."
    try:
        policy.may_answer(actor, conversation)
    except Forbidden as refusal:
        closed = refusal.sentence
    return ReplyForm(
        conversation_id=key(conversation),
        contact=(await refs.contacts(session, [identity_id]))[identity_id],
        to=address,
        source=about.source,
        signature=source.signature.replace("{name}", actor.name),
        undo_seconds=about.undo_seconds,
        expected_last_message=conversation.last_message_id,
        closed=about.say(closed) if closed else "",
        **typed,  # type: ignore[arg-type]  # what was typed, by field
    )


async def answered_message(session: AsyncSession, conversation_id: int) -> Message | None:
    """Return the message that a reply written now answers: the latest of a human outside, else of a machine there."""
    statement = (
        select(Message)
        .where(
            col(Message.conversation_id) == conversation_id,
            col(Message.direction) == "in",
            col(Message.identity_id).is_not(None),
        )
        .order_by(col(Message.automatic) != "", col(Message.id).desc())
    )
    return await first(session, statement.limit(1))


async def newer(session: AsyncSession, about: Around, message_ids: tuple[int, ...]) -> list[InboundView | OutboundView]:
    """Return the letters that a writer had not seen."""
    found = [await letters.message(session, about, message_id) for message_id in message_ids]
    return [view for view in found if view is not None]


def room_of(value: str) -> str:
    """Return which tab is asked for; raise `Invalid` for one that does not exist."""
    if value and value not in TABS:
        raise Invalid("There is no such tab.", code="bad_tab")
    return value or "discussion"


async def _acts(
    session: AsyncSession, conversation_id: int, begin: datetime | None, before: datetime | None
) -> list[ActView]:
    statement = select(ConversationAct).where(
        col(ConversationAct.conversation_id) == conversation_id, col(ConversationAct.kind).in_(history.IN_FLOW)
    )
    if begin is not None:
        statement = statement.where(col(ConversationAct.at) >= begin)
    if before is not None:
        statement = statement.where(col(ConversationAct.at) < before)
    return await history.views(
        session, await every(session, statement.order_by(col(ConversationAct.id)).limit(PAGE * 4))
    )


async def _until(session: AsyncSession, message_id: int) -> datetime | None:
    """Return when the first letter of the part after this one came or was written: what happened later stands there."""
    found = await session.get(Message, message_id)
    if found is None:
        return None
    reply = await session.get(Reply, found.reply_id) if found.reply_id else None
    return reply.created_at if reply else found.received_at


async def _may_restrict(session: AsyncSession, actor: Actor, conversation: Conversation) -> bool:
    try:
        policy.may_restrict(actor, conversation, await membership.of(session, conversation.channel_id, actor.person_id))
    except Forbidden:
        return False
    return True


async def _aside(session: AsyncSession, actor: Actor, conversation: Conversation, about: Around) -> ContactAside:
    contact_id = about.contact.id
    others = await contacts.conversations(session, actor, contact_id, limit=20)
    row = await contacts.facts(session, contact_id)
    return ContactAside(
        identities=await contacts.identities(session, actor, contact_id),
        first_seen_at=row.created_at,
        language=row.language,
        others=[each for each in others.items if each.id != conversation.id],
        answered_by=[each.person for each in await contacts.answerers(session, actor, contact_id)],
    )
