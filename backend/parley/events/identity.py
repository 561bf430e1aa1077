"""What happens to accounts and sign-ins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.events.base import Event

PEOPLE = "people"
"""A topic that nobody hears: its count is what everything that was rendered with persons in it hangs on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDeactivated(Event):
    """A person left; handlers release what they held. `by_id` is None for a machine or the command line."""

    name: ClassVar[str] = "person.deactivated"
    person_id: int
    by_id: int | None
    successor_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCreated(Event):
    """A new account; handlers give it a profile and the default channels."""

    name: ClassVar[str] = "person.created"
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReactivated(Event):
    """A closed account was opened again; handlers give it the channels of its team."""

    name: ClassVar[str] = "person.reactivated"
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged(Event):
    """Name, photo or profile changed."""

    name: ClassVar[str] = "person.changed"
    person_id: int

    def topics(self) -> Sequence[str]:
        """Their own pages; and `people`, whose count says that somebody looks different now."""
        return (f"person:{self.person_id}", PEOPLE)
