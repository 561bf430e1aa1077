"""Whom and what every screen about customers names."""

from dataclasses import dataclass
from datetime import datetime

from parley.people.views import PersonCard


@dataclass(frozen=True, slots=True)
class ContactRef:
    """Somebody from outside, as every list names them."""

    id: int
    name: str
    initials: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class SourceRef:
    """The place a customer wrote to. `kind` is the connector's: email."""

    id: int
    name: str
    kind: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class ClockView:
    """The customer's waiting against the target. `state`: "", soon or late; `percent` fills the ring up to 100.

    `minutes` are left until `due_at`; they are negative when it has passed.
    """

    state: str
    percent: int
    minutes: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class EarlierView:
    """Another conversation of the same contact that the reader may see."""

    id: int
    subject: str
    source: SourceRef
    began_at: datetime
    message_count: int
    state: str
    excerpt: str
    answered_by: PersonCard | None = None


@dataclass(frozen=True, slots=True)
class IdentityView:
    """One address of a contact. `evidence`: dmarc, wrote_to_us or entered_by_hand."""

    network: str
    address: str
    name: str
    evidence: str
    first_seen_at: datetime
