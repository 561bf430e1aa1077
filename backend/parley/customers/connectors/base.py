"""What every kind of source speaks: messages in, messages out, and what the network can do.

Nothing here knows a network's form or the database. Sentences are English message ids for gettext.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Address:
    """An address as its writer wrote it, the form two equal ones share, and the name shown with it."""

    address: str
    norm: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody a message was addressed to, and where that was said."""

    kind: Literal["to", "cc", "delivered", "envelope"]
    address: Address


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; its name is safe to show and to offer, never to use as a path."""

    name: str
    content_type: str
    data: bytes
    content_id: str = ""
    inline: bool = False

    @property
    def size(self) -> int:
        """Bytes of the decoded file."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class ThreadTokens:
    """What proves which thread a message belongs to: only what we signed ourselves, already verified."""

    conversations: tuple[int, ...] = ()
    """From signed reply addresses: the sender holds an address that only participants were given."""
    replies: tuple[int, ...] = ()
    """From our own signed Message-IDs in In-Reply-To, then References from right to left."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """One recipient's line in a delivery report about a message of ours."""

    original_message_id: str
    recipient: str
    action: str
    """failed, delayed, delivered, relayed, expanded"""
    status: str
    permanent: bool
    reason: str

    @property
    def is_failure(self) -> bool:
        """Whether the message did not arrive; a delayed one is still under way."""
        return self.action == "failed"


@dataclass(frozen=True, slots=True)
class Authenticity:
    """What the trusted receiving server found about the sender's domain."""

    dkim: str = ""
    spf: str = ""
    dmarc: str = ""
    verdict: Literal["passed", "failed", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message from outside, read as far as it could be; the raw form is kept by the caller."""

    external_id: str
    message_id: str
    """The network's own id when it has a well-formed one, to answer with; else empty."""
    sender: Address | None
    reply_to: tuple[Address, ...]
    recipients: tuple[Recipient, ...]
    subject: str
    text: str
    quoted_text: str
    html: str | None
    remote_images: int
    sent_at: datetime
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    tokens: ThreadTokens
    attachments: tuple[Attachment, ...]
    automatic: str | None
    bounces: tuple[Bounce, ...]
    authenticity: Authenticity
    unreadable: str | None
    notes: tuple[str, ...]
    """Sentences about what was left out of what is shown; the raw form still has it."""
    size: int
    body_hash: str
    """Equal for two deliveries of one message; differs when a sender used one id for two messages."""

    @property
    def bounce(self) -> Bounce | None:
        """The first line of the delivery report, if this is one."""
        return self.bounces[0] if self.bounces else None

    def addresses(self, *kinds: str) -> tuple[Address, ...]:
        """The recipients of the given kinds, in the order they were named."""
        return tuple(each.address for each in self.recipients if each.kind in kinds)


@dataclass(frozen=True, slots=True)
class OutboundFile:
    """A file that goes out with a reply."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outbound:
    """One reply, ready to leave; the same for every attempt."""

    conversation_id: int
    reply_id: int
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    signature: str
    in_reply_to: str
    references: tuple[str, ...]
    written_at: datetime
    files: tuple[OutboundFile, ...] = ()


class SendState(StrEnum):
    """How one attempt ended for one recipient."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SendResult:
    """The end of one attempt: accepted with the remote's words, or not with a reason; unknown is never tried again."""

    state: SendState
    remote_id: str = ""
    reason: str = ""

    @classmethod
    def accepted(cls, remote_id: str = "") -> "SendResult":
        """The outside has it and is answerable for it."""
        return cls(SendState.ACCEPTED, remote_id=remote_id[:500])

    @classmethod
    def temporary(cls, reason: str) -> "SendResult":
        """Surely not accepted; a later attempt may work."""
        return cls(SendState.TEMPORARY, reason=reason[:500])

    @classmethod
    def permanent(cls, reason: str) -> "SendResult":
        """Surely not accepted, and trying again would not help."""
        return cls(SendState.PERMANENT, reason=reason[:500])

    @classmethod
    def unknown(cls, reason: str) -> "SendResult":
        """The message was handed over and no answer came: only a person may decide."""
        return cls(SendState.UNKNOWN, reason=reason[:500])


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the network allows, so that a reply can be refused with words before it is sent."""

    subject: bool
    cc: bool
    attachments: bool
    threading: bool
    private: bool
    edit: bool = False
    delete: bool = False
    max_characters: int | None = None
    max_bytes: int | None = None
    reply_window_hours: int | None = None


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A delivery exactly as it came, with what the way it came by knew about it."""

    raw: bytes
    received_at: datetime
    envelope_from: str | None = None
    """None when the way does not tell; empty for the null sender of reports."""
    envelope_to: tuple[str, ...] = ()
    size: int = 0
    complete: bool = True
    """False when only its headers were fetched because it is over the limit, or the source would not hand it over."""
    problem: str = ""
    """Why the source would not hand it over."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a source can be reached, in words for an administrator."""

    ok: bool
    words: str
    details: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """The code for one kind of source. It never retries by itself and never touches the database."""

    @property
    def capabilities(self) -> Capabilities:
        """What this network allows."""

    async def read(self, raw: RawMessage) -> InboundMessage:
        """Understand one delivery; never raises for what is in it."""

    async def send(self, outbound: Outbound, recipients: Sequence[str]) -> Mapping[str, SendResult]:
        """Make one attempt; the result of each recipient."""

    async def test(self) -> Health:
        """Try the connection now and say in words what was found."""
