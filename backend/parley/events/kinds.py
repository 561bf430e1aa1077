"""What happens to the kinds of posts: answers, acknowledgements, votes, praise, events, decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnKind(Event):
    channel_id: int
    post_id: int

    def topics(self) -> Sequence[str]:
        """The post's channel."""
        return (f"channel:{self.channel_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered(_OnKind):
    """A comment was accepted as the answer, or (None) the answer was taken back. `before_id` was accepted until now."""

    name: ClassVar[str] = "question.answered"
    comment_id: int | None
    before_id: int | None
    by_id: int
    answered_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementAcknowledged(_OnKind):
    """Somebody acknowledged an announcement, or took it back; who did is for its author and the moderators alone."""

    name: ClassVar[str] = "announcement.acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollVoted(_OnKind):
    """Somebody voted, changed or withdrew a vote."""

    name: ClassVar[str] = "poll.voted"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollClosed(_OnKind):
    """A poll takes no more votes."""

    name: ClassVar[str] = "poll.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAttended(_OnKind):
    """Somebody said whether they come to an event."""

    name: ClassVar[str] = "event.attended"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSuperseded(_OnKind):
    """Another decision took the place of this one, or gave it back."""

    name: ClassVar[str] = "decision.superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMarked(Event):
    """What one person has done with a post changed: on all their own pages it is marked so."""

    name: ClassVar[str] = "post.marked"
    person_id: int
    post_id: int

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsPraised(Event):
    """A post praises these persons."""

    name: ClassVar[str] = "persons.praised"
    post_id: int
    by_id: int
    person_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementMissed(Event):
    """These persons have not acknowledged an announcement and are reminded; `wave` tells one reminder from the next."""

    name: ClassVar[str] = "announcement.missed"
    post_id: int
    wave: str
    by_id: int | None
    person_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNear(Event):
    """An event that these persons may come to begins soon, or (`moved`) at another time than it did."""

    name: ClassVar[str] = "event.near"
    post_id: int
    sequence: int
    by_id: int | None
    moved: bool
    person_ids: tuple[int, ...]
