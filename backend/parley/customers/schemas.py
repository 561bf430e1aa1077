"""Conversations, messages, replies, contacts, sources and streams as the API gives them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, PlainSerializer

from parley.kit.clock import rfc3339
from parley.posts.schemas import AuthorOut

Moment = Annotated[datetime, PlainSerializer(rfc3339, when_used="json")]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Address = Annotated[str, Field(max_length=400)]


class ContactRefOut(BaseModel):
    """A contact, named."""

    id: int
    name: str


class SourceRefOut(BaseModel):
    """A source, named."""

    id: int
    name: str
    kind: str
    address: str


class ClaimOut(BaseModel):
    """Who is answering, and until when nobody else should."""

    person_id: int
    since: Moment
    until: Moment


class ConversationOut(BaseModel):
    """A conversation. `channel_ids` are those it is surfaced in, as far as every colleague may know them."""

    id: int
    subject: str
    state: str
    waiting_on: str
    waiting_since: Moment | None
    contact: ContactRefOut
    source: SourceRefOut
    assignee_id: int | None
    claim: ClaimOut | None
    watcher_ids: list[int]
    channel_ids: list[int]
    restricted: bool
    historic: bool
    follows_id: int | None
    last_message_id: int | None
    last_message_at: Moment
    last_excerpt: str
    comment_count: int
    created_at: Moment
    resolved_at: Moment | None
    client_id: str | None


class SenderOut(BaseModel):
    """Who wrote a message from outside; no contact for delivery reports."""

    contact_id: int | None
    name: str
    address: str


class MessageFileOut(BaseModel):
    """A file that came or went with a message."""

    id: int
    name: str
    content_type: str
    size: int
    url: str


class MessageOut(BaseModel):
    """A message: the only thing that crosses the border."""

    id: int
    conversation_id: int
    direction: str
    sender: SenderOut | None
    author_id: int | None
    reply_id: int | None
    subject: str
    text: str
    quoted_text: str
    html: str
    automatic: str
    authenticity: dict[str, str]
    new_participant: bool
    unreadable: str
    notes: list[str]
    cc: list[str]
    external_id: str
    sent_at: Moment
    received_at: Moment
    attachments: list[MessageFileOut]


class RecipientOut(BaseModel):
    """One address of a reply and what became of it there."""

    kind: str
    address: str
    state: str
    detail: str


class ReplyOut(BaseModel):
    """A reply on its way out."""

    id: int
    conversation_id: int
    author: AuthorOut | None
    body: str
    state: str
    error: str
    recipients: list[RecipientOut]
    held_until: Moment
    attempts: int
    created_at: Moment
    settled_at: Moment | None
    client_id: str | None
    message_id: int | None


class ContactOut(BaseModel):
    """A contact."""

    id: int
    name: str
    place: str
    language: str
    created_at: Moment


class IdentityOut(BaseModel):
    """One address of a contact and how we know it."""

    network: str
    address: str
    name: str
    evidence: str
    first_seen_at: Moment


class ContactWithIdentities(ContactOut):
    """A contact with the addresses that the caller may know."""

    identities: list[IdentityOut]


class StreamOut(BaseModel):
    """A stream of a channel."""

    id: int
    channel_id: int
    source_id: int
    words: str
    created_at: Moment


class SourceOut(BaseModel):
    """A source and its health; passwords are never given."""

    id: int
    kind: str
    name: str
    address: str
    display_name: str
    signature: str
    state: str
    error: str
    fetched_at: Moment | None
    imap_url: str
    smtp_url: str
    days_back: int
    plus_addressing: bool
    authserv_id: str
    created_at: Moment


class SurfacingOut(BaseModel):
    """A conversation's place in a channel."""

    conversation_id: int
    channel_id: int
    post_id: int
    person_id: int | None
    surfaced_at: Moment


class EffectOut(BaseModel):
    """What surfacing would do: so many more colleagues would read so many comments."""

    more_readers: int
    comments: int
    already: bool


class PreviewOut(BaseModel):
    """Which of the latest conversations a stream would have taken."""

    looked_at: int
    taken: int
    conversation_ids: list[int]


class HealthOut(BaseModel):
    """What a test of a source found, in words."""

    ok: bool
    words: str
    details: dict[str, str]
