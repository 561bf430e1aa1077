"""How some of them have arranged their rails, whom they follow, and which teams feed which channels."""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlmodel import col

from parley.core.unit import Unit
from parley.customers.rows import key
from parley.demo.fernhill import Company
from parley.models.channels import Channel, ChannelTeam, Membership, RailLayout
from parley.models.people import PersonFollow, Profile, Team
from parley.policy.actor import Actor

_SECTIONS = {
    # person: (title of a section of their own, the channels in it)
    "priya": ("Every day", ("customer-care", "hand-over", "answer-cards")),
    "maeve": ("On the counter", ("plumbing", "cork")),
    "tom": ("Before eight", ("leeds-kirkstall", "store-managers")),
}
_FOLLOWS = {"priya": ("maeve", "dan", "orla"), "maeve": ("samir", "birgit"), "tom": ("ged",), "grace": ("priya",)}
_MUTED = {"priya": ("canteen",), "tom": ("allotment", "canteen"), "maeve": ("well-done",)}


async def seed(unit: Unit, company: Company, actors: Mapping[str, Actor], rooms: Mapping[str, Channel]) -> None:
    """Write all of it as rows, dated like the channels."""
    teams = dict((await unit.session.execute(select(col(Team.name), col(Team.id)))).tuples().all())
    for entry in company.channels:
        for name in entry.fed_by:
            unit.session.add(ChannelTeam(channel_id=key(rooms[entry.key]), team_id=teams[name], since=unit.now))
            of_team = select(col(Profile.person_id)).where(col(Profile.team_id) == teams[name])
            await unit.session.execute(
                update(Membership)
                .where(
                    col(Membership.channel_id) == rooms[entry.key].id,
                    col(Membership.role) == "member",
                    col(Membership.person_id).in_(of_team),
                )
                .values(team_id=teams[name])
            )
    for person, (title, channels) in _SECTIONS.items():
        section = {"key": "own:1", "title": title, "own": True, "shut": False}
        unit.session.add(RailLayout(person_id=actors[person].person_id, sections=[section]))
        for place, name in enumerate(channels):
            await _set(unit, actors[person], rooms[name], section="own:1", place=place)
    for person, names in _MUTED.items():
        for name in names:
            await _set(unit, actors[person], rooms[name], follow="mute")
    unit.session.add_all(
        [
            PersonFollow(
                follower_id=actors[person].person_id, followed_id=actors[name].person_id, since=unit.now, inner=False
            )
            for person, names in _FOLLOWS.items()
            for name in names
        ]
    )
    await unit.session.flush()


async def _set(unit: Unit, actor: Actor, room: Channel, **values: str | int) -> None:
    await unit.session.execute(
        update(Membership)
        .where(col(Membership.channel_id) == room.id, col(Membership.person_id) == actor.person_id)
        .values(**values)
    )
