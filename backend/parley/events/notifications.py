"""What the bell hears."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified(Event):
    """Something concerns a person."""

    name: ClassVar[str] = "notification.created"
    person_id: int
    notification_id: int

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsRead(Event):
    """A person read notifications on one of their devices."""

    name: ClassVar[str] = "notification.read"
    person_id: int

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)
