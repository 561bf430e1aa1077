"""Who belongs to a channel, as intervals: from, to, by whom."""

from collections.abc import Sequence

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.service import reading
from parley.core.eventlog import Hint
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.channels import ChannelFollowed, MemberChanged, MemberJoined, MemberLeft
from parley.kit.errors import Conflict, Forbidden, Invalid, NotFound
from parley.models.channels import Channel, Membership
from parley.models.identity import Person
from parley.models.people import Team
from parley.policy import audit, channels, people
from parley.policy.actor import Actor

ROLES = ("owner", "moderator", "member")
_membership = metadata.tables["membership"]
LEVELS = ("all", "mentions", "mute")


async def of(session: AsyncSession, channel_id: int | None, person_id: int) -> Membership | None:
    """Return the person's present membership of the channel, if there is one."""
    return (
        await session.exec(
            select(Membership).where(
                Membership.channel_id == channel_id, Membership.person_id == person_id, col(Membership.until).is_(None)
            )
        )
    ).first()


async def all_of(session: AsyncSession, person_id: int) -> Sequence[Membership]:
    """Return all present memberships of a person."""
    mine = select(Membership).where(Membership.person_id == person_id, col(Membership.until).is_(None))
    return (await session.exec(mine)).all()


async def let_in(
    unit: Unit, channel: Channel, person_id: int, *, by: int | None, role: str = "member", team_id: int | None = None
) -> bool:
    """Begin a membership and return True, unless there is one; what is there already counts as read.

    `team_id` is the team that brings the person; without one they are there on their own.
    """
    assert channel.id is not None  # noqa: S101  (flushed)
    new = upsert(unit.session, _membership).values(
        channel_id=channel.id,
        person_id=person_id,
        role=role,
        follow="all",
        since=unit.now,
        added_by=by,
        team_id=team_id,
        section="",
        place=0,
    )
    stored = await unit.session.execute(
        new.on_conflict_do_nothing(
            index_elements=["channel_id", "person_id"], index_where=_membership.c.until.is_(None)
        ).returning(_membership.c.id)
    )
    if stored.scalar_one_or_none() is None:
        return False
    await reading.advance(unit, channel.id, person_id, channel.last_number)
    await unit.emit(MemberJoined(channel_id=channel.id, person_id=person_id))
    return True


async def join(unit: Unit, actor: Actor, channel: Channel) -> None:
    """Let `actor` into an open channel they can see; who is in already stays."""
    if mine := await of(unit.session, channel.id, actor.person_id):
        _on_own(unit, mine)
        return
    channels.must_be_alive(channel)
    if actor.guest or channel.kind not in channels.OPEN:
        raise Forbidden("An owner of this channel has to add you.", code="not_open")
    await let_in(unit, channel, actor.person_id, by=actor.person_id)


async def add(unit: Unit, actor: Actor, channel: Channel, person_id: int, role: str | None = None) -> None:
    """Let somebody else in, or give them another role; without `role` who is in already keeps theirs."""
    if role is not None and role not in ROLES:
        raise Invalid(fields={"role": "Choose owner, moderator or member."})
    mine = await of(unit.session, channel.id, actor.person_id)
    channels.may_invite(actor, channel, mine)
    channels.must_be_alive(channel)
    known = await unit.session.execute(
        select(col(Person.id)).where(people.visible(actor), col(Person.id) == person_id, col(Person.active))
    )
    if known.scalar_one_or_none() is None:
        raise NotFound
    theirs = await of(unit.session, channel.id, person_id)
    if role not in {None, theirs.role if theirs else "member"}:
        channels.may_manage(actor, channel, mine)
    if theirs is None:
        await let_in(unit, channel, person_id, by=actor.person_id, role=role or "member")
    elif role not in {None, theirs.role}:
        await _change_role(unit, channel, theirs, role or "member")
    else:
        _on_own(unit, theirs)
        return
    await audit.record(
        unit,
        "channel.member_added",
        actor_id=actor.person_id,
        via=actor.via,
        target=f"channel:{channel.id}",
        person_id=person_id,
        role=role or "member",
    )


def _on_own(unit: Unit, membership: Membership) -> None:
    """Let somebody whom a team brought stay when they leave the team."""
    if membership.team_id is not None:
        membership.team_id = None
        unit.session.add(membership)


async def _change_role(unit: Unit, channel: Channel, membership: Membership, role: str) -> None:
    if membership.role == "owner":
        await _keep_an_owner(unit, channel)
    membership.role = role
    unit.session.add(membership)
    await unit.session.flush()
    await unit.emit(MemberChanged(channel_id=membership.channel_id, person_id=membership.person_id, role=role))


async def remove(unit: Unit, actor: Actor, channel: Channel, person_id: int) -> None:
    """End a membership: one's own, or as an owner (a moderator: of plain members) somebody else's.

    The last owner stays, and whoever a team brings stays as long as they are in the team.
    """
    theirs = await of(unit.session, channel.id, person_id)
    if person_id == actor.person_id:
        if channel.kind == "direct":
            raise Forbidden("A direct channel always has the same members.", code="direct_channel")
    elif theirs is None:
        channels.may_manage(actor, channel, await of(unit.session, channel.id, actor.person_id))
    else:
        channels.may_expel(actor, channel, await of(unit.session, channel.id, actor.person_id), theirs)
    if theirs is None:
        return
    if theirs.team_id is not None:
        team = await unit.session.get_one(Team, theirs.team_id)
        raise Forbidden(
            "Everybody of the team %(team)s belongs to this channel. Mute it to hear nothing of it.",
            code="through_team",
            team=team.name,
        )
    if theirs.role == "owner":
        await _keep_an_owner(unit, channel)
    await end(unit, channel, theirs, by=actor.person_id)
    if person_id != actor.person_id:
        await audit.record(
            unit,
            "channel.member_removed",
            actor_id=actor.person_id,
            via=actor.via,
            target=f"channel:{channel.id}",
            person_id=person_id,
        )


async def end(unit: Unit, channel: Channel, membership: Membership, *, by: int | None) -> None:
    """Close the interval; open sockets let go of what the person may not read any more."""
    assert channel.id is not None  # noqa: S101  (flushed)
    membership.until, membership.removed_by = unit.now, by
    unit.session.add(membership)
    await unit.session.flush()
    await unit.emit(MemberLeft(channel_id=channel.id, person_id=membership.person_id))
    unit.tell(
        Hint("control", 0, "topic.recheck", {"topic": f"channel:{channel.id}", "person_id": membership.person_id})
    )


async def follow(unit: Unit, actor: Actor, channel: Channel, level: str) -> None:
    """Set how closely `actor` follows the channel: all, mentions, mute."""
    mine = await of(unit.session, channel.id, actor.person_id)
    if mine is None:
        raise Forbidden("Join this channel to follow it.", code="not_a_member")
    if level not in LEVELS:
        raise Invalid(fields={"level": "Choose all, mentions or mute."})
    mine.follow = level
    unit.session.add(mine)
    await unit.session.flush()
    await unit.emit(ChannelFollowed(channel_id=mine.channel_id, person_id=actor.person_id, level=level))


class LastOwner(Conflict):
    """409: without this person the channel would belong to nobody."""

    code = "last_owner"
    sentence = "This channel needs an owner. Make somebody else an owner first."


async def _keep_an_owner(unit: Unit, channel: Channel) -> None:
    # The channel's row is held while counting: two owners who leave at once would both count the other.
    await unit.session.execute(select(Channel.id).where(Channel.id == channel.id).with_for_update())
    if await owners(unit, channel) <= 1:
        raise LastOwner


async def owners(unit: Unit, channel: Channel) -> int:
    """Count those who own the channel now."""
    found = await unit.session.execute(
        select(func.count())
        .select_from(Membership)
        .where(
            col(Membership.channel_id) == channel.id, col(Membership.role) == "owner", col(Membership.until).is_(None)
        )
    )
    return int(found.scalar_one())


async def hand_over(unit: Unit, channel: Channel, successor_id: int | None) -> None:
    """Give a channel that nobody owns any more to the successor, a moderator, or whoever is longest in it."""
    if await owners(unit, channel):
        return
    heir = (
        await unit.session.execute(
            select(Membership)
            .join(Person, col(Person.id) == Membership.person_id)
            .where(col(Membership.channel_id) == channel.id, col(Membership.until).is_(None), col(Person.active))
            .order_by(
                col(Membership.person_id) != (successor_id or 0),
                col(Membership.role) != "moderator",
                col(Membership.id),
            )
            .limit(1)
        )
    ).scalar_one_or_none()
    if heir is not None:
        await _change_role(unit, channel, heir, "owner")
