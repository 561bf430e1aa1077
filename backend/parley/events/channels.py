"""What happens to channels and memberships."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelChanged(Event):
    """A channel was made, renamed, re-purposed, opened, closed, archived or brought back."""

    name: ClassVar[str] = "channel.changed"
    channel_id: int

    def topics(self) -> Sequence[str]:
        """The channel."""
        return (f"channel:{self.channel_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined(Event):
    """A person became a member; their own pages get the channel in the rail."""

    name: ClassVar[str] = "member.joined"
    channel_id: int
    person_id: int

    def topics(self) -> Sequence[str]:
        """The channel and the person."""
        return (f"channel:{self.channel_id}", f"person:{self.person_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft(Event):
    """A person is no longer a member; sockets let go of the channel's topic at once if it is not open."""

    name: ClassVar[str] = "member.left"
    channel_id: int
    person_id: int

    def topics(self) -> Sequence[str]:
        """The channel and the person."""
        return (f"channel:{self.channel_id}", f"person:{self.person_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFollowed(Event):
    """A person follows a channel more or less closely; their number for it is another now."""

    name: ClassVar[str] = "channel.followed"
    channel_id: int
    person_id: int
    level: str

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRead(Event):
    """A person read a channel up to a post's number (on any of their devices)."""

    name: ClassVar[str] = "channel.read"
    channel_id: int
    person_id: int
    number: int

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RailChanged(Event):
    """A person arranged their rail, or it has other channels now; their other devices show it anew."""

    name: ClassVar[str] = "rail.changed"
    person_id: int

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChanged(Event):
    """A member has another role."""

    name: ClassVar[str] = "member.changed"
    channel_id: int
    person_id: int
    role: str

    def topics(self) -> Sequence[str]:
        """The channel and the person."""
        return (f"channel:{self.channel_id}", f"person:{self.person_id}")
