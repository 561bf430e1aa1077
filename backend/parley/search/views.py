"""What the search page and the palette show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from parley.people.views import PersonCard


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. `snippet_html` is cleaned text in which only <mark> is markup."""

    url: str
    kind: str
    title: str
    snippet_html: str
    note: str
    titled: bool = True
    """False where the title is only the beginning of the text."""
    at: datetime | None = None
    person: PersonCard | None = None
    contact: str = ""
    icon: str = "message-square"


@dataclass(frozen=True, slots=True)
class HitGroup:
    """The results of one kind."""

    kind: str
    title: str
    hits: Sequence[Hit]
    more_url: str | None


@dataclass(frozen=True, slots=True)
class Chip:
    """An operator that is part of the question; its address takes it away."""

    label: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class SearchView:
    """The answer to one question; kinds are (value, words, url, current)."""

    q: str
    kind: str
    chips: Sequence[Chip]
    kinds: Sequence[tuple[str, str, str, bool]]
    groups: Sequence[HitGroup]
    total: int
    next_url: str | None
