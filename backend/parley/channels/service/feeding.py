"""Membership fed by teams: who comes into the team comes into the channel, who leaves it leaves.

Whoever was in the channel on their own stays. Groups of an identity provider fill teams, so they feed channels through
the same three verbs.
"""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel import col, select

from parley.channels.service import membership
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.channels import ChannelChanged
from parley.events.people import TeamChanged
from parley.kit.errors import Invalid
from parley.models.channels import Channel, ChannelTeam, Membership
from parley.models.identity import Person
from parley.models.people import Profile, Team
from parley.policy import audit, channels
from parley.policy.actor import Actor

_channel_team = metadata.tables["channel_team"]


async def feed(unit: Unit, actor: Actor, channel: Channel, team_id: int) -> None:
    """Let everybody of a team into the channel, now and from now on."""
    channels.may_manage(actor, channel, await membership.of(unit.session, channel.id, actor.person_id))
    channels.must_be_alive(channel)
    team = None if actor.guest else await unit.session.get(Team, team_id)
    if team is None:
        raise Invalid(fields={"team": "There is no such team."})
    new = upsert(unit.session, _channel_team).values(
        channel_id=channel.id, team_id=team_id, since=unit.now, added_by=actor.person_id
    )
    stored = await unit.session.execute(new.on_conflict_do_nothing().returning(_channel_team.c.team_id))
    if stored.first() is None:
        return
    for person_id in await _team(unit, team_id):
        await membership.let_in(unit, channel, person_id, by=actor.person_id, team_id=team_id)
    await _note(unit, actor, channel, "channel.team_added", team_id)


async def unfeed(unit: Unit, actor: Actor, channel: Channel, team_id: int) -> None:
    """Let a team feed the channel no more: whom it brought, and no other team does, leaves."""
    channels.may_manage(actor, channel, await membership.of(unit.session, channel.id, actor.person_id))
    channels.must_be_alive(channel)
    gone = await unit.session.execute(
        delete(ChannelTeam)
        .where(col(ChannelTeam.channel_id) == channel.id, col(ChannelTeam.team_id) == team_id)
        .returning(col(ChannelTeam.team_id))
    )
    if gone.first() is None:
        return
    brought = select(Membership).where(
        Membership.channel_id == channel.id, Membership.team_id == team_id, col(Membership.until).is_(None)
    )
    for row in (await unit.session.exec(brought)).all():
        await _let_go(unit, channel, row, by=actor.person_id)
    await _note(unit, actor, channel, "channel.team_removed", team_id)


async def follow_team(unit: Unit, event: TeamChanged) -> None:
    """Let whoever changed teams out of what the old one fed, and into what the new one feeds."""
    if event.before is not None:
        brought = (
            select(Channel, Membership)
            .join(Membership, col(Membership.channel_id) == Channel.id)
            .where(
                Membership.person_id == event.person_id,
                Membership.team_id == event.before,
                col(Membership.until).is_(None),
            )
        )
        for channel, row in (await unit.session.exec(brought)).all():
            await _let_go(unit, channel, row, by=event.by_id)
    if event.after is not None:
        fed = (
            select(Channel)
            .join(ChannelTeam, col(ChannelTeam.channel_id) == Channel.id)
            .where(ChannelTeam.team_id == event.after, col(Channel.archived_at).is_(None))
        )
        for channel in (await unit.session.exec(fed)).all():
            await membership.let_in(unit, channel, event.person_id, by=event.by_id, team_id=event.after)


async def _let_go(unit: Unit, channel: Channel, row: Membership, *, by: int | None) -> None:
    """End a membership that came through a team, unless the person's team still feeds the channel, or it needs them."""
    still = (
        await unit.session.exec(
            select(ChannelTeam.team_id)
            .join(Profile, col(Profile.team_id) == ChannelTeam.team_id)
            .where(ChannelTeam.channel_id == channel.id, Profile.person_id == row.person_id)
        )
    ).first()
    alone = row.role == "owner" and await membership.owners(unit, channel) <= 1
    if still is None and not alone:
        await membership.end(unit, channel, row, by=by)
        return
    row.team_id = still
    unit.session.add(row)


async def _team(unit: Unit, team_id: int) -> Sequence[int]:
    rows = await unit.session.exec(
        select(Profile.person_id)
        .join(Person, col(Person.id) == Profile.person_id)
        .where(Profile.team_id == team_id, col(Person.active))
        .order_by(col(Profile.person_id))
    )
    return rows.all()


async def _note(unit: Unit, actor: Actor, channel: Channel, what: str, team_id: int) -> None:
    assert channel.id is not None  # noqa: S101  (a row)
    await audit.record(
        unit, what, actor_id=actor.person_id, via=actor.via, target=f"channel:{channel.id}", team_id=team_id
    )
    await unit.emit(ChannelChanged(channel_id=channel.id))
