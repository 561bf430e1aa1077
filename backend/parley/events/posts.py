"""What happens to posts and comments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from parley.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnPost(Event):
    """`open_author` is set for a plain post of an open channel: whoever follows its author hears of it, too."""

    channel_id: int
    post_id: int
    open_author: int | None = None

    def topics(self) -> Sequence[str]:
        """The post's channel, and its author where everybody may listen."""
        channel = f"channel:{self.channel_id}"
        return (channel,) if self.open_author is None else (channel, f"author:{self.open_author}")


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
class PostPinned(_OnPost):
    """A post was put at the head of its channel, or taken from there."""

    name: ClassVar[str] = "post.pinned"
    by_id: int
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPictured(_OnPost):
    """What a post shows beside its words changed: a preview of a link, the card of a passed-on post, words of a picture."""

    name: ClassVar[str] = "post.pictured"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMoved(Event):
    """A post went to another channel. Each of the two hears only its own half: the other may be private."""

    name: ClassVar[str] = "post.moved"
    post_id: int
    thread_id: int
    from_number: int
    by_id: int
    channel_ids: tuple[int, int]
    """From where, to where."""

    def topics(self) -> Sequence[str]:
        """Both channels."""
        return tuple(f"channel:{channel_id}" for channel_id in self.channel_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsSplit(Event):
    """Comments went from one thread to that of a new post."""

    name: ClassVar[str] = "comments.split"
    post_id: int
    thread_id: int
    comment_ids: tuple[int, ...]
    by_id: int
    channel_ids: tuple[int, ...]
    to_thread_id: int

    def topics(self) -> Sequence[str]:
        """The channel that the comments left; where they went, a post appears with them."""
        return tuple(f"channel:{channel_id}" for channel_id in self.channel_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftChanged(Event):
    """What a person writes in a place was kept, or is gone; their other devices hear of it."""

    name: ClassVar[str] = "draft.changed"
    person_id: int
    place: str
    version: int
    device: str

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledChanged(Event):
    """A person's post for later was made, changed, published or given back as a draft, with the reason."""

    name: ClassVar[str] = "scheduled.changed"
    person_id: int
    scheduled_id: int
    what: str
    """made, changed, cancelled, published, refused"""
    draft_id: int | None = None

    def topics(self) -> Sequence[str]:
        """Only the person."""
        return (f"person:{self.person_id}",)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionShared(Event):
    """Persons who were named where they could not read were let in; now they are told."""

    name: ClassVar[str] = "mention.shared"
    thread_id: int
    post_id: int | None
    comment_id: int | None
    by_id: int
    mentioned: tuple[int, ...]
