"""What happens to threads, and what a person does in Catch-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from parley.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPerson(Event):
    person_id: int

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadFollowed(_OfPerson):
    """A person chose to follow a thread, or to let go of it."""

    name: ClassVar[str] = "thread.followed"
    thread_id: int
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRead(_OfPerson):
    """A person has read a thread up to a comment, or made what follows unread again."""

    name: ClassVar[str] = "thread.read"
    thread_id: int
    comment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadResolved(Event):
    """A thread was called settled, or opened again."""

    name: ClassVar[str] = "thread.resolved"
    thread_id: int
    post_id: int
    channel_id: int
    by_id: int
    on: bool

    def topics(self) -> Sequence[str]:
        """The post's channel."""
        return (f"channel:{self.channel_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp(Event):
    """A person is done with some of what the bell holds: `ids`, what a conversation was given to them for, or all."""

    name: ClassVar[str] = "catch_up.done"
    person_id: int
    ids: tuple[int, ...] = ()
    conversation_ids: tuple[int, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpTakenBack(Event):
    """What the bell lost at a moment, by an act in Catch-up, is there again."""

    name: ClassVar[str] = "catch_up.taken_back"
    person_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpChanged(_OfPerson):
    """A person's Catch-up holds other things now."""

    name: ClassVar[str] = "catch_up.changed"
