"""What Home shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parley.people.views import PersonCard
from parley.posts.shelf import Shown
from parley.posts.views import PostView


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A customer who waits for us, beside the feed. `state` is "", soon or late; `clock` is the customers' own view."""

    url: str
    name: str
    initials: str
    note: str
    clock: Any
    state: str


@dataclass(frozen=True, slots=True)
class OnDutyRow:
    """Who answers now, and for which team."""

    person: PersonCard
    note: str


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question without an answer."""

    url: str
    title: str
    author: PersonCard
    note: str


@dataclass(frozen=True, slots=True)
class LeadView:
    """The announcement on top of Home, and how many more wait for the reader."""

    post: PostView
    more: int


@dataclass(frozen=True, slots=True)
class HomeView:
    """The Home feed for one reader."""

    greeting: str
    today: datetime
    line: str
    filter: str
    order: str
    """newest, top"""
    customers_open: int
    lead: LeadView | None
    posts: Sequence[Shown]
    older_url: str | None
    waiting: Sequence[WaitingRow]
    on_duty: Sequence[OnDutyRow]
    questions: Sequence[OpenQuestion]
    topics: Sequence[str] = ()
