"""Written by `customers`: sources, contacts, conversations, messages, replies. Nothing internal stands in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from parley.models.columns import document, moment, reference


class Source(SQLModel, table=True):
    """One connected place customers write to; its secrets are sealed to this row."""

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=16)
    name: str = Field(max_length=80, unique=True)
    address: str = Field(max_length=320)
    address_norm: str = Field(max_length=320, unique=True)
    display_name: str = Field(default="", max_length=120)
    signature: str = Field(default="", max_length=2000)
    config: dict[str, Any] = document(dict)
    """What is not secret: imap_url, smtp_url (without passwords), days_back, plus_addressing, authserv_id."""
    secrets_sealed: str = Field(default="", max_length=8000)
    cursor: dict[str, Any] = document(dict)
    state: str = Field(default="active", max_length=8)
    """active, paused"""
    error: str = Field(default="", max_length=500)
    fetched_at: datetime | None = moment(default=None, nullable=True)
    created_at: datetime = moment()
    created_by: int | None = reference("person", null=True)


class Stream(SQLModel, table=True):
    """A listening rule owned by a channel: which conversations of a source it surfaces there."""

    __table_args__ = (Index("ix_stream_source", "source_id"), Index("ix_stream_channel", "channel_id"))
    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = reference("channel")
    source_id: int = reference("source")
    words: str = Field(default="", max_length=500)
    """Words of which one must occur in subject or text; empty takes all."""
    created_by: int | None = reference("person", null=True)
    created_at: datetime = moment()
    removed_at: datetime | None = moment(default=None, nullable=True)


class Contact(SQLModel, table=True):
    """A human outside the company, made of identities."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=120)
    place: str = Field(default="", max_length=80)
    language: str = Field(default="", max_length=16)
    created_at: datetime = moment()


class ContactIdentity(SQLModel, table=True):
    """One address of a contact on one network, with how it was verified."""

    __tablename__ = "contact_identity"
    __table_args__ = (UniqueConstraint("network", "address_norm"), Index("ix_contact_identity_contact", "contact_id"))
    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = reference("contact")
    network: str = Field(max_length=16)
    address: str = Field(max_length=320)
    address_norm: str = Field(max_length=320)
    name: str = Field(default="", max_length=120)
    evidence: str = Field(default="", max_length=40)
    """How we know: dmarc, wrote_to_us, entered_by_hand."""
    first_seen_at: datetime = moment()


class Conversation(SQLModel, table=True):
    """One external thread on one source, begun by one identity."""

    __table_args__ = (
        Index("ix_conversation_queue", "state", "waiting_since"),
        Index("ix_conversation_identity", "identity_id"),
        Index("ix_conversation_assignee", "assignee_id", "state"),
        Index("ix_conversation_source", "source_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = reference("source")
    identity_id: int = reference("contact_identity")
    thread_id: int = Field(foreign_key="thread.id", unique=True)
    subject: str = Field(default="", max_length=500)
    state: str = Field(default="open", max_length=10)
    """open, snoozed, resolved, closed, spam, merged"""
    state_before_spam: str = Field(default="", max_length=10)
    waiting_on: str = Field(default="us", max_length=8)
    """us or customer: who did not speak last"""
    waiting_since: datetime | None = moment(default=None, nullable=True)
    """The first customer message that nobody answered yet; None after our reply."""
    assignee_id: int | None = reference("person", null=True)
    channel_id: int | None = reference("channel", null=True)
    """The owning channel: the one whose stream brought it in first; None while none did."""
    restricted: bool = Field(default=False)
    historic: bool = Field(default=False)
    """Read from the past of a mailbox: not surfaced, not unread."""
    follows_id: int | None = reference("conversation", null=True)
    client_id: str | None = Field(default=None, max_length=36, unique=True)
    last_message_id: int | None = Field(default=None)
    last_excerpt: str = Field(default="", max_length=300)
    last_message_at: datetime = moment()
    created_at: datetime = moment()
    resolved_at: datetime | None = moment(default=None, nullable=True)


class Participant(SQLModel, table=True):
    """An identity that takes part in a conversation; one that joined by a signed address is not verified."""

    conversation_id: int = Field(primary_key=True, foreign_key="conversation.id")
    identity_id: int = Field(primary_key=True, foreign_key="contact_identity.id")
    verified: bool = Field(default=True)
    joined_at: datetime = moment()


class RawDelivery(SQLModel, table=True):
    """A mail as it came, kept before anything is understood of it."""

    __tablename__ = "raw_delivery"
    __table_args__ = (UniqueConstraint("source_id", "external_id"), Index("ix_raw_delivery_state", "state"))
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = reference("source")
    external_id: str = Field(max_length=500)
    key: str = Field(max_length=80)
    size: int
    envelope: dict[str, Any] = document(dict)
    historic: bool = Field(default=False)
    state: str = Field(default="new", max_length=8)
    """new, filed, failed"""
    error: str = Field(default="", max_length=500)
    message_id: int | None = Field(default=None)
    received_at: datetime = moment()


class Message(SQLModel, table=True):
    """One inbound or outbound item of a conversation: the only thing that crosses the border."""

    __table_args__ = (
        UniqueConstraint("source_id", "external_id"),
        Index("ix_message_conversation", "conversation_id", "id"),
        Index("ix_message_in_reply_to", "source_id", "in_reply_to"),
    )
    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = reference("conversation")
    source_id: int = reference("source")
    direction: str = Field(max_length=3)
    """in, out"""
    external_id: str = Field(max_length=500)
    in_reply_to: str = Field(default="", max_length=500)
    references: list[str] = document(list)
    identity_id: int | None = reference("contact_identity", null=True)
    author_id: int | None = reference("person", null=True)
    reply_id: int | None = Field(default=None, unique=True)
    """The reply this left as. Not a foreign key: replies point at messages, and a circle cannot be created or dropped."""
    sender_name: str = Field(default="", max_length=120)
    subject: str = Field(default="", max_length=500)
    text: str = Field(default="")
    quoted_text: str = Field(default="")
    html: str = Field(default="")
    automatic: str = Field(default="", max_length=40)
    authenticity: dict[str, str] = document(dict)
    new_participant: bool = Field(default=False)
    unreadable: str = Field(default="", max_length=300)
    notes: list[str] = document(list)
    """Sentences about what is not shown, and where answers were asked for; English message ids."""
    body_hash: str = Field(default="", max_length=64)
    """Tells a second delivery of one message from a second message under a used id."""
    raw_key: str = Field(default="", max_length=80)
    cc: list[str] = document(list)
    sent_at: datetime = moment()
    received_at: datetime = moment()


class MessageFile(SQLModel, table=True):
    """A file that came with or went out with a message."""

    __tablename__ = "message_file"
    __table_args__ = (Index("ix_message_file_message", "message_id"),)
    id: int | None = Field(default=None, primary_key=True)
    message_id: int = reference("message")
    key: str = Field(max_length=80)
    thumb_key: str = Field(default="", max_length=80)
    name: str = Field(max_length=200)
    content_type: str = Field(max_length=100)
    size: int
    content_id: str = Field(default="", max_length=300)


class Claim(SQLModel, table=True):
    """A lease that says who is answering; one row a conversation."""

    conversation_id: int = Field(primary_key=True, foreign_key="conversation.id")
    person_id: int = reference("person", index=True)
    since: datetime = moment()
    until: datetime = moment()


class Watch(SQLModel, table=True):
    """A person who follows a conversation."""

    conversation_id: int = Field(primary_key=True, foreign_key="conversation.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    since: datetime = moment()


class Surfacing(SQLModel, table=True):
    """A conversation's place in a channel: a post of kind conversation."""

    __table_args__ = (UniqueConstraint("conversation_id", "channel_id"), Index("ix_surfacing_channel", "channel_id"))
    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = reference("conversation")
    channel_id: int = reference("channel")
    post_id: int = Field(foreign_key="post.id", unique=True)
    person_id: int | None = reference("person", null=True)
    stream_id: int | None = reference("stream", null=True)
    surfaced_at: datetime = moment()
    removed_at: datetime | None = moment(default=None, nullable=True)
    """While its post is removed: it then lets nobody read the conversation."""


class Reply(SQLModel, table=True):
    """An outbound message on its way; its body is what leaves, nothing is added but the signature."""

    __table_args__ = (
        UniqueConstraint("author_id", "client_id"),
        Index("ix_reply_conversation", "conversation_id"),
        Index("ix_reply_state", "state"),
        Index("ix_reply_external_id", "external_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = reference("conversation")
    author_id: int = reference("person")
    client_id: str | None = Field(default=None, max_length=36)
    content_hash: str = Field(default="", max_length=64)
    body: str = Field(max_length=16_000)
    state: str = Field(default="held", max_length=10)
    """draft, held, sending, accepted, delivered, bounced, failed, unknown; replaced: a draft that was sent anew"""
    answers_id: int | None = reference("message", null=True)
    identity_id: int = reference("contact_identity")
    external_id: str = Field(default="", max_length=500)
    held_until: datetime = moment()
    trying_since: datetime = moment()
    attempts: int = Field(default=0)
    """Also the fence of the outbox: the end of an attempt counts only while no later one has begun."""
    error: str = Field(default="", max_length=500)
    created_at: datetime = moment()
    settled_at: datetime | None = moment(default=None, nullable=True)


class ReplyRecipient(SQLModel, table=True):
    """One address a reply goes to, with its own fate."""

    __tablename__ = "reply_recipient"
    __table_args__ = (UniqueConstraint("reply_id", "address_norm"),)
    id: int | None = Field(default=None, primary_key=True)
    reply_id: int = reference("reply")
    kind: str = Field(max_length=3)
    """to, cc"""
    address: str = Field(max_length=320)
    address_norm: str = Field(max_length=320)
    state: str = Field(default="held", max_length=10)
    """held, sending, accepted, delivered, bounced, failed, unknown: the reply's own state follows from these"""
    detail: str = Field(default="", max_length=500)


class ReplyFile(SQLModel, table=True):
    """A colleague's file that a reply takes outside, after the second step."""

    __tablename__ = "reply_file"
    reply_id: int = Field(primary_key=True, foreign_key="reply.id")
    file_id: int = Field(primary_key=True, foreign_key="file.id")


class ConversationAct(SQLModel, table=True):
    """What happened to a conversation, for its History tab."""

    __tablename__ = "conversation_act"
    __table_args__ = (Index("ix_conversation_act_conversation", "conversation_id", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = reference("conversation")
    actor_id: int | None = reference("person", null=True)
    kind: str = Field(max_length=24)
    detail: dict[str, Any] = document(dict)
    at: datetime = moment()
