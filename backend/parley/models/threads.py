"""Written by `posts`: who follows which thread, and how far they have read it."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from parley.models.columns import moment


class ThreadFollow(SQLModel, table=True):
    """A person and a thread that they follow, or have chosen not to.

    `read_id` is the last comment they have read. `news` only says that there may be comments after it: it keeps the
    count of what is unread from looking at every thread that somebody ever followed.
    """

    __tablename__ = "thread_follow"
    __table_args__ = (
        Index("ix_thread_follow_news", "person_id", sqlite_where=text("news"), postgresql_where=text("news")),
        Index("ix_thread_follow_thread", "thread_id"),
    )
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    thread_id: int = Field(primary_key=True, foreign_key="thread.id")
    following: bool = Field(default=True)
    chosen: bool = Field(default=False)
    """Whether they said so themselves; then nothing that others write changes it."""
    read_id: int = Field(default=0)
    news: bool = Field(default=False)
    since: datetime = moment()
