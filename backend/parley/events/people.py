"""What happens to teams and to who follows whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamChanged(Event):
    """A person came into a team, left it or changed to another; what the team feeds follows."""

    name: ClassVar[str] = "team.changed"
    person_id: int
    before: int | None
    after: int | None
    by_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFollowed(Event):
    """A person follows another, or does so no more."""

    name: ClassVar[str] = "person.followed"
    person_id: int
    followed_id: int
    on: bool

    def topics(self) -> Sequence[str]:
        """Only who follows."""
        return (f"person:{self.person_id}",)
