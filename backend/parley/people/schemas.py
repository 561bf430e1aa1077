"""What programs read and write about persons."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from parley.kit.clock import rfc3339

Moment = Annotated[datetime, PlainSerializer(rfc3339, when_used="json")]
Topic = Annotated[str, Field(max_length=60)]
Language = Annotated[str, Field(max_length=40)]


class PersonLine(BaseModel):
    """A colleague in a list."""

    id: int
    handle: str
    name: str
    title: str
    team: str
    place: str
    photo_url: str | None


class People(BaseModel):
    """A part of the directory."""

    items: list[PersonLine]
    next: str | None


class PersonOut(BaseModel):
    """A colleague in full. `roles` is null unless it is the caller, or the caller is an IT admin."""

    id: int
    handle: str
    name: str
    email: str
    title: str
    team: str
    place: str
    pronouns: str
    phone: str
    hours: str
    status: str
    time_zone: str
    about: str
    ask_me_about: list[str]
    languages: list[str]
    manager_id: int | None
    photo_url: str | None
    active: bool
    created_at: Moment
    roles: list[str] | None


class Me(BaseModel):
    """Who the caller is, and what they may: `scopes` is null for a browser."""

    person: PersonOut
    roles: list[str]
    scopes: list[str] | None


class PersonChange(BaseModel):
    """What of a person shall change; the last three are an IT admin's."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200)
    title: str | None = Field(default=None, max_length=200)
    team: str | None = Field(default=None, max_length=200)
    place: str | None = Field(default=None, max_length=200)
    pronouns: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=200)
    hours: str | None = Field(default=None, max_length=200)
    status: str | None = Field(default=None, max_length=200)
    about: str | None = Field(default=None, max_length=2000)
    ask_me_about: list[Topic] | None = Field(default=None, max_length=20)
    languages: list[Language] | None = Field(default=None, max_length=12)
    photo_file_id: int | None = Field(default=None, ge=0, le=2**31 - 1)
    active: bool | None = None
    roles: list[Annotated[str, Field(max_length=32)]] | None = Field(default=None, max_length=10)
    successor_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
