"""What the bell and its page show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from parley.people.views import PersonCard


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """One thing that concerns the reader. `contact` holds the initials of somebody from outside."""

    id: int
    url: str
    text: str
    place: str
    quote: str
    at: datetime
    unread: bool
    person: PersonCard | None = None
    contact: str = ""
    icon: str = "bell"
    outside: bool = False


@dataclass(frozen=True, slots=True)
class NotificationsView:
    """A part of the list, newest first."""

    rows: Sequence[NotificationRow]
    unread: int
    only_unread: bool
    next_url: str | None
