"""The inner circle on a page of the settings, on profiles, and for programs."""

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import col

from parley.core.unit import Unit
from parley.kit.errors import Invalid
from parley.models.identity import Person
from parley.people import circle
from parley.policy import people as policy
from parley.web.api import PROBLEMS
from parley.web.visit import Id, Reader, Visit, Writer

pages = APIRouter(include_in_schema=False)
router = APIRouter(prefix="/api/v1/inner-circle", tags=["people"], responses=PROBLEMS)


class Circle(BaseModel):
    """Whose posts wait in Catch-up until they are seen: ids of persons, by name."""

    person_ids: list[int]
    most: int


@pages.get("/settings/circle")
async def show(visit: Reader) -> Response:
    """Show who is in the circle."""
    return await _page(visit)


@pages.post("/settings/circle")
async def add(visit: Writer) -> Response:
    """Take in whoever is named by handle."""
    handle = (await visit.form()).text("person").strip().removeprefix("@").lower()
    try:
        async with visit.unit() as unit:
            await circle.choose(unit, visit.actor, await _named(unit, visit, handle), on=True)
    except Invalid as refusal:
        return await _page(visit, handle, refusal)
    return visit.seen("/settings/circle")


@pages.post("/people/{person_id}/circle")
async def choose(person_id: Id, visit: Writer) -> Response:
    """Take a colleague in or out."""
    form = await visit.form()
    on = form.text("on") != "0"
    async with visit.unit() as unit:
        await circle.choose(unit, visit.actor, person_id, on=on)
    if visit.htmx:
        return visit.fragment("people/_circle.html", person_id=person_id, inner=on)
    return visit.seen("/settings/circle")


async def _named(unit: Unit, visit: Visit, handle: str) -> int:
    named = policy.readable(visit.actor).where(col(Person.handle) == handle, col(Person.active))
    person = (await unit.session.execute(named)).scalar_one_or_none()
    if person is None:
        raise Invalid(fields={"person": "Nobody here has this name. Choose one of the list."}, code="unknown")
    return person.id or 0


async def _page(visit: Visit, person: str = "", refusal: Invalid | None = None) -> Response:
    async with visit.reading() as session:
        members = await circle.members(session, visit.actor)
        fields = visit.say_fields(refusal) if refusal else {}
        return await visit.page(
            session,
            "people/settings.html",
            title=visit.say("Inner circle"),
            place="settings",
            status=422 if refusal else 200,
            tab="circle",
            members=members,
            most=circle.MOST,
            person=person,
            error=fields.get("person") or (visit.say(refusal.sentence) if refusal else ""),
        )


@router.get("")
async def listing(visit: Reader) -> Circle:
    """Return who is in the caller's circle."""
    async with visit.reading() as session:
        return Circle(person_ids=await circle.ids(session, visit.actor), most=circle.MOST)


@router.put("/{person_id}", status_code=204)
async def take_in(person_id: Id, visit: Writer) -> None:
    """Take a colleague in, which follows them too."""
    async with visit.unit() as unit:
        await circle.choose(unit, visit.actor, person_id, on=True)


@router.delete("/{person_id}", status_code=204)
async def let_go(person_id: Id, visit: Writer) -> None:
    """Take a colleague out; they are still followed."""
    async with visit.unit() as unit:
        await circle.choose(unit, visit.actor, person_id, on=False)
