"""Conversations in lists and feeds, and the streams that bring them there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from parley.channels.views import ChannelRef
from parley.customers.views.refs import ClockView, ContactRef, EarlierView, SourceRef
from parley.people.views import PersonCard
from parley.posts.views import LastComment


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One conversation in a list. `tags` are of: automatic, bounce, new_participant, follows, unreadable, trouble."""

    id: int
    contact: ContactRef
    source: SourceRef
    subject: str
    state: str
    waiting_on: str
    last_text: str
    last_by_us: bool
    last_at: datetime
    since: datetime | None
    """Their first unanswered word; None while they have our answer."""
    clock: ClockView | None
    tags: Sequence[str]
    holder: PersonCard | None
    assignee: PersonCard | None
    watcher_ids: Sequence[int] = ()
    looking: Sequence[PersonCard] = ()


@dataclass(frozen=True, slots=True)
class QueueView:
    """One list of conversations. `list`: unclaimed, mine, watching, waiting, resolved or spam."""

    list: str
    rows: Sequence[QueueRow]
    counts: Mapping[str, int]
    waiting: int
    late: int
    oldest_since: datetime | None
    channels: Sequence[ChannelRef]
    channel_id: int | None
    next_url: str | None
    may_write_first: bool


@dataclass(frozen=True, slots=True)
class ConversationCard:
    """A conversation as a post in a channel shows it, with the discussion in a line below."""

    id: int
    contact: ContactRef
    source: SourceRef
    subject: str
    text: str
    state: str
    waiting_on: str
    clock: ClockView | None
    holder: PersonCard | None
    held_since: datetime | None
    assignee: PersonCard | None
    watcher_ids: Sequence[int]
    comment_count: int
    faces: Sequence[PersonCard]
    last_comment: LastComment | None
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many customers wait for us, how many of them too long, and since when the first does."""

    waiting: int
    late: int
    oldest_since: datetime | None


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream of a channel; without words it takes everything."""

    id: int
    source: SourceRef
    words: str
    since: datetime
    paused: bool = False


@dataclass(frozen=True, slots=True)
class StreamPreview:
    """Which of the latest conversations a stream would have taken."""

    looked_at: int
    taken: int
    rows: Sequence[EarlierView]


@dataclass(frozen=True, slots=True)
class StreamForm:
    """The form of a new stream; `preview` once it was tried."""

    sources: Sequence[SourceRef]
    source_id: int | None = None
    words: str = ""
    preview: StreamPreview | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelCustomers:
    """The tab Customers of a channel: what it hears, and who waits. `form` is None for who may not change streams."""

    channel: ChannelRef
    streams: Sequence[StreamRow]
    rows: Sequence[QueueRow]
    waiting: int
    next_url: str | None
    form: StreamForm | None
