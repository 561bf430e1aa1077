"""Written by `posts`: what is not published yet, where posts stood before, what their links lead to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from parley.models.columns import document, moment, reference


class Draft(SQLModel, table=True):
    """What one person has begun to write in one place, the same on all their devices."""

    __table_args__ = (UniqueConstraint("person_id", "place"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = reference("person")
    place: str = Field(max_length=40)
    """home, channel:7, post:9, or kept:9 for what could not be published at its time"""
    channel_id: int | None = reference("channel", null=True)
    kind: str = Field(default="", max_length=16)
    title: str = Field(default="", max_length=200)
    body: str = Field(default="", max_length=20_000)
    fields: dict[str, Any] = document(dict)
    """What the form of its kind holds, by the names of the fields."""
    file_ids: list[int] = document(list)
    version: int = Field(default=1)
    device: str = Field(default="", max_length=36)
    reason: str = Field(default="", max_length=300)
    """Why it was not published, in English as all sentences are kept."""
    written_at: datetime = moment()


class ScheduledPost(SQLModel, table=True):
    """A post that waits for its time; it becomes a post, or a draft again when it may not be published by then."""

    __tablename__ = "scheduled_post"
    __table_args__ = (Index("ix_scheduled_post_due", "due_at", "id"), UniqueConstraint("person_id", "client_id"))
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = reference("person")
    channel_id: int = reference("channel")
    client_id: str = Field(max_length=36)
    kind: str = Field(default="update", max_length=16)
    title: str = Field(default="", max_length=200)
    body: str = Field(default="", max_length=16_000)
    fields: dict[str, Any] = document(dict)
    file_ids: list[int] = document(list)
    due_at: datetime = moment()
    created_at: datetime = moment()


class MovedPost(SQLModel, table=True):
    """A number of a channel that holds no post any more, because it stands elsewhere now."""

    __tablename__ = "moved_post"
    __table_args__ = (Index("ix_moved_post_post", "post_id"),)
    channel_id: int = Field(primary_key=True, foreign_key="channel.id")
    number: int = Field(primary_key=True)
    post_id: int = reference("post")
    moved_by: int = reference("person")
    moved_at: datetime = moment()


class LinkPreview(SQLModel, table=True):
    """What an address outside says of itself, fetched once for everybody."""

    __tablename__ = "link_preview"
    id: int | None = Field(default=None, primary_key=True)
    url_hash: str = Field(max_length=64, unique=True)
    url: str = Field(max_length=2000)
    state: str = Field(default="waiting", max_length=8)
    """waiting, ready, none"""
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=400)
    site: str = Field(default="", max_length=100)
    picture_key: str = Field(default="", max_length=80)
    width: int = Field(default=0)
    height: int = Field(default=0)
    fetched_at: datetime | None = moment(default=None, nullable=True)


class PostLink(SQLModel, table=True):
    """A link in a post whose preview is shown below it, unless its author took it away."""

    __tablename__ = "post_link"
    __table_args__ = (Index("ix_post_link_preview", "preview_id"),)
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    preview_id: int = Field(primary_key=True, foreign_key="link_preview.id")
    position: int = Field(default=0)
    removed_at: datetime | None = moment(default=None, nullable=True)


class EmojiHabit(SQLModel, table=True):
    """Which emoji a person used last, newest first, and the tone of skin they chose."""

    __tablename__ = "emoji_habit"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    tone: str = Field(default="", max_length=4)
    recent: list[str] = document(list)
