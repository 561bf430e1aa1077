"""Written by `posts.kinds`: what questions, announcements, polls, praise, events and decisions have beside their words."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from parley.models.columns import moment, reference


class AcceptedAnswer(SQLModel, table=True):
    """The one comment that answered a question; a question without a row is open."""

    __tablename__ = "accepted_answer"
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    comment_id: int = reference("comment", index=True)
    accepted_by: int = reference("person")
    accepted_at: datetime = moment()


class Announcement(SQLModel, table=True):
    """Until when an announcement is to be acknowledged, and how many were asked and have: counted as they do."""

    __table_args__ = (
        Index(
            "ix_announcement_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL AND called_at IS NULL"),
            postgresql_where=text("due_at IS NOT NULL AND called_at IS NULL"),
        ),
    )
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    due_at: datetime | None = moment(default=None, nullable=True)
    audience: int = Field(default=0)
    acknowledged: int = Field(default=0)
    """Of the audience: those who joined later are not counted here."""
    changed_after: int = Field(default=0)
    """How many had acknowledged when the words were last changed."""
    reminded_at: datetime | None = moment(default=None, nullable=True)
    """When somebody last reminded the missing."""
    called_at: datetime | None = moment(default=None, nullable=True)
    """When the house did, the day before it was due."""


class Addressee(SQLModel, table=True):
    """One person an announcement was published to, or who joined later and acknowledged it all the same."""

    __table_args__ = (
        Index(
            "ix_addressee_owed",
            "person_id",
            sqlite_where=text("acknowledged_at IS NULL"),
            postgresql_where=text("acknowledged_at IS NULL"),
        ),
    )
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    later: bool = Field(default=False)
    acknowledged_at: datetime | None = moment(default=None, nullable=True)


class Poll(SQLModel, table=True):
    """How a poll is voted on. It is closed at a time that was set, or by hand."""

    __table_args__ = (
        Index(
            "ix_poll_closing",
            "closes_at",
            sqlite_where=text("closes_at IS NOT NULL AND closed_at IS NULL"),
            postgresql_where=text("closes_at IS NOT NULL AND closed_at IS NULL"),
        ),
    )
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    multiple: bool = Field(default=False)
    anonymous: bool = Field(default=False)
    closes_at: datetime | None = moment(default=None, nullable=True)
    closed_at: datetime | None = moment(default=None, nullable=True)
    voters: int = Field(default=0)


class PollOption(SQLModel, table=True):
    """One thing to choose, in the order it was written."""

    __tablename__ = "poll_option"
    __table_args__ = (UniqueConstraint("post_id", "place"),)
    id: int | None = Field(default=None, primary_key=True)
    post_id: int = reference("post")
    place: int
    words: str = Field(max_length=120)
    votes: int = Field(default=0)


class Vote(SQLModel, table=True):
    """One voter's one choice. `voter` is the person's id, or in an anonymous poll a seal that leads back to nobody."""

    __table_args__ = (UniqueConstraint("post_id", "voter", "option_id"), Index("ix_vote_option", "option_id"))
    id: int | None = Field(default=None, primary_key=True)
    post_id: int = reference("post")
    option_id: int = reference("poll_option")
    voter: str = Field(max_length=64)


class Praised(SQLModel, table=True):
    """Somebody whom a post praises."""

    __table_args__ = (Index("ix_praised_person", "person_id", "post_id"),)
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")


class Occasion(SQLModel, table=True):
    """When and where an event is. The zone is where it takes place; the times are instants."""

    __table_args__ = (
        Index(
            "ix_occasion_near",
            "starts_at",
            sqlite_where=text("reminded_at IS NULL"),
            postgresql_where=text("reminded_at IS NULL"),
        ),
    )
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    zone: str = Field(max_length=64)
    place: str = Field(default="", max_length=300)
    sequence: int = Field(default=0)
    """Raised at each change, so that calendars take the newer one."""
    reminded_at: datetime | None = moment(default=None, nullable=True)


class Attendance(SQLModel, table=True):
    """What one person answered to an event: yes, maybe, no."""

    post_id: int = Field(primary_key=True, foreign_key="post.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    answer: str = Field(max_length=8)
    answered_at: datetime = moment()


class Supersession(SQLModel, table=True):
    """A decision that took the place of an earlier one; each is superseded at most once."""

    old_id: int = Field(primary_key=True, foreign_key="post.id")
    new_id: int = reference("post", index=True)
