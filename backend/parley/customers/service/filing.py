"""Filing: an understood message becomes one row of one conversation, with all its effects, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.connectors.base import InboundMessage
from parley.customers.rows import first, key, one
from parley.customers.service import acts, conversations, identities, reports, threading
from parley.customers.service.threading import Place
from parley.events.customers import MessageReceived
from parley.kit.text import shorten
from parley.models.customers import Conversation, Message, MessageFile, RawDelivery, Source
from parley.posts.service import threads

NO_NAME = "Somebody without an address"
REPORTER = "Mail delivery"
REPLY_TO = "This mail asks for answers to another address than the one it came from."
_message = metadata.tables["message"]


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a delivery ended; not new if another delivery had brought the message, or it was a copy of our own."""

    message_id: int | None
    is_new: bool = False


class AlreadyFiled(Exception):  # noqa: N818  (a fact, not a failure)
    """Another delivery of this message was filed in the same moment; nothing of this unit may stay."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that came with a message, already in the store."""

    key: str
    thumb_key: str
    name: str
    content_type: str
    size: int
    content_id: str


async def file(
    unit: Unit,
    source: Source,
    delivery: RawDelivery,
    message: InboundMessage,
    files: Sequence[KeptFile] = (),
    own_reply_id: int | None = None,
) -> Filed:
    """File `message` of `source`; a message that is already there, or is a copy of ours, is not filed again.

    Raises `AlreadyFiled` when a concurrent delivery won.
    """
    if own_reply_id is not None and await reports.came_back(unit, own_reply_id, message):
        copied = await first(unit.session, select(col(Message.id)).where(col(Message.reply_id) == own_reply_id))
        return _done(unit, delivery, copied)
    automatic = await _automatic(unit, message)
    bounced = await reports.bounced_reply(unit, message)
    if bounced is not None:
        place, identity_id = Place(conversation_id=bounced.conversation_id), None
    else:
        identity_id = await _sender(unit, delivery, message)
        place = await threading.place(
            unit.session, source, identity_id, message, now=unit.now, historic=delivery.historic
        )
    into = source if place.conversation_id is None else await _source_of(unit, place.conversation_id)
    external_id, known = await _identity_of(unit, into, message)
    if known is not None:
        return _done(unit, delivery, known)
    conversation, is_new = await _conversation(unit, into, place, identity_id, delivery, message)
    stored = await _store(unit, conversation, external_id, identity_id, place, delivery, message, automatic)
    for each in files:
        unit.session.add(
            MessageFile(
                message_id=stored,
                key=each.key,
                thumb_key=each.thumb_key,
                name=each.name,
                content_type=each.content_type,
                size=each.size,
                content_id=each.content_id,
            )
        )
    if identity_id is not None:
        await identities.join(unit, key(conversation), identity_id, verified=not place.stranger)
    await _effects(unit, conversation, stored, delivery, message, automatic=bool(automatic))
    if bounced is not None:
        await reports.mark(unit, bounced, conversation, message.bounces)
    await unit.session.flush()
    await unit.emit(
        MessageReceived(
            conversation_id=key(conversation),
            channel_ids=await acts.showing(unit.session, key(conversation)),
            message_id=stored,
            source_id=key(into),
            first=is_new,
            automatic=bool(automatic),
            historic=delivery.historic,
        )
    )
    _done(unit, delivery, stored)
    return Filed(stored, is_new=True)


async def _automatic(unit: Unit, message: InboundMessage) -> str:
    """Return which sign says that no human of theirs wrote this: a machine's headers, or one of our own addresses."""
    if message.sender is not None:
        ours = select(col(Source.id)).where(col(Source.address_norm) == message.sender.norm)
        if await first(unit.session, ours) is not None:
            return "own address"
    return (message.automatic or "")[:40]


def _done(unit: Unit, delivery: RawDelivery, message_id: int | None) -> Filed:
    delivery.state, delivery.error, delivery.message_id = "filed", "", message_id
    unit.session.add(delivery)
    return Filed(message_id)


async def _sender(unit: Unit, delivery: RawDelivery, message: InboundMessage) -> int:
    if message.sender is None:
        name = REPORTER if message.bounces else NO_NAME
        return await identities.nobody(unit, key(delivery), name)
    evidence = {"passed": identities.PROVEN, "failed": ""}.get(message.authenticity.verdict, "wrote_to_us")
    sender = message.sender
    return await identities.find_or_create(unit, sender.address, sender.norm, sender.name, evidence)


async def _source_of(unit: Unit, conversation_id: int) -> Source:
    # A signed address may have been delivered to another of our mailboxes: the message belongs to the conversation's
    # own source, so that both deliveries of it are one row.
    return await one(
        unit.session,
        select(Source)
        .join(Conversation, col(Conversation.source_id) == Source.id)
        .where(col(Conversation.id) == conversation_id),
    )


async def _identity_of(unit: Unit, source: Source, message: InboundMessage) -> tuple[str, int | None]:
    """Return the external id to store, and the message that already has it.

    Some senders use one id for several messages: with another body it is another message.
    """
    for external_id in (message.external_id[:430], f"{message.external_id[:430]}#{message.body_hash}"):
        row = (
            await unit.session.execute(
                select(col(Message.id), col(Message.body_hash)).where(
                    col(Message.source_id) == source.id, col(Message.external_id) == external_id
                )
            )
        ).one_or_none()
        if row is None:
            return external_id, None
        if row.body_hash == message.body_hash:
            return external_id, row.id
    raise AlreadyFiled


async def _conversation(
    unit: Unit, source: Source, place: Place, identity_id: int | None, delivery: RawDelivery, message: InboundMessage
) -> tuple[Conversation, bool]:
    if place.conversation_id is not None:
        return await acts.held(unit, place.conversation_id), False
    assert identity_id is not None  # noqa: S101  (only a report on a known reply has none)
    conversation = Conversation(
        source_id=key(source),
        identity_id=identity_id,
        thread_id=await threads.new_thread(unit),
        subject=message.subject[:500],
        follows_id=place.follows_id,
        historic=delivery.historic,
        state="resolved" if delivery.historic else "open",
        created_at=unit.now,
        last_message_at=delivery.received_at,
        resolved_at=message.sent_at if delivery.historic else None,
    )
    unit.session.add(conversation)
    await unit.session.flush()
    if place.follows_id is not None:
        await acts.note(unit, key(conversation), "follows", None, follows_id=place.follows_id)
    return conversation, True


async def _store(
    unit: Unit,
    conversation: Conversation,
    external_id: str,
    identity_id: int | None,
    place: Place,
    delivery: RawDelivery,
    message: InboundMessage,
    automatic: str,
) -> int:
    source = await unit.session.get_one(Source, conversation.source_id)
    sender = message.sender
    elsewhere = sender is not None and any(each.norm != sender.norm for each in message.reply_to)
    authenticity = message.authenticity
    cc = [each.address for each in message.addresses("cc") if each.norm != source.address_norm]
    values = {
        "conversation_id": conversation.id,
        "source_id": source.id,
        "direction": "in",
        "external_id": external_id,
        "in_reply_to": (message.in_reply_to[0] if message.in_reply_to else "")[:500],
        "references": list(message.references[-30:]),
        "identity_id": identity_id,
        "sender_name": (sender.name or sender.address if sender else REPORTER if message.bounces else NO_NAME)[:120],
        "subject": message.subject[:500],
        "text": message.text,
        "quoted_text": message.quoted_text,
        "html": message.html or "",
        "automatic": automatic,
        "authenticity": {
            "dkim": authenticity.dkim,
            "spf": authenticity.spf,
            "dmarc": authenticity.dmarc,
            "verdict": authenticity.verdict,
        },
        "new_participant": place.stranger,
        "unreadable": (message.unreadable or "")[:300],
        "notes": [*message.notes, *([REPLY_TO] if elsewhere else ())],
        "body_hash": message.body_hash,
        "raw_key": delivery.key,
        "cc": cc[:20],
        "sent_at": min(message.sent_at, delivery.received_at),
        "received_at": message.sent_at if delivery.historic else delivery.received_at,
    }
    stored = (
        await unit.session.execute(
            upsert(unit.session, _message)
            .values(values)
            .on_conflict_do_nothing(index_elements=["source_id", "external_id"])
            .returning(_message.c.id)
        )
    ).scalar_one_or_none()
    if stored is None:
        raise AlreadyFiled
    return int(stored)


async def _effects(
    unit: Unit,
    conversation: Conversation,
    message_id: int,
    delivery: RawDelivery,
    message: InboundMessage,
    *,
    automatic: bool,
) -> None:
    """Move the queue: who waits since when, and whether a resolved conversation is open again."""
    conversation.last_message_id = message_id
    conversation.last_excerpt = shorten(message.text, 300)
    conversation.last_message_at = message.sent_at if delivery.historic else delivery.received_at
    if delivery.historic:
        if conversation.historic:
            conversation.resolved_at = message.sent_at
    elif not automatic:
        conversation.historic = False
        if conversation.state == "resolved":
            conversations.reopen(conversation)
            conversation.waiting_since = None
            await acts.note(unit, key(conversation), "reopened", None)
        conversation.waiting_on = "us"
        conversation.waiting_since = conversation.waiting_since or delivery.received_at
    unit.session.add(conversation)
