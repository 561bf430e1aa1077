"""What the screens about channels show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from parley.people.views import PersonCard


@dataclass(frozen=True, slots=True)
class RailChannel:
    """A joined channel in the rail. A direct one shows the other person's face."""

    id: int
    name: str
    kind: str
    unread: int
    mentions: int
    current: bool
    person: PersonCard | None = None
    level: str = "all"


@dataclass(frozen=True, slots=True)
class RailSection:
    """A group of channels in the rail. A `personal` one was made by its person and can be renamed and removed."""

    title: str
    channels: Sequence[RailChannel]
    key: str = "channels"
    personal: bool = False
    own_order: bool = False
    shut: bool = False

    @property
    def unread(self) -> int:
        """What is not read in all its channels together; shown while it is shut."""
        return sum(channel.unread for channel in self.channels)


@dataclass(frozen=True, slots=True)
class RailView:
    """The rail of one person."""

    sections: Sequence[RailSection]
    unread_only: bool


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel as a post or a result names it."""

    id: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class ChannelView:
    """The head of a channel's page, for one reader."""

    id: int
    name: str
    kind: str
    purpose: str
    member_count: int
    faces: Sequence[PersonCard]
    joined: bool
    level: str
    archived: bool
    may_post: bool
    why_not_post: str
    may_manage: bool
    may_join: bool
    customers_open: int | None = None
    may_invite: bool = False
    may_set_default: bool = False
    is_default: bool = False
    may_make_private: bool = False
    gone: Sequence[str] = ()
    """Names of those in a direct channel who are no longer with the company."""


@dataclass(frozen=True, slots=True)
class ChannelMenu:
    """What can be done with a channel from the rail; `section` is where it stands now, None when it stands nowhere."""

    channel: ChannelView
    section: RailSection | None
    sections: Sequence[RailSection]
    joined: bool
    last_number: int


@dataclass(frozen=True, slots=True)
class ChannelFlow:
    """One part of a channel's posts, newest first."""

    read_number: int
    last_number: int
    unread: int
    unread_since: datetime | None
    older_url: str | None
    newer_url: str | None
    first_unread_url: str | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a channel. `from_group` names the team that brought them, if any."""

    person: PersonCard
    role: str
    since: datetime
    from_group: str = ""


@dataclass(frozen=True, slots=True)
class ChannelAbout:
    """The About tab."""

    created_at: datetime
    created_by: PersonCard | None
    members: Sequence[MemberRow]
    more_members_url: str | None
    who_posts: str = "members"
    who_comments: str = "everybody"
    who_invites: str = "members"
    feeds: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class BrowseRow:
    """A channel in the browse list."""

    id: int
    name: str
    kind: str
    purpose: str
    member_count: int
    faces: Sequence[PersonCard]
    last_post_at: datetime | None
    joined: bool
    archived: bool
    level: str = "all"
    may_join: bool = True


@dataclass(frozen=True, slots=True)
class BrowseView:
    """The browse list with its filters; `sections` and `teams` are what can be chosen."""

    rows: Sequence[BrowseRow]
    total: int
    q: str
    kind: str
    joined: str
    may_create: bool
    next_url: str | None
    section: str = ""
    team: str = ""
    order: str = "active"
    sections: Sequence[str] = ()
    teams: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class KindEffect:
    """What another kind would mean: how many posts, and how many colleagues more (or, `closes`, fewer) read them."""

    kind: str
    posts: int
    colleagues: int
    members: int
    closes: bool


@dataclass(frozen=True, slots=True)
class ChannelForm:
    """The form of a new channel, and the settings of an existing one (`id` is set).

    `people` are those whom a new channel begins with; `effect` asks whether the new kind is meant.
    """

    id: int | None = None
    name: str = ""
    kind: str = "open"
    purpose: str = ""
    who_may_post: str = ""
    archived: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    who_may_comment: str = ""
    who_may_invite: str = ""
    effect: KindEffect | None = None
    people: Sequence[PersonCard] = ()


@dataclass(frozen=True, slots=True)
class MembersView:
    """The members page of a channel; `feeds` and `teams` are (id, name) of teams that feed it, and others that could."""

    rows: Sequence[MemberRow]
    q: str
    may_manage: bool
    next_url: str | None
    error: str = ""
    may_invite: bool = False
    may_expel: bool = False
    feeds: Sequence[tuple[int, str]] = ()
    teams: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class DirectForm:
    """The form of a new direct message: whom it goes to, and what is wrong. `many` offers a private channel instead."""

    people: Sequence[PersonCard] = ()
    error: str = ""
    many: bool = False
