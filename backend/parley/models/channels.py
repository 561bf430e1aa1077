"""Written by `channels`: channels, who belongs to them from when to when, and how far each has read."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from parley.models.columns import document, moment, reference


class Channel(SQLModel, table=True):
    """Where posts live. `last_number` is the number of its newest post."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=64)
    name_norm: str | None = Field(default=None, max_length=64, unique=True)
    """None for direct channels, which have no name."""
    kind: str = Field(max_length=12)
    """open, private, announcement, direct"""
    purpose: str = Field(default="", max_length=250)
    section: str = Field(default="", max_length=40)
    direct_key: str | None = Field(default=None, max_length=200, unique=True)
    """The sorted ids of a direct channel's persons: the same set is the same channel."""
    who_posts: str = Field(default="members", max_length=12)
    """members, moderators, owners"""
    who_comments: str = Field(default="everybody", max_length=12)
    """everybody (who may read it), members, moderators, owners"""
    who_invites: str = Field(default="members", max_length=12)
    """members, moderators, owners"""
    is_default: bool = Field(default=False)
    """Whether newcomers find themselves in it."""
    last_number: int = Field(default=0)
    created_by: int | None = reference("person", null=True)
    created_at: datetime = moment()
    archived_at: datetime | None = moment(default=None, nullable=True)


class Membership(SQLModel, table=True):
    """An interval in which a person belongs to a channel; `until` None is now."""

    __table_args__ = (
        Index(
            "uq_membership_open",
            "channel_id",
            "person_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_membership_person", "person_id", "until"),
    )
    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = reference("channel")
    person_id: int = reference("person")
    role: str = Field(default="member", max_length=12)
    """owner, moderator, member"""
    follow: str = Field(default="all", max_length=10)
    """all (Home and unread), mentions (unread for mentions only), mute (neither)"""
    since: datetime = moment()
    until: datetime | None = moment(default=None, nullable=True)
    added_by: int | None = reference("person", null=True)
    removed_by: int | None = reference("person", null=True)
    team_id: int | None = reference("team", null=True)
    """The team that brought the person; None for who is there on their own, and stays when a team leaves."""
    section: str = Field(default="", max_length=48)
    """The key of the personal section of the rail it stands in; empty is where the house puts it."""
    place: int = Field(default=0)
    """Its place in a section that has an order of its own."""


class ReadingPosition(SQLModel, table=True):
    """The number of the last post of a channel that a person has read."""

    __tablename__ = "reading_position"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    channel_id: int = Field(primary_key=True, foreign_key="channel.id")
    number: int = Field(default=0)
    read_at: datetime = moment()


class ChannelTeam(SQLModel, table=True):
    """A team that feeds a channel: everybody of the team is a member."""

    __tablename__ = "channel_team"
    channel_id: int = Field(primary_key=True, foreign_key="channel.id")
    team_id: int = Field(primary_key=True, foreign_key="team.id", index=True)
    since: datetime = moment()
    added_by: int | None = reference("person", null=True)


class RailLayout(SQLModel, table=True):
    """How a person has arranged their rail; no row is the arrangement of the house."""

    __tablename__ = "rail_layout"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    sections: list[dict[str, object]] = document(list)
    """In order: key, title (of personal ones), own (an order of its own), shut."""
    unread_only: bool = Field(default=False)
