"""Teams: how they come to be, and who belongs to one."""

from sqlalchemy import func, select
from sqlmodel import col

from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.identity import PersonChanged
from parley.events.people import TeamChanged
from parley.kit.errors import Forbidden, Invalid, NotFound
from parley.kit.text import handle_from
from parley.models.channels import Channel, ChannelTeam
from parley.models.identity import Person
from parley.models.people import Profile, Team
from parley.policy import audit
from parley.policy import people as policy
from parley.policy.actor import Actor

_team = Team.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
_TRIES = 1000


async def named(unit: Unit, name: str) -> int:
    """Return the team called `name`, in any case of letters; the first who names it makes it."""
    known = select(col(Team.id)).where(func.lower(col(Team.name)) == name.lower()).order_by(col(Team.id)).limit(1)
    found: int | None = (await unit.session.execute(known)).scalar_one_or_none()
    if found is not None:
        return found
    first = handle_from(name.replace("@", " ").replace(" ", "-"))[:56]
    for number in range(1, _TRIES):
        handle = first if number == 1 else f"{first}-{number}"
        person = await unit.session.execute(select(col(Person.id)).where(col(Person.handle) == handle))
        if person.first() is None:
            new = upsert(unit.session, _team).values(name=name, handle=handle)
            await unit.session.execute(new.on_conflict_do_nothing())
            made = await unit.session.execute(select(col(Team.id)).where(col(Team.name) == name))
            if (new_id := made.scalar_one_or_none()) is not None:
                return int(new_id)
    raise Invalid(fields={"team": "Give the team another name."})


async def move(unit: Unit, profile: Profile, team_id: int | None, *, by: int | None) -> bool:
    """Put a person into a team (or none); return whether that changed anything. What the teams feed follows."""
    if profile.team_id == team_id:
        return False
    before, profile.team_id = profile.team_id, team_id
    unit.session.add(profile)
    await unit.session.flush()
    await unit.emit(TeamChanged(person_id=profile.person_id, before=before, after=team_id, by_id=by))
    return True


async def may_enter(unit: Unit, team_id: int) -> None:
    """Refuse that somebody puts themselves into a team that opens a private channel."""
    opens = await unit.session.execute(
        select(col(Channel.id))
        .join(ChannelTeam, col(ChannelTeam.channel_id) == Channel.id)
        .where(col(ChannelTeam.team_id) == team_id, col(Channel.kind) == "private")
        .limit(1)
    )
    if opens.first() is not None:
        raise Invalid(
            fields={"team": "This team opens a private channel: a moderator or IT admin puts people into it."}
        )


async def put(unit: Unit, actor: Actor, team_id: int, person_id: int, *, on: bool) -> None:
    """Put somebody into a team or take them out of it: a moderator's or an IT admin's act."""
    policy.may_arrange_teams(actor)
    person = (
        await unit.session.execute(select(Person).where(policy.visible(actor), col(Person.id) == person_id))
    ).scalar_one_or_none()
    team = await unit.session.get(Team, team_id)
    if person is None or team is None:
        raise NotFound
    if on and not person.active:
        raise Forbidden("This person is no longer here.", code="not_active")
    profile = await unit.session.get_one(Profile, person_id)
    if (profile.team_id == team_id) is on:
        return
    await move(unit, profile, team_id if on else None, by=actor.person_id)
    await unit.emit(PersonChanged(person_id=person_id))
    await audit.record(
        unit,
        "team.member_added" if on else "team.member_removed",
        actor_id=actor.person_id,
        via=actor.via,
        target=f"person:{person_id}",
        team=team.name,
    )
