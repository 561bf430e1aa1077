"""Colleagues, their profiles and roles."""

from sqlalchemy import select
from sqlmodel import col

from parley.core.unit import Unit
from parley.demo.fernhill import Company
from parley.identity.service import accounts
from parley.kit.text import handle_from
from parley.models.identity import Person
from parley.models.people import Profile, Team
from parley.policy.actor import Actor

_DAYS_BEFORE = 400


async def seed(unit: Unit, company: Company) -> dict[str, Actor]:
    """Make everybody; return them by key, ready to act."""
    actors: dict[str, Actor] = {}
    teams: dict[str, int] = {}
    for person in company.persons:
        roles = tuple(role for role in person.roles if role != "member")
        made = await accounts.create_person(
            unit, email=person.email, name=person.name, by=None, via="machine", handle=person.handle, roles=roles
        )
        assert made.id is not None  # noqa: S101  (flushed)
        made.time_zone = person.zone
        unit.session.add(made)
        actors[person.key] = Actor(made.id, made.handle, made.name, frozenset(roles), time_zone=person.zone)
        profile = await unit.session.get_one(Profile, made.id)
        profile.title, profile.place, profile.pronouns = person.title, person.place, person.pronouns or ""
        profile.about, profile.ask_me_about = person.about, list(person.ask_me_about)
        profile.languages, profile.hue, profile.face = list(person.languages), person.hue, person.face or ""
        profile.team_id = await _team(unit, teams, person.team)
        unit.session.add(profile)
    for person in company.persons:
        if person.manager:
            profile = await unit.session.get_one(Profile, actors[person.key].person_id)
            profile.manager_id = actors[person.manager].person_id
            unit.session.add(profile)
    await unit.session.flush()
    return actors


async def known(unit: Unit, company: Company) -> dict[str, Actor]:
    """Return the seeded colleagues by key."""
    rows = (
        (
            await unit.session.execute(
                select(Person).where(col(Person.email_norm).in_([person.email for person in company.persons]))
            )
        )
        .scalars()
        .all()
    )
    by_email = {row.email_norm: row for row in rows}
    return {
        person.key: Actor(
            row.id or 0,
            row.handle,
            row.name,
            frozenset(role for role in person.roles if role != "member"),
            time_zone=person.zone,
        )
        for person in company.persons
        if (row := by_email.get(person.email)) and row.active
    }


async def _team(unit: Unit, teams: dict[str, int], name: str) -> int:
    if name not in teams:
        team = Team(name=name, handle=handle_from(name.replace(" ", "-")))
        unit.session.add(team)
        await unit.session.flush()
        teams[name] = team.id or 0
    return teams[name]
