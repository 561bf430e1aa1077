"""Rows as the API gives them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries import lists, refs
from parley.customers.rows import every, key
from parley.customers.schemas import (
    ClaimOut,
    ContactOut,
    ContactRefOut,
    ConversationOut,
    MessageFileOut,
    MessageOut,
    RecipientOut,
    ReplyOut,
    SenderOut,
    SourceOut,
    SourceRefOut,
    StreamOut,
    SurfacingOut,
)
from parley.customers.views import ContactRef
from parley.kit import clock
from parley.models.customers import (
    Claim,
    Contact,
    Conversation,
    Message,
    MessageFile,
    Reply,
    ReplyRecipient,
    Source,
    Stream,
    Surfacing,
)
from parley.models.posts import Thread
from parley.people.queries import cards
from parley.policy.actor import Actor
from parley.posts.schemas import author_out


async def conversation_out(
    session: AsyncSession, conversation: Conversation, actor: Actor | None = None
) -> ConversationOut:
    """Return one conversation as the API gives it."""
    return (await conversations_out(session, [conversation], actor))[0]


async def conversations_out(
    session: AsyncSession, found: Sequence[Conversation], actor: Actor | None = None
) -> list[ConversationOut]:
    """Return conversations as the API gives them; `actor` also learns of the private channels that are theirs."""
    now = clock.now()
    ids = [key(each) for each in found]
    contacts = await refs.contacts(session, {each.identity_id for each in found})
    sources = await refs.sources(session, {each.source_id for each in found})
    watchers = await lists.watchers_of(session, ids)
    claims = {
        claim.conversation_id: claim
        for claim in await every(
            session, select(Claim).where(col(Claim.conversation_id).in_(ids), col(Claim.until) > now)
        )
    }
    threads = await session.execute(
        select(col(Thread.id), col(Thread.comment_count)).where(col(Thread.id).in_([each.thread_id for each in found]))
    )
    counts = {row[0]: row[1] for row in threads}
    channels = await refs.shown_in(session, ids, actor)
    made: list[ConversationOut] = []
    for each in found:
        number = key(each)
        contact, source, claim = contacts[each.identity_id], sources[each.source_id], claims.get(number)
        made.append(
            ConversationOut(
                id=number,
                subject=each.subject,
                state=each.state,
                waiting_on=each.waiting_on,
                waiting_since=each.waiting_since,
                contact=ContactRefOut(id=contact.id, name=contact.name),
                source=SourceRefOut(id=source.id, name=source.name, kind=source.kind, address=source.address),
                assignee_id=each.assignee_id,
                claim=ClaimOut(person_id=claim.person_id, since=claim.since, until=claim.until) if claim else None,
                watcher_ids=watchers.get(number, []),
                channel_ids=channels.get(number, []),
                restricted=each.restricted,
                historic=each.historic,
                follows_id=each.follows_id,
                last_message_id=each.last_message_id,
                last_message_at=each.last_message_at,
                last_excerpt=each.last_excerpt,
                comment_count=counts.get(each.thread_id, 0),
                created_at=each.created_at,
                resolved_at=each.resolved_at,
                client_id=each.client_id,
            )
        )
    return made


async def message_out(session: AsyncSession, message: Message) -> MessageOut:
    """Return one message as the API gives it."""
    return (await messages_out(session, [message]))[0]


async def messages_out(session: AsyncSession, found: Sequence[Message]) -> list[MessageOut]:
    """Return messages as the API gives them, in their order."""
    contacts = await refs.contacts(session, {each.identity_id for each in found})
    addresses = await refs.addresses(session, {each.identity_id for each in found})
    files: dict[int, list[MessageFileOut]] = {}
    for file in await every(
        session,
        select(MessageFile)
        .where(col(MessageFile.message_id).in_([key(each) for each in found]))
        .order_by(col(MessageFile.id)),
    ):
        files.setdefault(file.message_id, []).append(
            MessageFileOut(
                id=key(file),
                name=file.name,
                content_type=file.content_type,
                size=file.size,
                url=f"/api/v1/messages/{file.message_id}/files/{file.id}",
            )
        )
    return [
        _message(
            each,
            contacts.get(each.identity_id or 0),
            addresses.get(each.identity_id or 0, ""),
            files.get(key(each), []),
        )
        for each in found
    ]


def _message(each: Message, contact: ContactRef | None, address: str, files: list[MessageFileOut]) -> MessageOut:
    inbound = each.direction == "in"
    sender = SenderOut(contact_id=contact.id if contact else None, name=each.sender_name, address=address)
    return MessageOut(
        id=key(each),
        conversation_id=each.conversation_id,
        direction=each.direction,
        sender=sender if inbound else None,
        author_id=each.author_id,
        reply_id=each.reply_id,
        subject=each.subject,
        text=each.text,
        quoted_text=each.quoted_text,
        html=each.html,
        automatic=each.automatic,
        authenticity=each.authenticity,
        new_participant=each.new_participant,
        unreadable=each.unreadable,
        notes=each.notes,
        cc=each.cc,
        external_id=each.external_id,
        sent_at=each.sent_at,
        received_at=each.received_at,
        attachments=files,
    )


async def reply_out(session: AsyncSession, reply: Reply) -> ReplyOut:
    """Return one reply as the API gives it."""
    people = await cards(session, [reply.author_id])
    recipients = await every(
        session,
        select(ReplyRecipient)
        .where(col(ReplyRecipient.reply_id) == reply.id)
        .order_by(col(ReplyRecipient.kind).desc(), col(ReplyRecipient.id)),
    )
    sent = await every(session, select(col(Message.id)).where(col(Message.reply_id) == reply.id))
    return ReplyOut(
        id=key(reply),
        conversation_id=reply.conversation_id,
        author=author_out(people[reply.author_id]) if reply.author_id in people else None,
        body=reply.body,
        state=reply.state,
        error=reply.error,
        recipients=[
            RecipientOut(kind=each.kind, address=each.address, state=each.state, detail=each.detail)
            for each in recipients
        ],
        held_until=reply.held_until,
        attempts=reply.attempts,
        created_at=reply.created_at,
        settled_at=reply.settled_at,
        client_id=reply.client_id,
        message_id=sent[0] if sent else None,
    )


def contact_out(contact: Contact) -> ContactOut:
    """Return a contact as the API gives it."""
    return ContactOut(
        id=key(contact),
        name=contact.name,
        place=contact.place,
        language=contact.language,
        created_at=contact.created_at,
    )


def stream_out(stream: Stream) -> StreamOut:
    """Return a stream as the API gives it."""
    return StreamOut(
        id=key(stream),
        channel_id=stream.channel_id,
        source_id=stream.source_id,
        words=stream.words,
        created_at=stream.created_at,
    )


def surfacing_out(surfacing: Surfacing) -> SurfacingOut:
    """Return a surfacing as the API gives it."""
    return SurfacingOut(
        conversation_id=surfacing.conversation_id,
        channel_id=surfacing.channel_id,
        post_id=surfacing.post_id,
        person_id=surfacing.person_id,
        surfaced_at=surfacing.surfaced_at,
    )


def source_out(source: Source) -> SourceOut:
    """Return a source as the API gives it: how it is set up and how it fares, never its passwords."""
    config = source.config
    return SourceOut(
        id=key(source),
        kind=source.kind,
        name=source.name,
        address=source.address,
        display_name=source.display_name,
        signature=source.signature,
        state=source.state,
        error=source.error,
        fetched_at=source.fetched_at,
        imap_url=str(config.get("imap_url", "")),
        smtp_url=str(config.get("smtp_url", "")),
        days_back=int(config.get("days_back", 0)),
        plus_addressing=bool(config.get("plus_addressing", True)),
        authserv_id=str(config.get("authserv_id", "")),
        created_at=source.created_at,
    )
