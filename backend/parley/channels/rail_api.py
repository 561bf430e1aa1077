"""The rail for programs: read as it is shown, written whole."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from parley.channels.rails import rail_view
from parley.channels.service import arranging
from parley.channels.service.arranging import Wanted
from parley.web.api import PROBLEMS, BodyId
from parley.web.visit import Reader, Visit, Writer

router = APIRouter(prefix="/api/v1", tags=["channels"], responses=PROBLEMS)


class RailEntry(BaseModel):
    """A joined channel in its section."""

    id: int
    name: str
    kind: str
    follow: str
    unread: int
    mentions: int


class SectionOut(BaseModel):
    """A section: `personal` ones are the caller's; `own` ones have the caller's order, others go by name."""

    key: str
    title: str
    personal: bool
    own: bool
    shut: bool
    channels: list[RailEntry]


class RailOut(BaseModel):
    """The rail of the caller."""

    unread_only: bool
    sections: list[SectionOut]


class SectionIn(BaseModel):
    """A section as it shall be; without `key` it is a new one, which needs a title."""

    model_config = ConfigDict(extra="forbid")

    key: str | None = Field(default=None, max_length=48)
    title: str = Field(default="", max_length=200)
    own: bool = False
    shut: bool = False
    channels: list[BodyId] = Field(default=[], max_length=1000)


class RailIn(BaseModel):
    """The whole arrangement; channels that are not named go where the house puts them."""

    model_config = ConfigDict(extra="forbid")

    unread_only: bool = False
    sections: list[SectionIn] = Field(max_length=100)


@router.get("/rail")
async def read(visit: Reader) -> RailOut:
    """Return the caller's sections with their channels."""
    return await _out(visit)


@router.put("/rail")
async def arrange(given: RailIn, visit: Writer) -> RailOut:
    """Arrange everything anew."""
    wanted = [Wanted(one.key, one.title, one.own, one.shut, one.channels) for one in given.sections]
    async with visit.unit() as unit:
        await arranging.replace(unit, visit.actor, wanted, unread_only=given.unread_only)
    return await _out(visit)


async def _out(visit: Visit) -> RailOut:
    async with visit.reading() as session:
        view = await rail_view(session, visit.actor, visit.say)
    return RailOut(
        unread_only=view.unread_only,
        sections=[
            SectionOut(
                key=section.key,
                title=section.title,
                personal=section.personal,
                own=section.own_order,
                shut=section.shut,
                channels=[
                    RailEntry(
                        id=one.id,
                        name=one.name,
                        kind=one.kind,
                        follow=one.level,
                        unread=one.unread,
                        mentions=one.mentions,
                    )
                    for one in section.channels
                ],
            )
            for section in view.sections
        ],
    )
