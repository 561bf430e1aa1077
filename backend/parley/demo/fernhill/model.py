"""What Fernhill Hardware is made of: plain frozen values, each named by a key that others refer to."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

LEEDS = ZoneInfo("Europe/London")
_OPENING = time(9)
_NIGHT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time on the wall of a place, some days before the day the demo is seeded."""

    days_ago: int
    at: str
    zone: str

    def on(self, now: datetime) -> datetime:
        """The instant in UTC, if the demo is seeded at ``now``.

        What was written today counts back from now as if Leeds were just opening, so that it is never in the future
        and always fresh; ``today`` changes two hours after midnight, so that today's lines stay after yesterday's.
        """
        today = (now.astimezone(LEEDS) - _NIGHT).date()
        day = today - timedelta(days=self.days_ago)
        wall = datetime.combine(day, time.fromisoformat(self.at), ZoneInfo(self.zone)).astimezone(UTC)
        if self.days_ago:
            return wall
        return now.astimezone(UTC) - (datetime.combine(today, _OPENING, LEEDS).astimezone(UTC) - wall)

    def later(self, minutes: int) -> "Moment":
        """So many minutes later on the same wall."""
        hour, minute = self.at.split(":")
        days, rest = divmod(int(hour) * 60 + int(minute) + minutes, 24 * 60)
        return Moment(self.days_ago - days, f"{rest // 60:02}:{rest % 60:02}", self.zone)


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague. ``sign_in_as`` is one line for the page that offers to sign in as somebody."""

    key: str
    name: str
    handle: str
    email: str
    title: str
    team: str
    place: str
    zone: str
    pronouns: str | None
    languages: tuple[str, ...]
    about: str
    ask_me_about: tuple[str, ...]
    manager: str | None
    hue: int
    face: str | None
    roles: tuple[str, ...]
    status: str | None
    sign_in_as: str | None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; a direct one has a key but neither name, purpose, section nor owners."""

    key: str
    name: str
    kind: str
    purpose: str
    section: str | None
    owners: tuple[str, ...]
    members: tuple[str, ...]
    default: bool
    fed_by: tuple[str, ...] = ()
    """Names of the teams whose persons are members because of their team."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One reaction with everybody who gave it: an emoji, or helpful, on-it, seen, customer-answered."""

    emoji: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """A colleague's comment, under a post or in a conversation's discussion."""

    author: str
    when: Moment
    body: str
    reactions: tuple[Reaction, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a poll and who chose it."""

    text: str
    votes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A time to come: so many days from today, on the author's wall."""

    in_days: int
    at: str
    zone: str

    def on(self, now: datetime) -> datetime:
        """The instant in UTC, if the demo is seeded at ``now``."""
        return Moment(-self.in_days, self.at, self.zone).on(now)


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody published. Fields that belong to one kind are empty in the others."""

    key: str
    kind: str
    author: str
    channel: str
    when: Moment
    title: str | None
    body: str
    comments: tuple[Comment, ...]
    reactions: tuple[Reaction, ...]
    pinned: bool
    accepted: int | None
    """Question: the index of the accepted comment."""
    acknowledge_by: Due | None
    acknowledged: tuple[str, ...]
    options: tuple[Option, ...]
    anonymous: bool
    closes: Due | None
    praised: tuple[str, ...]
    starts: Due | None
    minutes: int | None
    venue: str | None
    going: tuple[str, ...]
    supersedes: str | None
    """Decision: the key of the one whose place it takes."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A human outside, with the one address they write from. ``network`` says where they really are."""

    key: str
    name: str
    email: str
    network: str
    handle: str | None
    language: str
    place: str
    zone: str
    household: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Message:
    """One letter. ``kind`` is letter, auto-reply or bounce; ``author`` is the colleague who wrote an outbound one."""

    direction: str
    when: Moment
    text: str
    author: str | None
    kind: str
    sender: str | None
    """Where it came from, if not from the contact's own address."""
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surfacing:
    """A conversation's place in a channel: by a colleague with words, or by a stream without either."""

    channel: str
    by: str | None
    when: Moment
    words: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """An exchange with one contact, and what colleagues said about it."""

    key: str
    contact: str
    source: str
    subject: str
    language: str
    state: str
    """open, waiting (for the customer), resolved or spam."""
    tags: tuple[str, ...]
    claimed_by: str | None
    watchers: tuple[str, ...]
    surfacings: tuple[Surfacing, ...]
    messages: tuple[Message, ...]
    discussion: tuple[Comment, ...]
    outcome: str | None
    """solved, partly or not; None while nobody knows."""
    outcome_note: str


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that happens while a newcomer watches.

    ``where`` is a channel (post), a post's key (comment, reaction), a source (customer_mail) or a conversation's key
    (the rest). A beat's own ``key`` lets later beats of the same run refer to what it made.
    """

    second: int
    kind: str
    who: str
    where: str
    text: str
    title: str | None
    key: str | None
    post_kind: str


@dataclass(frozen=True, slots=True)
class Source:
    """A mailbox that customers write to."""

    key: str
    name: str
    address: str
    channel: str


@dataclass(frozen=True, slots=True)
class Company:
    """Everything, in the order it should be seeded."""

    name: str
    persons: tuple[Person, ...]
    channels: tuple[Channel, ...]
    posts: tuple[Post, ...]
    sources: tuple[Source, ...]
    contacts: tuple[Contact, ...]
    conversations: tuple[Conversation, ...]
    runs: tuple[tuple[Beat, ...], ...]

    def run(self, number: int) -> tuple[Beat, ...]:
        """The beats of the n-th press of the button, from 0; after the last they begin again."""
        return self.runs[number % len(self.runs)]
