"""What channels do when others act."""

from sqlmodel import col, select

from parley.channels.service import feeding, membership
from parley.core.unit import Unit
from parley.events.identity import PersonCreated, PersonDeactivated, PersonReactivated
from parley.events.people import TeamChanged
from parley.models.channels import Channel, Membership
from parley.models.identity import RoleGrant
from parley.models.people import Profile


async def welcome(unit: Unit, event: PersonCreated) -> None:
    """Let a new colleague into the default channels; guests choose nothing by themselves."""
    guest = await unit.session.get(RoleGrant, (event.person_id, "guest"))
    if guest is not None:
        return
    for channel in (
        await unit.session.exec(select(Channel).where(col(Channel.is_default), col(Channel.archived_at).is_(None)))
    ).all():
        await membership.let_in(unit, channel, event.person_id, by=None)


async def farewell(unit: Unit, event: PersonDeactivated) -> None:
    """End all memberships of a leaver, so that audiences and counts are true from now on."""
    rows = (
        await unit.session.exec(
            select(Channel, Membership)
            .join(Membership, col(Membership.channel_id) == Channel.id)
            .where(Membership.person_id == event.person_id, col(Membership.until).is_(None), Channel.kind != "direct")
        )
    ).all()
    for channel, row in rows:
        await membership.end(unit, channel, row, by=event.by_id)
        if row.role == "owner":
            await membership.hand_over(unit, channel, event.successor_id)


async def come_back(unit: Unit, event: PersonReactivated) -> None:
    """Let somebody whose account was opened again into the default channels, and what their team feeds."""
    await welcome(unit, PersonCreated(person_id=event.person_id))
    profile = await unit.session.get(Profile, event.person_id)
    if profile is not None and profile.team_id is not None:
        await feeding.follow_team(
            unit, TeamChanged(person_id=event.person_id, before=None, after=profile.team_id, by_id=None)
        )
