"""Written by `posts`: threads, posts, comments, reactions, earlier wordings, files."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from parley.models.columns import moment, reference


class Thread(SQLModel, table=True):
    """The one flat row of comments that a post or a conversation owns; every surfacing shows the same."""

    id: int | None = Field(default=None, primary_key=True)
    comment_count: int = Field(default=0)
    last_comment_at: datetime | None = moment(default=None, nullable=True)
    stamp: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Counts the changes of what its post shows (`posts.shelf`)."""
    resolved_at: datetime | None = moment(default=None, nullable=True)
    resolved_by: int | None = reference("person", null=True)


class Post(SQLModel, table=True):
    """What a person publishes in a channel; a surfacing made by a stream has no author."""

    __table_args__ = (
        UniqueConstraint("channel_id", "number"),
        UniqueConstraint("author_id", "client_id"),
        Index("ix_post_channel_newest", "channel_id", "id"),
        Index("ix_post_own", "channel_id", "author_id", "number"),
        Index("ix_post_author_newest", "author_id", "published_at"),
        Index(
            "ix_post_removed",
            "channel_id",
            "number",
            sqlite_where=text("removed_at IS NOT NULL"),
            postgresql_where=text("removed_at IS NOT NULL"),
        ),
        Index("ix_post_kind_newest", "channel_id", "kind", "id"),
        Index(
            "ix_post_surfaced",
            "channel_id",
            "number",
            sqlite_where=text("kind = 'conversation'"),
            postgresql_where=text("kind = 'conversation'"),
        ),
        Index("ix_post_thread", "thread_id"),
        Index(
            "ix_post_question", "id", sqlite_where=text("kind = 'question'"), postgresql_where=text("kind = 'question'")
        ),
        Index(
            "ix_post_pinned",
            "channel_id",
            "pinned_at",
            sqlite_where=text("pinned_at IS NOT NULL"),
            postgresql_where=text("pinned_at IS NOT NULL"),
        ),
        Index(
            "ix_post_origin",
            "origin_id",
            sqlite_where=text("origin_id IS NOT NULL"),
            postgresql_where=text("origin_id IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = reference("channel")
    number: int
    kind: str = Field(default="update", max_length=16)
    author_id: int | None = reference("person", null=True)
    thread_id: int = reference("thread")
    title: str = Field(default="", max_length=200)
    body: str = Field(default="", max_length=16_000)
    body_html: str = Field(default="")
    client_id: str | None = Field(default=None, max_length=36)
    content_hash: str = Field(default="", max_length=64)
    version: int = Field(default=1)
    published_at: datetime = moment()
    edited_at: datetime | None = moment(default=None, nullable=True)
    removed_at: datetime | None = moment(default=None, nullable=True)
    removed_by: int | None = reference("person", null=True)
    pinned_at: datetime | None = moment(default=None, nullable=True)
    pinned_by: int | None = reference("person", null=True)
    origin_id: int | None = reference("post", null=True)
    """The post that this one passes on to its own channel."""


class Comment(SQLModel, table=True):
    """A colleague's words in a thread; never goes outside."""

    __table_args__ = (UniqueConstraint("author_id", "client_id"), Index("ix_comment_thread", "thread_id", "id"))
    id: int | None = Field(default=None, primary_key=True)
    thread_id: int = reference("thread")
    author_id: int = reference("person")
    body: str = Field(max_length=16_000)
    body_html: str
    client_id: str | None = Field(default=None, max_length=36)
    content_hash: str = Field(default="", max_length=64)
    version: int = Field(default=1)
    created_at: datetime = moment()
    edited_at: datetime | None = moment(default=None, nullable=True)
    removed_at: datetime | None = moment(default=None, nullable=True)
    removed_by: int | None = reference("person", null=True)


class Wording(SQLModel, table=True):
    """What a post or comment said before an edit."""

    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="one_target"),
        Index("ix_wording_post", "post_id"),
        Index("ix_wording_comment", "comment_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    post_id: int | None = reference("post", null=True)
    comment_id: int | None = reference("comment", null=True)
    title: str = Field(default="", max_length=200)
    body: str
    written_at: datetime = moment()
    replaced_by: int = reference("person")
    replaced_at: datetime = moment()


class Reaction(SQLModel, table=True):
    """One person's one emoji on a post or a comment."""

    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="one_target"),
        UniqueConstraint("post_id", "person_id", "emoji"),
        UniqueConstraint("comment_id", "person_id", "emoji"),
    )
    id: int | None = Field(default=None, primary_key=True)
    post_id: int | None = reference("post", null=True)
    comment_id: int | None = reference("comment", null=True)
    person_id: int = reference("person")
    emoji: str = Field(max_length=32)
    created_at: datetime = moment()


class File(SQLModel, table=True):
    """An uploaded file; whoever may read what it is attached to may read it, before that only its owner."""

    __table_args__ = (Index("ix_file_post", "post_id"), Index("ix_file_comment", "comment_id"))
    id: int | None = Field(default=None, primary_key=True)
    owner_id: int = reference("person")
    post_id: int | None = reference("post", null=True)
    comment_id: int | None = reference("comment", null=True)
    key: str = Field(max_length=80)
    thumb_key: str = Field(default="", max_length=80)
    name: str = Field(max_length=200)
    content_type: str = Field(max_length=100)
    size: int
    width: int = Field(default=0)
    height: int = Field(default=0)
    alt: str = Field(default="", max_length=1000)
    position: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = moment()
