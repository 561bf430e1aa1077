"""What the screens about posts show. Nothing here depends on who reads: the same fragment goes to everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from parley.channels.views import ChannelRef
from parley.people.views import PersonCard
from parley.posts.kinds.views import KindForm, KindView


@dataclass(frozen=True, slots=True)
class ReactionView:
    """One kind of reaction under a post or comment. The four with a meaning have an icon, the others are the emoji."""

    emoji: str
    label: str
    icon: str | None
    count: int
    people_ids: Sequence[int]
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class FileView:
    """An attached file."""

    id: int
    name: str
    url: str
    thumb_url: str | None
    width: int | None
    height: int | None
    size: int
    is_image: bool
    alt: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file in the list of a channel's files, with the post it came with."""

    file: FileView
    author: PersonCard
    at: datetime
    post_url: str


@dataclass(frozen=True, slots=True)
class OriginView:
    """The card of a post that was passed on. One from a private channel does not name it; a removed one is only gone."""

    id: int
    author: PersonCard | None
    channel: ChannelRef | None
    title: str
    text: str
    at: datetime
    gone: bool


@dataclass(frozen=True, slots=True)
class LinkView:
    """What a link in a post leads to."""

    id: int
    url: str
    title: str
    description: str
    site: str
    picture_url: str | None
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PinRow:
    """A post at the head of its channel."""

    id: int
    author: PersonCard | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MovedNote:
    """Says where a post stands that stood here."""

    post_id: int
    channel_id: int
    number: int
    to: ChannelRef
    by: PersonCard


@dataclass(frozen=True, slots=True)
class PlaceForm:
    """Chooses a channel for a post: to move it, to pass it on, or to give comments a post of their own there."""

    post_id: int
    act: str
    text: str
    channels: Sequence[ChannelRef]
    channel_id: int | None = None
    more: int | None = None
    private_source: bool = False
    comments: Sequence[tuple[int, str, str]] = ()
    chosen: Sequence[int] = ()
    title: str = ""
    body: str = ""
    refused: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LastComment:
    """The newest comment as a post's foot quotes it, in plain text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PostView:
    """A post. One without an author was surfaced by a stream; one with a conversation shows its card."""

    id: int
    number: int
    channel: ChannelRef
    author: PersonCard | None
    kind: str
    title: str
    body_html: str
    created_at: datetime
    edited_at: datetime | None
    removed: bool
    pinned: bool
    folded: bool
    reactions: Sequence[ReactionView]
    files: Sequence[FileView]
    comment_count: int
    faces: Sequence[PersonCard]
    last_comment: LastComment | None
    conversation: object | None = None
    resolved: bool = False
    of_kind: KindView | None = None
    """What its kind has beside the words."""
    origin: OriginView | None = None
    links: Sequence[LinkView] = ()


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment in the one flat thread under a post or conversation."""

    id: int
    post_id: int
    topic: str
    author: PersonCard
    body_html: str
    created_at: datetime
    edited_at: datetime | None
    removed: bool
    reactions: Sequence[ReactionView]
    files: Sequence[FileView]
    accepted: bool = False
    asker: int | None = None
    """Who asked the question that this comment may answer."""


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A post with its comments, oldest first, for one reader."""

    post: PostView
    comments: Sequence[CommentView]
    may_comment: bool
    why_not_comment: str
    older_url: str | None = None
    newer_url: str | None = None
    """Set where the part around one comment is shown, and later ones follow."""
    state: object | None = None


@dataclass(frozen=True, slots=True)
class ComposerView:
    """A form for a post or comment. `place` names the draft; `channels` is the choice on Home."""

    action: str
    place: str
    placeholder: str
    button: str
    target: str
    channels: Sequence[ChannelRef] = ()
    channel_id: int | None = None
    kinds: Sequence[str] = ()
    titled: bool = False
    body: str = ""
    title: str = ""
    files: Sequence[FileView] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    form: KindForm = field(default_factory=KindForm)
    send_at: str = ""
    """On the writer's own clocks, for a post that waits."""
    draft_version: int = 0


@dataclass(frozen=True, slots=True)
class EditView:
    """The form that changes a post (`noun` posts) or a comment (`noun` comments)."""

    noun: str
    id: int
    body: str
    title: str = ""
    titled: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    form: KindForm = field(default_factory=KindForm)


@dataclass(frozen=True, slots=True)
class MenuView:
    """What one reader may do with a post or comment."""

    noun: str
    id: int
    url: str
    may_edit: bool
    may_remove: bool
    edited: bool = False
    channel_id: int | None = None
    number: int | None = None
    thread: object | None = None
    surface_url: str | None = None
    accept: str = ""
    """accept or unaccept, where the reader may say which comment answered a question."""
    places: Sequence[str] = ()
    """Which of move, split, pass-on, pin, unpin this reader may choose."""
    pictured: bool = False


@dataclass(frozen=True, slots=True)
class VersionView:
    """One earlier text of a post or comment."""

    at: datetime
    by: PersonCard
    title: str
    body_html: str


@dataclass(frozen=True, slots=True)
class EmojiView:
    """One choice in the picker. The four with a meaning have an icon."""

    emoji: str
    label: str
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class EmojiPicker:
    """The picker for one post or comment, named by noun and id."""

    noun: str
    id: int
    q: str
    meaningful: Sequence[EmojiView]
    groups: Sequence[tuple[str, Sequence[EmojiView]]]
    tone: str = ""
    tones: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class ShareView:
    """Those whom a text names and who may not read it; `why_not` says why the writer may not let them in."""

    action: str
    people: Sequence[PersonCard]
    channel: str
    why_not: str


@dataclass(frozen=True, slots=True)
class Completion:
    """One suggestion after @ or #."""

    value: str
    label: str
    note: str
    person: PersonCard | None = None
    icon: str = "hash"
