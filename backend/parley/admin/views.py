"""What the screens of administration show. `tab` names the page's place in the sub-navigation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from parley.channels.views import ChannelRef
from parley.people.views import PersonCard, SessionRow, TokenRow


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial went, in words; `facts` are (name, value) found on the way."""

    ok: bool
    words: str
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong: a sentence in the reader's language, and what the machines said of it."""

    words: str
    detail: str = ""


# people


@dataclass(frozen=True, slots=True)
class AdminPersonRow:
    """One account in the list."""

    card: PersonCard
    email: str
    roles: Sequence[str]
    active: bool
    seen_at: datetime | None
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class AdminPeople:
    """The accounts. `show`: active, left or all; `role` narrows to one role."""

    rows: Sequence[AdminPersonRow]
    total: int
    q: str
    show: str
    role: str
    roles: Sequence[str]
    next_url: str | None


@dataclass(frozen=True, slots=True)
class SignInWay:
    """Who the person is at a provider."""

    provider: str
    subject: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class AdminPerson:
    """One account. `link` is a fresh one-time sign-in link, shown once; `blocked` says why it cannot be closed."""

    card: PersonCard
    email: str
    active: bool
    break_glass: bool
    created_at: datetime
    seen_at: datetime | None
    left_at: datetime | None
    roles: Sequence[str]
    all_roles: Sequence[str]
    ways: Sequence[SignInWay]
    sessions: Sequence[SessionRow]
    tokens: Sequence[TokenRow]
    is_me: bool
    blocked: str = ""
    link: str | None = None
    link_until: datetime | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeldConversation:
    """A conversation in which the leaver holds something."""

    id: int
    contact: str
    initials: str
    subject: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """What closing an account will do, before it is done. `more` conversations beyond those listed."""

    card: PersonCard
    sessions: int
    tokens: int
    claimed: Sequence[HeldConversation]
    assigned: Sequence[HeldConversation]
    held_replies: Sequence[HeldConversation]
    more: int
    watching: int
    successors: Sequence[PersonCard]
    successor_id: int | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


# sources


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source in the list. `trouble` is its last error, none while all is well.

    A source that is not `polled` has its mail delivered to us directly.
    """

    id: int
    name: str
    kind: str
    address: str
    channels: Sequence[ChannelRef]
    state: str
    trouble: Fault | None
    fetched_at: datetime | None
    waiting: int
    unread_mails: int
    polled: bool


@dataclass(frozen=True, slots=True)
class UnreadMail:
    """A delivery that could not be filed; its raw form is kept."""

    id: int
    received_at: datetime
    sender: str
    size: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class SourceForm:
    """A source's settings. Passwords are never shown: `has_…` says whether one is kept."""

    id: int | None = None
    kind: str = "email"
    name: str = ""
    address: str = ""
    display_name: str = ""
    channel_id: int | None = None
    channels: Sequence[ChannelRef] = ()
    imap_url: str = ""
    imap_user: str = ""
    has_imap_password: bool = False
    smtp_url: str = ""
    smtp_user: str = ""
    has_smtp_password: bool = False
    signature: str = ""
    days_back: int = 0
    plus_addressing: bool = True
    authserv_id: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source fares."""

    state: str
    trouble: Fault | None
    fetched_at: datetime | None
    last_message_at: datetime | None
    received: int
    sent: int
    unread_mails: Sequence[UnreadMail]
    polled: bool


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One source: settings, health, and the last trial if there was one."""

    form: SourceForm
    health: SourceHealth | None
    outcome: Outcome | None = None


# providers


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """One sign-in provider in the list."""

    id: int
    slug: str
    name: str
    issuer: str
    enabled: bool
    people: int


@dataclass(frozen=True, slots=True)
class ProviderForm:
    """A provider's settings. The secret is never shown; `callback_url` is what is registered at the provider."""

    callback_url: str
    id: int | None = None
    slug: str = ""
    name: str = ""
    issuer: str = ""
    client_id: str = ""
    has_secret: bool = False
    groups_claim: str = ""
    domains: str = ""
    trust_email: bool = False
    jit: bool = False
    enabled: bool = True
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim that a provider sent, and what Parley takes it for."""

    name: str
    value: str
    use: str


@dataclass(frozen=True, slots=True)
class ProviderPage:
    """One provider, with the last trial and the claims received in it."""

    form: ProviderForm
    outcome: Outcome | None = None
    claims: Sequence[Claim] = ()


# audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log. `target_url` leads to what was changed, where it has a page; persons have a name."""

    id: int
    at: datetime
    actor: PersonCard | None
    via: str
    event: str
    target: str
    target_url: str | None
    address: str
    detail: Sequence[tuple[str, str]]
    target_name: str = ""


@dataclass(frozen=True, slots=True)
class AuditView:
    """The audit log, newest first, with its filters. `since` and `until` are dates as the browser writes them."""

    rows: Sequence[AuditEntry]
    actor: str
    event: str
    since: str
    until: str
    events: Sequence[str]
    next_url: str | None
    csv_url: str
    errors: Mapping[str, str] = field(default_factory=dict)


# health


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the machine. `name`: database, migrations, bus, worker, jobs, mail or disk; `state`: ok, soon or down."""

    name: str
    state: str
    words: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that failed as often as it may."""

    id: int
    kind: str
    about: str
    attempts: int
    fault: Fault
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HealthView:
    """How the installation fares."""

    checks: Sequence[Check]
    queued: int
    running: int
    waiting_seconds: int
    dead: Sequence[DeadJob]
    dead_more: int
    sources: Sequence[SourceRow]
    version: str
    started_at: datetime
