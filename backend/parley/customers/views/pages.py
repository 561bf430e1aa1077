"""A conversation with its two rooms, a contact, and the forms beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from parley.channels.views import ChannelRef
from parley.customers.views.letters import ActView, InboundView, LetterFile, OutboundView
from parley.customers.views.refs import ClockView, ContactRef, EarlierView, IdentityView, SourceRef
from parley.people.views import PersonCard
from parley.posts.views import CommentView, ComposerView, FileView


@dataclass(frozen=True, slots=True)
class ConversationHead:
    """What stands above a conversation, the same for every reader."""

    id: int
    contact: ContactRef
    source: SourceRef
    subject: str
    state: str
    waiting_on: str
    clock: ClockView | None
    holder: PersonCard | None
    held_since: datetime | None
    held_until: datetime | None
    assignee: PersonCard | None
    watchers: Sequence[PersonCard]
    restricted: bool
    channels: Sequence[ChannelRef]
    resolved_at: datetime | None = None
    historic: bool = False


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """The composer of the outside room. `closed` says why nobody can answer; `conflict` why this one did not leave."""

    conversation_id: int
    contact: ContactRef
    to: str
    source: SourceRef
    signature: str
    undo_seconds: int
    expected_last_message: int | None
    body: str = ""
    cc: str = ""
    files: Sequence[FileView] = ()
    closed: str = ""
    conflict: str = ""
    newer: Sequence[InboundView | OutboundView] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiscussionView:
    """The thread that colleagues have about a conversation. `closed` says why the reader may not comment."""

    comments: Sequence[CommentView]
    count: int
    composer: ComposerView
    older_url: str | None = None
    closed: str = ""
    thread_id: int = 0
    read_id: int = 0
    """The last comment that the reader has read."""


@dataclass(frozen=True, slots=True)
class ContactAside:
    """The tab Contact beside a conversation."""

    identities: Sequence[IdentityView]
    first_seen_at: datetime
    language: str
    others: Sequence[EarlierView]
    answered_by: Sequence[PersonCard]


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """A conversation for one reader. `tab`: discussion, contact or history; `room`, which a phone shows: outside or inside.

    `watching`, `mine` and `may_restrict` are the reader's own; of `discussion`, `contact` and `history` the tab's is set.
    """

    head: ConversationHead
    flow: Sequence[InboundView | OutboundView | ActView]
    older_url: str | None
    earlier: Sequence[EarlierView]
    reply: ReplyForm
    tab: str
    room: str
    comment_count: int
    looking: Sequence[PersonCard]
    mine: bool
    watching: bool
    may_act: bool
    may_restrict: bool
    discussion: DiscussionView | None = None
    contact: ContactAside | None = None
    history: Sequence[ActView] = ()


@dataclass(frozen=True, slots=True)
class SurfaceForm:
    """The dialog that surfaces a conversation in a channel, and what it would do there."""

    conversation_id: int
    contact: ContactRef
    channels: Sequence[ChannelRef]
    channel_id: int | None
    more_readers: int = 0
    comments: int = 0
    already: bool = False
    body: str = ""
    refused: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssignForm:
    """The menu that hands a conversation to a colleague."""

    conversation_id: int
    contact: ContactRef
    q: str
    people: Sequence[PersonCard]
    assignee: PersonCard | None


@dataclass(frozen=True, slots=True)
class Answerer:
    """A colleague who answered a contact."""

    person: PersonCard
    replies: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ContactFile:
    """A file in one of the contact's conversations."""

    file: LetterFile
    conversation_id: int
    subject: str
    ours: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Everything about one contact that the reader may see."""

    contact: ContactRef
    language: str
    first_seen_at: datetime
    identities: Sequence[IdentityView]
    conversations: Sequence[EarlierView]
    next_url: str | None
    answered_by: Sequence[Answerer]
    files: Sequence[ContactFile]
    may_rename: bool
    name: str = ""
    """What was typed, when it was refused."""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewConversation:
    """The form to write first."""

    sources: Sequence[SourceRef]
    client_id: str
    source_id: int | None = None
    to: str = ""
    subject: str = ""
    body: str = ""
    undo_seconds: int = 10
    errors: Mapping[str, str] = field(default_factory=dict)
