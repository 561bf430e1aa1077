"""What the screens about people show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One colleague as every face, name line and mention shows them."""

    id: int
    handle: str
    name: str
    title: str
    team: str
    initials: str
    hue: int
    photo_url: str | None


@dataclass(frozen=True, slots=True)
class KnownTopic:
    """Something a person can be asked about, and what shows it."""

    topic: str
    evidence: str


@dataclass(frozen=True, slots=True)
class HelpfulAnswer:
    """A recent answer of a person that helped somebody."""

    url: str
    title: str
    text: str
    note: str
    at: datetime
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Praise:
    """A post that praises a person."""

    url: str
    title: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ProfileChannel:
    """A channel of a person that the reader may see."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ProfileView:
    """A person's page."""

    card: PersonCard
    pronouns: str
    place: str
    zone: str
    time_there: str
    status: str
    about_html: str
    email: str
    phone: str
    hours: str
    languages: str
    away: str
    from_directory: Sequence[str]
    manager: PersonCard | None
    reports: Sequence[PersonCard]
    reports_count: int
    knows: Sequence[KnownTopic]
    helpful: Sequence[HelpfulAnswer]
    praise: Sequence[Praise]
    channels: Sequence[ProfileChannel]
    active: bool
    is_me: bool
    team_handle: str = ""
    followed: bool = False
    inner: bool = False
    may_follow: bool = False


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """One line of the directory."""

    card: PersonCard
    place: str
    knows: Sequence[str]


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team's page; `channels` are those it feeds that the reader may see."""

    id: int
    handle: str
    name: str
    members: Sequence[DirectoryRow]
    channels: Sequence[ProfileChannel]
    may_arrange: bool


@dataclass(frozen=True, slots=True)
class DirectoryView:
    """The directory with its filters; the choices are (value, words)."""

    rows: Sequence[DirectoryRow]
    total: int
    q: str
    team: str
    place: str
    teams: Sequence[tuple[str, str]]
    places: Sequence[tuple[str, str]]
    next_url: str | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser of the reader."""

    id: int
    device: str
    address: str
    since: datetime
    last_seen: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One API token of the reader; the secret is shown once, elsewhere."""

    id: int
    name: str
    scopes: Sequence[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class SettingsView:
    """The reader's own settings; choices are (value, words)."""

    language: str
    languages: Sequence[tuple[str, str]]
    theme: str
    zone: str
    zones: Sequence[tuple[str, str]]
    sessions: Sequence[SessionRow]
    tokens: Sequence[TokenRow]
    scopes: Sequence[tuple[str, str]]
    following: Sequence[DirectoryRow] = ()
    new_token: str | None = None
    token_name: str = ""
    token_scopes: Sequence[str] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
