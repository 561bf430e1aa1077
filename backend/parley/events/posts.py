"""What happens to posts and comments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnPost(Event):
    channel_id: int
    post_id: int

    def topics(self) -> Sequence[str]:
        """The post's channel."""
        return (f"channel:{self.channel_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPublished(_OnPost):
    """A post appeared. `mentioned` are persons named in it who may read it."""

    name: ClassVar[str] = "post.published"
    number: int
    author_id: int | None
    mentioned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEdited(_OnPost):
    """A post's words changed; `mentioned` are those named now; who was told before is not told again."""

    name: ClassVar[str] = "post.edited"
    by_id: int
    mentioned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRemoved(_OnPost):
    """A post was taken away; a tombstone stays."""

    name: ClassVar[str] = "post.removed"
    by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRestored(_OnPost):
    """A removal was undone."""

    name: ClassVar[str] = "post.restored"
    by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostReacted(_OnPost):
    """A reaction was put on a post or taken off."""

    name: ClassVar[str] = "post.reacted"
    person_id: int
    emoji: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnThread(Event):
    """`channel_ids` are all channels that show the thread; `conversation_id` is set for a discussion."""

    thread_id: int
    comment_id: int
    channel_ids: tuple[int, ...]
    conversation_id: int | None = None

    def topics(self) -> Sequence[str]:
        """Every channel the thread is shown in, and the conversation."""
        found = [f"channel:{channel_id}" for channel_id in self.channel_ids]
        return (*found, f"conversation:{self.conversation_id}") if self.conversation_id else tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPublished(_OnThread):
    """A comment appeared."""

    name: ClassVar[str] = "comment.published"
    author_id: int
    mentioned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentEdited(_OnThread):
    """A comment's words changed; `mentioned` are those named now; who was told before is not told again."""

    name: ClassVar[str] = "comment.edited"
    by_id: int
    mentioned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRemoved(_OnThread):
    """A comment was taken away, or its removal was undone."""

    name: ClassVar[str] = "comment.removed"
    by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentReacted(_OnThread):
    """A reaction was put on a comment or taken off."""

    name: ClassVar[str] = "comment.reacted"
    person_id: int
    emoji: str
    on: bool
