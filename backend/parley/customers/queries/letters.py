"""Letters: messages from outside, replies of ours in all their states, and what happened between them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.connectors.email.compose import reply_subject
from parley.customers.queries import refs
from parley.customers.rows import every, key
from parley.customers.views import (
    AuthenticityView,
    ContactRef,
    InboundView,
    LetterFile,
    OutboundView,
    RecipientView,
    SourceRef,
)
from parley.customers.words_html import words_html
from parley.kit.text import initials, parted, told
from parley.models.customers import Conversation, Message, MessageFile, Reply, ReplyFile, ReplyRecipient
from parley.models.posts import File
from parley.people.queries import cards
from parley.people.views import PersonCard

Say = Callable[[str], str]
"""Puts one of our sentences into the language of the page."""


@dataclass(frozen=True, slots=True)
class Around:
    """What every letter of one conversation shares."""

    conversation: Conversation
    source: SourceRef
    contact: ContactRef
    undo_seconds: int
    say: Say

    def trouble(self, words: str) -> str:
        """Return what went wrong in the reader's language, with the server's own words behind it."""
        sentence, detail = parted(words)
        return told(self.say(sentence), detail) if sentence and detail else self.say(words) if words else ""


async def around(session: AsyncSession, conversation: Conversation, undo_seconds: int, say: Say) -> Around:
    """Gather what the letters of a conversation share."""
    contacts = await refs.contacts(session, [conversation.identity_id])
    sources = await refs.sources(session, [conversation.source_id])
    return Around(conversation, sources[conversation.source_id], contacts[conversation.identity_id], undo_seconds, say)


async def inbound(session: AsyncSession, about: Around, messages: Sequence[Message]) -> list[InboundView]:
    """Return messages from outside as letters."""
    if not messages:
        return []
    senders = await refs.contacts(session, {message.identity_id for message in messages})
    addresses = await refs.addresses(session, {message.identity_id for message in messages})
    files = await message_files(session, [key(message) for message in messages])
    return [_inbound(about, message, senders, addresses, files) for message in messages]


def _inbound(
    about: Around,
    message: Message,
    senders: Mapping[int, ContactRef],
    addresses: Mapping[int, str],
    files: Mapping[int, list[LetterFile]],
) -> InboundView:
    found = message.authenticity
    # Nobody in particular wrote a delivery report: it is shown under its own name, beside the customer it is about.
    nobody = ContactRef(about.contact.id, message.sender_name, initials(message.sender_name))
    other_subject = reply_subject(message.subject) != reply_subject(about.conversation.subject)
    return InboundView(
        id=key(message),
        sender=senders.get(message.identity_id or 0, nobody),
        address=addresses.get(message.identity_id or 0, ""),
        source=about.source,
        to=[about.source.address],
        cc=message.cc,
        at=message.received_at,
        body_html=words_html(message.text),
        more=bool(message.quoted_text or message.html),
        files=files.get(key(message), []),
        authenticity=AuthenticityView(
            found.get("verdict", "unknown"), found.get("dkim", ""), found.get("spf", ""), found.get("dmarc", "")
        ),
        new_participant=message.new_participant,
        automatic=message.automatic,
        unreadable=about.say(message.unreadable) if message.unreadable else "",
        notes=[about.say(note) for note in message.notes],
        subject=message.subject if other_subject else "",
    )


async def outbound(
    session: AsyncSession, about: Around, replies: Sequence[Reply], messages: Sequence[Message]
) -> list[OutboundView]:
    """Return our replies as letters, each once: `messages` are those that they became, and older ones without a reply."""
    by_reply = {message.reply_id: message for message in messages if message.reply_id is not None}
    plain = [message for message in messages if message.reply_id is None]
    people = await cards(session, {reply.author_id for reply in replies} | {message.author_id for message in plain})
    contacts = await refs.contacts(
        session, {reply.identity_id for reply in replies} | {message.identity_id for message in plain}
    )
    recipients = await _recipients(session, [key(reply) for reply in replies])
    sent_files = await message_files(session, [key(message) for message in messages])
    own_files = await _reply_files(session, [key(reply) for reply in replies])
    views = [
        _reply(about, reply, by_reply.get(key(reply)), people, contacts, recipients, own_files.get(key(reply), []))
        for reply in replies
    ]
    return [
        *views,
        *(
            OutboundView(
                id=key(message),
                reply_id=None,
                author=people.get(message.author_id or 0),
                source=about.source,
                contact=contacts.get(message.identity_id or 0, about.contact),
                recipients=[],
                at=message.received_at,
                body_html=words_html(message.text),
                state="accepted",
                files=sent_files.get(key(message), []),
            )
            for message in plain
        ),
    ]


def _reply(
    about: Around,
    reply: Reply,
    message: Message | None,
    people: Mapping[int, PersonCard],
    contacts: Mapping[int, ContactRef],
    recipients: Mapping[int, list[RecipientView]],
    files: list[LetterFile],
) -> OutboundView:
    held = reply.state == "held"
    retrying = held and (reply.attempts > 0 or bool(reply.error))
    return OutboundView(
        id=key(message) if message else None,
        reply_id=key(reply),
        author=people.get(reply.author_id),
        source=about.source,
        contact=contacts.get(reply.identity_id, about.contact),
        recipients=recipients.get(key(reply), []),
        at=reply.created_at,
        body_html=words_html(reply.body),
        state=reply.state,
        held_until=reply.held_until if held else None,
        undo_seconds=about.undo_seconds,
        retrying_at=reply.held_until if retrying else None,
        error=about.trouble(reply.error),
        files=files,
    )


async def message_files(session: AsyncSession, message_ids: Sequence[int]) -> dict[int, list[LetterFile]]:
    """Return the files of messages; pictures that are part of a laid-out mail too, since nothing else shows them."""
    found: dict[int, list[LetterFile]] = {}
    for file in await every(
        session, select(MessageFile).where(col(MessageFile.message_id).in_(message_ids)).order_by(col(MessageFile.id))
    ):
        found.setdefault(file.message_id, []).append(letter_file(file))
    return found


def letter_file(file: MessageFile) -> LetterFile:
    """Return a message's file with the addresses under which its readers get it."""
    url = f"/messages/{file.message_id}/files/{file.id}"
    return LetterFile(
        file.name, f"{url}/{quote(file.name, safe='')}", f"{url}/thumb" if file.thumb_key else None, file.size
    )


async def _reply_files(session: AsyncSession, reply_ids: Sequence[int]) -> dict[int, list[LetterFile]]:
    rows = await session.execute(
        select(col(ReplyFile.reply_id), col(File.id), col(File.name), col(File.thumb_key), col(File.size))
        .join(File, col(File.id) == ReplyFile.file_id)
        .where(col(ReplyFile.reply_id).in_(reply_ids))
        .order_by(col(File.id))
    )
    found: dict[int, list[LetterFile]] = {}
    for row in rows.all():
        url = f"/replies/{row.reply_id}/files/{row.id}"
        found.setdefault(row.reply_id, []).append(
            LetterFile(
                row.name, f"{url}/{quote(row.name, safe='')}", f"{url}/thumb" if row.thumb_key else None, row.size
            )
        )
    return found


async def _recipients(session: AsyncSession, reply_ids: Sequence[int]) -> dict[int, list[RecipientView]]:
    found: dict[int, list[RecipientView]] = {}
    for row in await every(
        session,
        select(ReplyRecipient)
        .where(col(ReplyRecipient.reply_id).in_(reply_ids))
        .order_by(col(ReplyRecipient.kind).desc(), col(ReplyRecipient.id)),
    ):
        found.setdefault(row.reply_id, []).append(RecipientView(row.kind, row.address, row.state, row.detail))
    return found


async def message(session: AsyncSession, about: Around, message_id: int) -> InboundView | OutboundView | None:
    """Return one message as a letter; one of ours in the place of its reply."""
    found = await session.get(Message, message_id)
    if found is None:
        return None
    if found.direction == "in":
        return (await inbound(session, about, [found]))[0]
    replies = await every(session, select(Reply).where(col(Reply.id) == found.reply_id)) if found.reply_id else []
    return (await outbound(session, about, replies, [found]))[0]


async def reply(session: AsyncSession, about: Around, reply_id: int) -> OutboundView | None:
    """Return one reply as a letter; None once it was put away."""
    found = await session.get(Reply, reply_id)
    if found is None or found.state == "replaced":
        return None
    sent = await every(session, select(Message).where(col(Message.reply_id) == reply_id))
    return (await outbound(session, about, [found], sent))[0]


def moment(view: InboundView | OutboundView) -> tuple[datetime, int]:
    """Return what letters are ordered by: when they came, or were written; it never changes."""
    return view.at, (view.reply_id or 0) if isinstance(view, OutboundView) else view.id
