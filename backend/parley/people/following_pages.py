"""Following persons, for pages and programs."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel
from sqlmodel import col

from parley.kit.errors import NotFound
from parley.models.identity import Person
from parley.people import following, groups, queries
from parley.people.schemas import PersonLine
from parley.web.api import PROBLEMS
from parley.web.visit import Id, Reader, Writer

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["people"], responses=PROBLEMS)
Handle = Annotated[str, Path(max_length=64)]


@router.post("/people/{handle}/follow")
async def follow(handle: Handle, visit: Writer) -> Response:
    """Follow a colleague, or do so no more (`on` is 0)."""
    on = (await visit.form()).text("on") != "0"
    async with visit.reading() as session:
        found = await queries.readable_person(session, visit.actor, col(Person.handle) == handle)
    if found is None or found[0].id is None:
        raise NotFound
    who = found[0]
    async with visit.unit() as unit:
        await following.follow(unit, visit.actor, who.id or 0, on=on)
    if not visit.htmx:
        return visit.seen(f"/people/{who.handle}")
    return visit.fragment("people/_follow.html", person=who, followed=on)


class Followed(BaseModel):
    """Whom the caller follows."""

    items: list[PersonLine]


@api.get("/following")
async def list_followed(visit: Reader) -> Followed:
    """Return whom the caller follows, by name."""
    async with visit.reading() as session:
        rows = await groups.followed_rows(session, visit.actor)
    return Followed(
        items=[
            PersonLine(
                id=row.card.id,
                handle=row.card.handle,
                name=row.card.name,
                title=row.card.title,
                team=row.card.team,
                place=row.place,
                photo_url=row.card.photo_url,
            )
            for row in rows
        ]
    )


@api.put("/people/{person_id}/follow", status_code=204)
async def follow_person(person_id: Id, visit: Writer) -> None:
    """Hear what a colleague publishes in open channels."""
    async with visit.unit() as unit:
        await following.follow(unit, visit.actor, person_id, on=True)


@api.delete("/people/{person_id}/follow", status_code=204)
async def unfollow_person(person_id: Id, visit: Writer) -> None:
    """Hear of a colleague no more than the channels tell."""
    async with visit.unit() as unit:
        await following.follow(unit, visit.actor, person_id, on=False)
