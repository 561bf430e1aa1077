"""Written by `notifications`: what the bell shows."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from parley.models.columns import moment, reference


class Notification(SQLModel, table=True):
    """One thing that concerns one person; `about` makes it appear once however often the event comes."""

    __table_args__ = (UniqueConstraint("person_id", "about"), Index("ix_notification_unread", "person_id", "read_at"))
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = reference("person")
    kind: str = Field(max_length=16)
    """mention, comment, assignment, reply_failed, praise, accepted, owed, event_soon, event_moved"""
    about: str = Field(max_length=80)
    actor_id: int | None = reference("person", null=True)
    post_id: int | None = reference("post", null=True)
    comment_id: int | None = reference("comment", null=True)
    conversation_id: int | None = reference("conversation", null=True)
    created_at: datetime = moment()
    read_at: datetime | None = moment(default=None, nullable=True)
