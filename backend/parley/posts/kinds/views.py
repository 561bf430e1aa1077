"""What the kinds of posts show. Like posts, none of it depends on who reads; what is a reader's own is `OwnView`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from parley.people.views import PersonCard


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The accepted answer under a question."""

    comment_id: int
    author: PersonCard
    text: str
    accepted_by: str


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question is open until an answer is accepted."""

    answer: AnswerView | None


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """Who was asked, and how many have acknowledged; `changed_after` is how many had when the words were changed."""

    due_at: datetime | None
    audience: int
    acknowledged: int
    changed_after: int


@dataclass(frozen=True, slots=True)
class OptionView:
    """One thing to choose in a poll."""

    id: int
    words: str
    votes: int


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll with its results."""

    options: Sequence[OptionView]
    multiple: bool
    anonymous: bool
    closes_at: datetime | None
    closed: bool
    voters: int


@dataclass(frozen=True, slots=True)
class PraiseView:
    """Who is praised."""

    people: Sequence[PersonCard]


@dataclass(frozen=True, slots=True)
class EventView:
    """When and where. `there_starts` and `there_ends` are on the clocks of `zone`; `twice` says which of two it is."""

    starts_at: datetime
    ends_at: datetime
    there_starts: datetime
    there_ends: datetime
    zone: str
    town: str
    twice: int
    place: str
    link: str
    over: bool
    yes: int
    maybe: int
    no: int


@dataclass(frozen=True, slots=True)
class DecisionRef:
    """Another decision, as a link."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What this decision replaced, and what replaced it."""

    supersedes: DecisionRef | None
    superseded_by: DecisionRef | None


KindView = QuestionView | AnnouncementView | PollView | PraiseView | EventView | DecisionView


@dataclass(frozen=True, slots=True)
class OwnView:
    """What one reader has done with a post and may do: words that the script compares with the post's controls."""

    post_id: int
    marks: Sequence[str]


@dataclass(frozen=True, slots=True)
class KindForm:
    """The fields of a kind in a composer or an edit form, as they were typed."""

    kind: str = "update"
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    zone: str = "UTC"
    decisions: Sequence[DecisionRef] = ()


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody in a list of names, with when or what they said."""

    person: PersonCard
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProgressView:
    """Who has acknowledged an announcement, for its author and the moderators. `show` is missing, done or later."""

    post_id: int
    title: str
    channel_id: int
    show: str
    audience: int
    acknowledged: int
    missing: int
    later: int
    gone: int
    due_at: datetime | None
    changed_after: int
    reminded_at: datetime | None
    may_remind: bool
    rows: Sequence[PersonRow]
    next_url: str | None


@dataclass(frozen=True, slots=True)
class NamesView:
    """Who chose what, in an open poll or of an event: titles with persons."""

    post_id: int
    groups: Sequence[tuple[str, int, Sequence[PersonCard]]]


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question in a list."""

    id: int
    url: str
    title: str
    author: PersonCard
    channel: str
    at: datetime
    comments: int
    answered: bool


@dataclass(frozen=True, slots=True)
class SimilarRow:
    """A question like the one that is being written."""

    url: str
    title: str
    answered: bool


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision in a channel's log."""

    id: int
    title: str
    text: str
    author: PersonCard
    at: datetime
    superseded_by: DecisionRef | None
