"""Accounts: who there is, roles, links, and leaving with what it will do said before."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import RedirectResponse, Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.admin.queries import leaving as leaving_queries
from parley.admin.queries import people as queries
from parley.admin.queries.people import Filters
from parley.admin.views import AdminPeople, AdminPerson, Leaving
from parley.identity import queries as identity
from parley.identity.service import roles, sessions, sign_in_links, tokens
from parley.identity.service.deactivate import deactivate, reactivate
from parley.kit.errors import Invalid, NotFound, Problem
from parley.models.identity import Person
from parley.people.queries import cards, readable_person
from parley.people.rows import session_rows, token_rows
from parley.policy.actor import ROLES
from parley.web import forms
from parley.web.visit import AdminReader, AdminWriter, Visit

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
PAGE = 100


@router.get("/admin/people")
async def people(
    visit: AdminReader, q: str = "", show: str = "active", role: str = "", cursor: str | None = None
) -> Response:
    """Show the accounts."""
    wanted = Filters(q.strip()[:200], show if show in queries.SHOWN else "active", role if role in ROLES else "")
    async with visit.reading() as session:
        rows, more = await queries.rows(session, wanted, PAGE, cursor)
        address = {"q": wanted.q, "show": wanted.show, "role": wanted.role, "cursor": more}
        view = AdminPeople(
            rows=rows,
            total=await queries.count(session, wanted),
            q=wanted.q,
            show=wanted.show,
            role=wanted.role,
            roles=ROLES,
            next_url=forms.query("/admin/people", **address) if more else None,
        )
        if cursor and visit.htmx:
            return visit.fragment("admin/_people_rows.html", people=view)
        return await visit.page(
            session, "admin/people.html", title=visit.say("People"), place="admin", tab="people", people=view
        )


@router.get("/admin/people/{person_id}")
async def person(person_id: Id, visit: AdminReader) -> Response:
    """Show one account."""
    return await _person_page(visit, person_id)


@router.post("/admin/people/{person_id}/roles")
async def set_roles(person_id: Id, visit: AdminWriter) -> Response:
    """Give an account exactly the roles that are ticked."""
    form = await visit.form()
    try:
        async with visit.unit() as unit:
            await roles.set_roles(unit, person_id, form.texts("role"), by=visit.actor.person_id, via="page")
    except Invalid as problem:
        return await _person_page(visit, person_id, problem=problem)
    return visit.seen(f"/admin/people/{person_id}")


@router.post("/admin/people/{person_id}/link")
async def make_link(person_id: Id, visit: AdminWriter) -> Response:
    """Make a one-time sign-in link and show it, this once."""
    async with visit.unit() as unit:
        secret = await sign_in_links.create(unit, person_id, by=visit.actor.person_id, via="page")
    return await _person_page(visit, person_id, link=f"{visit.machine.settings.public_url}/auth/link/{secret}")


@router.post("/admin/people/{person_id}/sessions/end")
async def end_sessions(person_id: Id, visit: AdminWriter) -> Response:
    """Sign somebody out everywhere; the admin's own browser stays."""
    async with visit.unit() as unit:
        await sessions.end_all(
            unit, person_id, by=visit.actor.person_id, via="page", keep=visit.actor.session_id, address=visit.address
        )
    return visit.seen(f"/admin/people/{person_id}")


@router.post("/admin/people/{person_id}/tokens/{token_id}/revoke")
async def revoke_token(person_id: Id, token_id: Id, visit: AdminWriter) -> Response:
    """Revoke somebody's API token."""
    async with visit.unit() as unit:
        await tokens.revoke(unit, person_id, token_id, by=visit.actor.person_id, via="page")
    return visit.seen(f"/admin/people/{person_id}")


@router.get("/admin/people/{person_id}/deactivate")
async def before_leaving(person_id: Id, visit: AdminReader) -> Response:
    """Say what closing the account will do."""
    return await _leaving_page(visit, person_id)


@router.post("/admin/people/{person_id}/deactivate")
async def leave(person_id: Id, visit: AdminWriter) -> Response:
    """Close the account."""
    form = await visit.form()
    successor = form.number("successor") if form.text("successor") else None
    try:
        async with visit.unit() as unit:
            await deactivate(
                unit, person_id, by=visit.actor.person_id, via="page", successor_id=successor, address=visit.address
            )
    except Invalid as problem:
        return await _leaving_page(visit, person_id, successor, problem)
    return visit.seen(f"/admin/people/{person_id}")


@router.post("/admin/people/{person_id}/reactivate")
async def come_back(person_id: Id, visit: AdminWriter) -> Response:
    """Open the account again."""
    async with visit.unit() as unit:
        await reactivate(unit, person_id, by=visit.actor.person_id, via="page", address=visit.address)
    return visit.seen(f"/admin/people/{person_id}")


async def _known(session: AsyncSession, visit: Visit, person_id: int) -> Person:
    found = await readable_person(session, visit.actor, col(Person.id) == person_id)
    if found is None:
        raise NotFound
    return found[0]


async def _person_page(
    visit: Visit, person_id: int, *, link: str | None = None, problem: Problem | None = None
) -> Response:
    async with visit.reading() as session:
        who = await _known(session, visit, person_id)
        last = await roles.is_last_admin(session, person_id)
        view = AdminPerson(
            card=(await cards(session, [person_id]))[person_id],
            email=who.email,
            active=who.active,
            break_glass=who.break_glass,
            created_at=who.created_at,
            seen_at=who.seen_at,
            left_at=who.deactivated_at,
            roles=(await identity.roles_of(session, [person_id])).get(person_id, []),
            all_roles=ROLES,
            ways=await queries.ways(session, person_id),
            sessions=await session_rows(session, visit, person_id),
            tokens=await token_rows(session, person_id),
            is_me=person_id == visit.actor.person_id,
            blocked=visit.say("This is the last IT admin. Make somebody else IT admin first.") if last else "",
            link=link,
            errors=visit.say_fields(problem) if problem else {},
        )
        return await visit.page(
            session,
            "admin/person.html",
            title=who.name,
            place="admin",
            status=problem.status if problem else 200,
            tab="people",
            person=view,
        )


async def _leaving_page(
    visit: Visit, person_id: int, successor_id: int | None = None, problem: Problem | None = None
) -> Response:
    async with visit.reading() as session:
        who = await _known(session, visit, person_id)
        if not who.active:
            return RedirectResponse(f"/admin/people/{person_id}", 303)
        held = await leaving_queries.held_by(session, visit.actor, person_id)
        view = Leaving(
            card=(await cards(session, [person_id]))[person_id],
            sessions=len(await session_rows(session, visit, person_id)),
            tokens=len(await token_rows(session, person_id)),
            claimed=held.claimed,
            assigned=held.assigned,
            held_replies=held.held_replies,
            more=held.more,
            watching=held.watching,
            successors=await leaving_queries.successors(session, person_id),
            successor_id=successor_id,
            errors=visit.say_fields(problem) if problem else {},
        )
        return await visit.page(
            session,
            "admin/deactivate.html",
            title=visit.say("Leaving"),
            place="admin",
            status=problem.status if problem else 200,
            tab="people",
            leaving=view,
        )
