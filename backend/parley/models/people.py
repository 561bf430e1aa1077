"""Written by `people`: profiles, teams, who follows whom."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from parley.models.columns import document, moment, reference


class Team(SQLModel, table=True):
    """A lasting unit persons belong to. Its handle is what a mention names, and kept for good."""

    __table_args__ = (Index("uq_team_handle", "handle", unique=True),)
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, unique=True)
    handle: str = Field(max_length=64)


class PersonFollow(SQLModel, table=True):
    """A person hears what another publishes in open channels; `inner` marks the few whose posts never get lost."""

    __tablename__ = "person_follow"
    follower_id: int = Field(primary_key=True, foreign_key="person.id")
    followed_id: int = Field(primary_key=True, foreign_key="person.id", index=True)
    since: datetime = moment()
    inner: bool = Field(default=False)


class Profile(SQLModel, table=True):
    """What a person says about themselves; one row for each person."""

    person_id: int = Field(primary_key=True, foreign_key="person.id")
    title: str = Field(default="", max_length=120)
    team_id: int | None = reference("team", null=True, index=True)
    place: str = Field(default="", max_length=80)
    pronouns: str = Field(default="", max_length=40)
    phone: str = Field(default="", max_length=40)
    hours: str = Field(default="", max_length=120)
    status: str = Field(default="", max_length=120)
    about: str = Field(default="", max_length=2000)
    ask_me_about: list[str] = document(list)
    languages: list[str] = document(list)
    manager_id: int | None = reference("person", null=True)
    hue: int = Field(default=1)
    face: str = Field(default="", max_length=16)
    """The name of a drawn face in the icon sprite; only the demo company has them."""
    photo_file_id: int | None = reference("file", null=True)
    updated_at: datetime = moment()
