"""What happens to conversations, their messages and our replies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnConversation(Event):
    """`channel_ids` are the channels it is surfaced in; the topic `customers` feeds the lists of customer leads."""

    conversation_id: int
    channel_ids: tuple[int, ...] = ()

    def topics(self) -> Sequence[str]:
        """The lists, the conversation, and every channel whose readers see its card."""
        channels = (f"channel:{channel}" for channel in self.channel_ids)
        return ("customers", f"conversation:{self.conversation_id}", *channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(_OnConversation):
    """A customer wrote (or a machine of theirs did: `automatic`)."""

    name: ClassVar[str] = "message.received"
    message_id: int
    source_id: int
    first: bool = False
    automatic: bool = False
    historic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(_OnConversation):
    """A reply became a message of the conversation."""

    name: ClassVar[str] = "message.sent"
    message_id: int
    reply_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyChanged(_OnConversation):
    """A reply moved: held, sending, accepted, bounced, failed, unknown, or back to a draft."""

    name: ClassVar[str] = "reply.changed"
    reply_id: int
    author_id: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChanged(_OnConversation):
    """State, claim, assignee, watchers, restriction or surfacings changed; `what` says which."""

    name: ClassVar[str] = "conversation.changed"
    what: str
    act_id: int | None = None
    """The line of the history that it wrote."""
    by_id: int | None = None
    person_id: int | None = None
    """Whom it concerns: the one who claimed, was assigned, watches."""
