"""Persons for programs."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.unit import Unit
from parley.identity import queries as identity_queries
from parley.identity.service import roles as role_verbs
from parley.identity.service.deactivate import deactivate, reactivate
from parley.kit.errors import Forbidden, Invalid, NotFound
from parley.kit.paging import DEFAULT_LIMIT
from parley.models.identity import Person
from parley.people import queries, service
from parley.people.queries import Filters
from parley.people.schemas import Me, People, PersonChange, PersonLine, PersonOut
from parley.people.service import ProfileChange
from parley.policy import people as policy
from parley.policy.actor import Actor
from parley.web.api import PROBLEMS, Limit
from parley.web.visit import Reader, Visit, Writer

router = APIRouter(prefix="/api/v1", tags=["people"], responses=PROBLEMS)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Cursor = Annotated[str | None, Query(max_length=1000)]
_ADMIN_FIELDS = frozenset({"active", "roles", "successor_id"})


@router.get("/me")
async def me(visit: Reader) -> Me:
    """Return the caller."""
    actor = visit.actor
    async with visit.reading() as session:
        return Me(
            person=await _person(session, actor, actor.person_id),
            roles=sorted(actor.roles),
            scopes=sorted(actor.scopes) if actor.scopes is not None else None,
        )


@router.get("/people")
async def people(
    visit: Reader,
    q: Annotated[str, Query(max_length=200)] = "",
    team_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    place: Annotated[str, Query(max_length=80)] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> People:
    """Return a part of the directory, by name."""
    async with visit.reading() as session:
        rows, more = await queries.directory(session, visit.actor, Filters(q, team_id, place), limit, cursor)
    return People(
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
        ],
        next=more,
    )


@router.get("/people/{person_id}")
async def person(person_id: Id, visit: Reader) -> PersonOut:
    """Return one colleague."""
    async with visit.reading() as session:
        return await _person(session, visit.actor, person_id)


@router.patch("/people/{person_id}")
async def change(person_id: Id, body: PersonChange, visit: Writer) -> PersonOut:
    """Change one's own profile; an IT admin also closes and opens accounts and sets roles, of anybody."""
    actor = visit.actor
    given = body.model_fields_set
    own = given - _ADMIN_FIELDS
    if given & _ADMIN_FIELDS:
        policy.may_administer(actor)
        if not actor.may_use("admin:write"):
            raise Forbidden("This token was not given the scope %(scope)s.", code="missing_scope", scope="admin:write")
    wanted = service.checked(
        ProfileChange(**{name: getattr(body, name) for name in ProfileChange.__dataclass_fields__})
    )
    async with visit.reading() as session:
        # Somebody whom the caller does not see is unknown, not forbidden.
        await _person(session, actor, person_id)
    if own and person_id != actor.person_id:
        raise Forbidden("Only the person may change this.", code="not_the_person")
    async with visit.unit() as unit:
        if own:
            await service.change_profile(unit, person_id, wanted, by=actor.person_id, via="api")
        await _administer(unit, visit, person_id, body)
    async with visit.reading() as session:
        return await _person(session, actor, person_id)


async def _administer(unit: Unit, visit: Visit, person_id: int, body: PersonChange) -> None:
    by = visit.actor.person_id
    if body.roles is not None:
        await role_verbs.set_roles(unit, person_id, body.roles, by=by, via="api")
    if body.active is False:
        await deactivate(unit, person_id, by=by, via="api", successor_id=body.successor_id, address=visit.address)
    elif body.successor_id is not None:
        raise Invalid(fields={"successor_id": "A successor is named when an account is closed."})
    elif body.active:
        await reactivate(unit, person_id, by=by, via="api", address=visit.address)


async def _person(session: AsyncSession, actor: Actor, person_id: int) -> PersonOut:
    found = await queries.readable_person(session, actor, col(Person.id) == person_id)
    if found is None:
        raise NotFound
    who, profile = found
    card = (await queries.cards(session, [person_id]))[person_id]
    knows_roles = person_id == actor.person_id or actor.has(role_verbs.ADMIN)
    roles = (await identity_queries.roles_of(session, [person_id])).get(person_id, []) if knows_roles else None
    return PersonOut(
        id=card.id,
        handle=who.handle,
        name=who.name,
        email=who.email,
        title=profile.title,
        team=card.team,
        place=profile.place,
        pronouns=profile.pronouns,
        phone=profile.phone,
        hours=profile.hours,
        status=profile.status,
        time_zone=who.time_zone,
        about=profile.about,
        ask_me_about=profile.ask_me_about,
        languages=profile.languages,
        manager_id=profile.manager_id,
        photo_url=card.photo_url,
        active=who.active,
        created_at=who.created_at,
        roles=roles,
    )
