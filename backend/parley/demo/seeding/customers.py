"""Contacts and what they wrote: conversations with their letters, our answers, and where they are surfaced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from parley.core.crypto import Sealer
from parley.core.unit import Unit
from parley.customers.rows import key
from parley.customers.service import sources
from parley.demo.fernhill import Company, Conversation, Message
from parley.kit.mailtext import split_quoted
from parley.kit.text import shorten
from parley.models.channels import Channel
from parley.models.customers import (
    Claim,
    Contact,
    ContactIdentity,
    ConversationAct,
    Participant,
    Reply,
    ReplyRecipient,
    Source,
    Stream,
    Surfacing,
    Watch,
)
from parley.models.customers import Conversation as ConversationRow
from parley.models.customers import Message as MessageRow
from parley.models.posts import Thread
from parley.policy.actor import Actor

_STATES = {"open": "open", "waiting": "open", "resolved": "resolved", "spam": "spam"}
_CLAIM = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Card:
    """A conversation's place in a channel, to be written among the posts at its time."""

    at: datetime
    channel: str
    thread_id: int
    conversation_id: int
    author: str | None
    words: str
    stream_id: int | None


async def mailboxes(
    unit: Unit, company: Company, rooms: Mapping[str, Channel], outbox_url: str, sealer: Sealer
) -> dict[str, tuple[Source, int]]:
    """Connect the mailboxes; return each with the id of the stream of its team's channel."""
    made: dict[str, tuple[Source, int]] = {}
    for entry in company.sources:
        source = await sources.create(
            unit,
            None,
            sources.SourceDraft(
                name=entry.name,
                address=entry.address,
                display_name=company.name,
                smtp_url=outbox_url,
                signature=f"{company.name}\n{entry.address}",
            ),
            sealer,
            channel_id=rooms[entry.channel].id,
            via="machine",
        )
        stream = (await unit.session.execute(select(Stream).where(col(Stream.source_id) == source.id))).scalar_one()
        made[entry.key] = (source, key(stream))
    return made


async def conversations(
    unit: Unit,
    company: Company,
    actors: Mapping[str, Actor],
    rooms: Mapping[str, Channel],
    boxes: Mapping[str, tuple[Source, int]],
    now: datetime,
) -> tuple[list[Card], dict[str, ConversationRow]]:
    """Write every conversation; return the cards to surface and the conversations by key."""
    identities = await _contacts(unit, company, now)
    home = {source.key: source.channel for source in company.sources}
    cards: list[Card] = []
    made: dict[str, ConversationRow] = {}
    for entry in sorted(company.conversations, key=lambda conversation: conversation.messages[0].when.on(now)):
        source, stream_id = boxes[entry.source]
        row = await _conversation(
            unit, entry, identities[entry.contact], source, rooms[home[entry.source]], actors, now
        )
        made[entry.key] = row
        first = entry.messages[0].when.on(now)
        listed = {surfacing.channel for surfacing in entry.surfacings}
        if home[entry.source] not in listed and entry.state != "spam":
            cards.append(Card(first, home[entry.source], row.thread_id, key(row), None, "", stream_id))
        cards += [
            Card(
                surfacing.when.on(now),
                surfacing.channel,
                row.thread_id,
                key(row),
                surfacing.by,
                surfacing.words,
                stream_id if surfacing.channel == home[entry.source] else None,
            )
            for surfacing in entry.surfacings
        ]
    return cards, made


async def _contacts(unit: Unit, company: Company, now: datetime) -> dict[str, ContactIdentity]:
    found: dict[str, ContactIdentity] = {}
    for entry in company.contacts:
        contact = Contact(
            name=entry.name, place=entry.place, language=entry.language, created_at=now - timedelta(days=200)
        )
        unit.session.add(contact)
        await unit.session.flush()
        found[entry.key] = ContactIdentity(
            contact_id=key(contact),
            network="email",
            address=entry.email,
            address_norm=entry.email.lower(),
            name=entry.name,
            evidence="dmarc",
            first_seen_at=now - timedelta(days=200),
        )
    unit.session.add_all(found.values())
    await unit.session.flush()
    return found


async def _conversation(
    unit: Unit,
    entry: Conversation,
    identity: ContactIdentity,
    source: Source,
    channel: Channel,
    actors: Mapping[str, Actor],
    now: datetime,
) -> ConversationRow:
    thread = Thread()
    unit.session.add(thread)
    await unit.session.flush()
    first = entry.messages[0].when.on(now)
    row = ConversationRow(
        source_id=key(source),
        channel_id=channel.id,
        identity_id=key(identity),
        thread_id=key(thread),
        subject=entry.subject,
        state=_STATES[entry.state],
        created_at=first,
        last_message_at=first,
        assignee_id=actors[entry.claimed_by].person_id if entry.claimed_by and entry.state != "resolved" else None,
    )
    unit.session.add(row)
    await unit.session.flush()
    unit.session.add(Participant(conversation_id=key(row), identity_id=key(identity), joined_at=first))
    unit.session.add_all(
        [Watch(conversation_id=key(row), person_id=actors[name].person_id, since=first) for name in entry.watchers]
    )
    last: MessageRow | None = None
    for number, message in enumerate(entry.messages):
        last = await _message(unit, row, entry, message, number, identity, source, actors, last, now)
    _queue(row, entry, last, now)
    if entry.claimed_by and entry.state == "open":
        unit.session.add(
            Claim(conversation_id=key(row), person_id=actors[entry.claimed_by].person_id, since=now, until=now + _CLAIM)
        )
        unit.session.add(
            ConversationAct(
                conversation_id=key(row),
                actor_id=actors[entry.claimed_by].person_id,
                kind="claimed",
                at=row.last_message_at,
            )
        )
    unit.session.add(row)
    return row


def _queue(row: ConversationRow, entry: Conversation, last: MessageRow | None, now: datetime) -> None:
    waiting: datetime | None = None
    for message in entry.messages:
        if message.direction == "in" and message.kind == "letter":
            waiting = waiting or message.when.on(now)
        elif message.direction == "out":
            waiting = None
    if last is not None:
        row.last_message_id, row.last_message_at, row.last_excerpt = last.id, last.sent_at, shorten(last.text, 300)
    row.waiting_on = "us" if waiting else "customer"
    row.waiting_since = waiting if row.state == "open" else None
    row.resolved_at = row.last_message_at if row.state == "resolved" else None


async def _message(
    unit: Unit,
    row: ConversationRow,
    entry: Conversation,
    message: Message,
    number: int,
    identity: ContactIdentity,
    source: Source,
    actors: Mapping[str, Actor],
    before: MessageRow | None,
    now: datetime,
) -> MessageRow:
    at = message.when.on(now)
    external = f"<{entry.key}.{number}@{'fernhill.example' if message.direction == 'out' else 'mail.example.org'}>"
    words, quoted = split_quoted(message.text) if message.direction == "in" else (message.text, "")
    made = MessageRow(
        conversation_id=key(row),
        source_id=key(source),
        direction=message.direction,
        external_id=external,
        in_reply_to=before.external_id if before else "",
        references=[before.external_id] if before else [],
        identity_id=identity.id if message.direction == "in" else None,
        subject=entry.subject,
        text=words,
        quoted_text=quoted,
        sender_name=identity.name if message.direction == "in" else source.display_name,
        sent_at=at,
        received_at=at,
        authenticity={"dkim": "pass", "spf": "pass", "dmarc": "pass", "verdict": "passed"}
        if message.direction == "in"
        else {},
        automatic={"auto-reply": "auto-replied", "bounce": "bounce"}.get(message.kind, ""),
    )
    if message.direction == "out" and message.author:
        made.author_id = actors[message.author].person_id
        made.reply_id = await _reply(unit, row, made, made.author_id, identity, at)
    unit.session.add(made)
    await unit.session.flush()
    return made


async def _reply(
    unit: Unit, row: ConversationRow, message: MessageRow, author_id: int, identity: ContactIdentity, at: datetime
) -> int:
    reply = Reply(
        conversation_id=key(row),
        author_id=author_id,
        body=message.text,
        state="accepted",
        identity_id=key(identity),
        external_id=message.external_id,
        held_until=at,
        trying_since=at,
        created_at=at,
        settled_at=at,
        attempts=1,
    )
    unit.session.add(reply)
    await unit.session.flush()
    unit.session.add(
        ReplyRecipient(
            reply_id=key(reply),
            kind="to",
            address=identity.address,
            address_norm=identity.address_norm,
            state="accepted",
        )
    )
    return key(reply)


async def surfacings(
    unit: Unit, cards: list[Card], posts: Mapping[Card, int], actors: Mapping[str, Actor], rooms: Mapping[str, Channel]
) -> None:
    """Tie the conversations to the posts that show them."""
    unit.session.add_all(
        [
            Surfacing(
                conversation_id=card.conversation_id,
                channel_id=key(rooms[card.channel]),
                post_id=posts[card],
                person_id=actors[card.author].person_id if card.author else None,
                stream_id=card.stream_id,
                surfaced_at=card.at,
            )
            for card in cards
        ]
    )
    unit.session.add_all(
        [
            ConversationAct(
                conversation_id=card.conversation_id,
                actor_id=actors[card.author].person_id,
                kind="surfaced",
                detail={"channel_id": rooms[card.channel].id},
                at=card.at,
            )
            for card in cards
            if card.author
        ]
    )
    await unit.session.flush()
