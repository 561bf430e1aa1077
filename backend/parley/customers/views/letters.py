"""What crosses the border, and what happened to it: letters in, letters out, and the lines between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from parley.channels.views import ChannelRef
from parley.customers.views.refs import ContactRef, SourceRef
from parley.people.views import PersonCard


@dataclass(frozen=True, slots=True)
class AuthenticityView:
    """What the receiving server found about the sender. `verdict`: passed, failed or unknown."""

    verdict: str
    dkim: str = ""
    spf: str = ""
    dmarc: str = ""


@dataclass(frozen=True, slots=True)
class LetterFile:
    """A file that came with or went out with a message."""

    name: str
    url: str
    thumb_url: str | None
    size: int


@dataclass(frozen=True, slots=True)
class InboundView:
    """A message from outside. `body_html` is cleaned; `automatic` says by which sign it was no human's."""

    form: ClassVar[str] = "in"
    id: int
    sender: ContactRef
    address: str
    source: SourceRef
    to: Sequence[str]
    cc: Sequence[str]
    at: datetime
    body_html: str
    more: bool
    """Whether the whole mail says more than is shown: quotes, a laid-out form."""
    files: Sequence[LetterFile] = ()
    authenticity: AuthenticityView = field(default_factory=lambda: AuthenticityView("unknown"))
    new_participant: bool = False
    automatic: str = ""
    unreadable: str = ""
    notes: Sequence[str] = ()
    subject: str = ""
    """Only where it differs from the conversation's."""


@dataclass(frozen=True, slots=True)
class RecipientView:
    """One address that a reply goes to, and what became of it there."""

    kind: str
    address: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class OutboundView:
    """A reply of ours, on its way or gone. It keeps its place in the page through all its states.

    `state`: draft, held, sending, accepted, delivered, bounced, failed or unknown. `retrying_at` is set while it is
    held because the outside could not take it yet; `reply_id` is None for messages that left before Parley was here.
    """

    form: ClassVar[str] = "out"
    id: int | None
    reply_id: int | None
    author: PersonCard | None
    source: SourceRef
    contact: ContactRef
    recipients: Sequence[RecipientView]
    at: datetime
    body_html: str
    state: str
    held_until: datetime | None = None
    undo_seconds: int = 10
    retrying_at: datetime | None = None
    error: str = ""
    files: Sequence[LetterFile] = ()


@dataclass(frozen=True, slots=True)
class ActView:
    """Something that happened to a conversation; `act` is its kind in the history."""

    form: ClassVar[str] = "act"
    id: int
    act: str
    at: datetime
    actor: PersonCard | None = None
    person: PersonCard | None = None
    channel: ChannelRef | None = None
    conversation_id: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class WholeMail:
    """A mail as it was laid out, cleaned; `headers` are (name, value)."""

    message_id: int
    conversation_id: int
    sender: str
    headers: Sequence[tuple[str, str]]
    html: str
    quoted_html: str
    raw_url: str | None
