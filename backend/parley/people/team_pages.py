"""Teams, for pages and programs: who belongs to one, what it opens."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.kit.errors import Invalid, NotFound
from parley.people import groups, queries, teams
from parley.people.schemas import PersonLine
from parley.people.views import TeamView
from parley.policy.actor import Actor
from parley.web.api import PROBLEMS
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["people"], responses=PROBLEMS)
Handle = Annotated[str, Path(max_length=64)]


@router.get("/teams/{handle}")
async def team(handle: Handle, visit: Reader) -> Response:
    """Show a team; an address with its number leads to the one with its handle."""
    return await _page(visit, handle)


async def _page(visit: Visit, handle: str, error: str = "", status: int = 200) -> Response:
    async with visit.reading() as session:
        view = await groups.team(session, visit.actor, handle)
        if view is None:
            raise NotFound
        if view.handle != handle:
            return RedirectResponse(f"/teams/{view.handle}", 301)
        return await visit.page(
            session, "people/team.html", title=view.name, place="people", status=status, team=view, error=error
        )


@router.post("/teams/{handle}/members")
async def change(handle: Handle, visit: Writer) -> Response:
    """Put persons into a team, or take one out (`remove`)."""
    form = await visit.form()
    async with visit.reading() as session:
        view = await groups.team(session, visit.actor, handle)
        if view is None:
            raise NotFound
        typed = form.text("person").lstrip("@").strip()
        ids = list(form.ids("people"))
        if typed.isascii() and typed.isdigit():
            ids.append(form.number("person"))
        elif typed:
            ids += await queries.named(session, visit.actor, typed)
    if not ids:
        return await _page(visit, view.handle, visit.say("Nobody here is called that."), 422)
    try:
        async with visit.unit() as unit:
            for person_id in ids:
                await teams.put(unit, visit.actor, view.id, person_id, on=not form.on("remove"))
    except Invalid as refusal:
        return await _page(visit, view.handle, " ".join(visit.say_fields(refusal).values()), 422)
    return visit.seen(f"/teams/{view.handle}")


class TeamOut(BaseModel):
    """A team; its handle is what a mention names."""

    id: int
    handle: str
    name: str


class Teams(BaseModel):
    """All teams."""

    items: list[TeamOut]


class TeamMembers(BaseModel):
    """Who belongs to a team."""

    items: list[PersonLine]


@api.get("/teams")
async def list_teams(visit: Reader) -> Teams:
    """Return every team, by name."""
    async with visit.reading() as session:
        rows = await groups.teams(session, visit.actor)
    return Teams(items=[TeamOut(id=row.id or 0, handle=row.handle, name=row.name) for row in rows])


@api.get("/teams/{team_id}/members")
async def list_members(team_id: Id, visit: Reader) -> TeamMembers:
    """Return who belongs to a team, by name."""
    async with visit.reading() as session:
        view = await _team(session, visit.actor, team_id)
    return TeamMembers(
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
            for row in view.members
        ]
    )


@api.put("/teams/{team_id}/members/{person_id}", status_code=204)
async def put(team_id: Id, person_id: Id, visit: Writer) -> None:
    """Put somebody into a team: a moderator's or an IT admin's act."""
    await _change(visit, team_id, person_id, on=True)


@api.delete("/teams/{team_id}/members/{person_id}", status_code=204)
async def take(team_id: Id, person_id: Id, visit: Writer) -> None:
    """Take somebody out of a team: a moderator's or an IT admin's act."""
    await _change(visit, team_id, person_id, on=False)


async def _change(visit: Visit, team_id: int, person_id: int, *, on: bool) -> None:
    async with visit.reading() as session:
        await _team(session, visit.actor, team_id)
    async with visit.unit() as unit:
        await teams.put(unit, visit.actor, team_id, person_id, on=on)


async def _team(session: AsyncSession, actor: Actor, team_id: int) -> TeamView:
    view = await groups.team(session, actor, str(team_id))
    if view is None:
        raise NotFound
    return view
