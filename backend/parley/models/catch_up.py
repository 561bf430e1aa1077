"""Written by `feed`: what somebody has put off or seen in Catch-up, and what their last acts there can take back."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from parley.models.columns import document, moment, reference


class CatchUpMark(SQLModel, table=True):
    """A thing of Catch-up that a person has put off, or has seen up to a point."""

    __tablename__ = "catch_up_mark"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    kind: str = Field(primary_key=True, max_length=12)
    """notice, thread, channel, conversation, post"""
    thing_id: int = Field(primary_key=True)
    until: datetime | None = moment(default=None, nullable=True)
    """When it comes back; it then stays until it is done."""
    seen: int = Field(default=0)
    """Of a conversation the last message seen; of a post of the inner circle 1."""


class CatchUpAct(SQLModel, table=True):
    """One act in Catch-up, with what it changed, so that it can be taken back."""

    __tablename__ = "catch_up_act"
    __table_args__ = (Index("ix_catch_up_act_person", "person_id", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = reference("person")
    at: datetime = moment()
    before: dict[str, Any] = document(dict)
    """Positions and marks as they were; notifications are known by having been read at `at`."""
