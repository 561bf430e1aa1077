"""Reads about channels: one channel, its members, what a change would mean."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.views import ChannelAbout, ChannelRef, ChannelView, KindEffect, MemberRow
from parley.kit.errors import Forbidden, NotFound
from parley.models.channels import Channel, ChannelTeam, Membership
from parley.models.identity import Person, RoleGrant
from parley.models.people import Team
from parley.models.posts import Post
from parley.people.queries import CARD_COLUMNS, card, cards, with_profile
from parley.people.views import PersonCard
from parley.policy import channels as policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared

PAGE = 50


async def get(session: AsyncSession, actor: Actor, channel_id: int) -> Channel:
    """Return a channel that `actor` may read; raise `NotFound` for any other."""
    found: Channel | None = (
        await session.execute(policy.readable(actor).where(col(Channel.id) == channel_id))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def direct_names(
    session: AsyncSession, actor: Actor, channel_ids: Sequence[int]
) -> dict[int, tuple[str, PersonCard | None]]:
    """Return for each direct channel what to call it for `actor`: the others' names, and the face if it is one."""
    if not channel_ids:
        return {}
    statement = (
        with_profile(
            select(col(Membership.channel_id), *CARD_COLUMNS)
            .select_from(Membership)
            .join(Person, col(Person.id) == Membership.person_id)
        )
        .where(
            col(Membership.channel_id).in_(channel_ids),
            col(Membership.until).is_(None),
            col(Membership.person_id) != actor.person_id,
        )
        .order_by(col(Person.name))
    )
    others: dict[int, list[PersonCard]] = {}
    for row in (await session.execute(statement)).all():
        others.setdefault(row.channel_id, []).append(card(row))
    return {
        channel_id: (people[0].name, people[0])
        if len(people) == 1
        else (", ".join(person.name.split()[0] for person in people), None)
        for channel_id, people in others.items()
    }


async def refs(session: AsyncSession, actor: Actor, channels: Sequence[Channel]) -> dict[int, ChannelRef]:
    """Return how `actor` sees each of `channels` named."""
    names = await direct_names(
        session, actor, [channel.id for channel in channels if channel.id and channel.kind == "direct"]
    )
    return {
        channel.id: ChannelRef(channel.id, names.get(channel.id, (channel.name, None))[0], channel.kind)
        for channel in channels
        if channel.id is not None
    }


async def head(session: AsyncSession, actor: Actor, channel: Channel) -> ChannelView:
    """Return the head of a channel's page."""
    assert channel.id is not None  # noqa: S101  (a row)
    member = (
        await session.execute(
            select(Membership).where(
                col(Membership.channel_id) == channel.id,
                col(Membership.person_id) == actor.person_id,
                col(Membership.until).is_(None),
            )
        )
    ).scalar_one_or_none()
    count = (await member_counts(session, [channel.id])).get(channel.id, 0)
    ids = (
        (
            await session.execute(
                select(col(Membership.person_id))
                .where(col(Membership.channel_id) == channel.id, col(Membership.until).is_(None))
                .order_by(col(Membership.role) == "member", col(Membership.id))
                .limit(4)
            )
        )
        .scalars()
        .all()
    )
    found = await cards(session, ids)
    name = (await refs(session, actor, [channel]))[channel.id].name
    why = _why_not(policy.may_post, actor, channel, member)
    return ChannelView(
        id=channel.id,
        name=name,
        kind=channel.kind,
        purpose=channel.purpose,
        member_count=count,
        faces=[found[person] for person in ids if person in found],
        joined=member is not None,
        level=member.follow if member else "mute",
        archived=channel.archived_at is not None,
        may_post=not why,
        why_not_post=why,
        may_manage=not _why_not(policy.may_manage, actor, channel, member),
        may_join=member is None and channel.kind in policy.OPEN and not actor.guest and channel.archived_at is None,
        may_invite=channel.archived_at is None and not _why_not(policy.may_invite, actor, channel, member),
        may_set_default=not _why_not(lambda *_: policy.may_set_default(actor, channel), actor, channel, member),
        is_default=channel.is_default,
        may_make_private=channel.kind == "direct" and not actor.guest and (channel.direct_key or "").count(",") > 1,
        gone=await _gone(session, channel.id) if channel.kind == "direct" else (),
    )


async def _gone(session: AsyncSession, channel_id: int) -> Sequence[str]:
    rows = await session.execute(
        select(col(Person.name))
        .join(Membership, col(Membership.person_id) == Person.id)
        .where(col(Membership.channel_id) == channel_id, col(Membership.until).is_(None), ~col(Person.active))
        .order_by(col(Person.name))
    )
    return rows.scalars().all()


async def kind_effect(session: AsyncSession, channel: Channel, kind: str) -> KindEffect | None:
    """Return what making `channel` a `kind` would mean for who reads it; None when nothing changes for anybody."""
    assert channel.id is not None  # noqa: S101  (a row)
    if (kind in policy.OPEN) == (channel.kind in policy.OPEN):
        return None
    guests = select(col(RoleGrant.person_id)).where(col(RoleGrant.role) == "guest")
    colleagues = select(func.count()).select_from(Person).where(col(Person.active), col(Person.id).not_in(guests))
    members = (await member_counts(session, [channel.id])).get(channel.id, 0)
    inside = (
        colleagues.join(Membership, col(Membership.person_id) == Person.id)
        .where(col(Membership.channel_id) == channel.id, col(Membership.until).is_(None))
        .scalar_subquery()
    )
    posts = (
        select(func.count())
        .select_from(Post)
        .where(col(Post.channel_id) == channel.id, col(Post.removed_at).is_(None))
        .scalar_subquery()
    )
    row = (await session.execute(select(colleagues.scalar_subquery() - inside, posts))).one()
    return KindEffect(kind, row[1], row[0], members, closes=kind not in policy.OPEN)


async def postable(session: AsyncSession, actor: Actor) -> list[ChannelRef]:
    """Return the channels that `actor` may post in now, by name, direct ones last."""
    # Each row is the channel and the membership at once, as far as the rule looks at them.
    rows = [row for row in await _mine(session, actor) if not _why_not(policy.may_post, actor, row, row)]
    found = await refs(session, actor, rows)
    return sorted(found.values(), key=lambda ref: (ref.kind == "direct", ref.name))


@prepared
def _mine(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Channel.id),
            col(Channel.name),
            col(Channel.kind),
            col(Channel.who_posts),
            col(Channel.archived_at),
            col(Membership.role),
        )
        .join(Membership, col(Membership.channel_id) == Channel.id)
        .where(
            col(Membership.person_id) == actor.person_id,
            col(Membership.until).is_(None),
            col(Channel.archived_at).is_(None),
        )
    )


def _why_not(rule: Any, actor: Actor, channel: Channel, member: Membership | None) -> str:  # noqa: ANN401
    try:
        rule(actor, channel, member)
    except Forbidden as refusal:
        return refusal.sentence
    return ""


async def member_counts(session: AsyncSession, channel_ids: Sequence[int]) -> dict[int, int]:
    """Count the present members of channels; one without any is left out."""
    rows = await session.execute(
        select(col(Membership.channel_id), func.count())
        .join(Person, col(Person.id) == Membership.person_id)
        .where(col(Membership.channel_id).in_(channel_ids), col(Membership.until).is_(None), col(Person.active))
        .group_by(col(Membership.channel_id))
    )
    return {channel_id: count for channel_id, count in rows.all()}  # noqa: C416  (a row is no pair to mypy)


async def joined(session: AsyncSession, actor: Actor, channel_ids: Sequence[int]) -> frozenset[int]:
    """Return those of the channels that `actor` belongs to."""
    rows = await session.execute(
        select(col(Membership.channel_id)).where(
            col(Membership.channel_id).in_(channel_ids),
            col(Membership.person_id) == actor.person_id,
            col(Membership.until).is_(None),
        )
    )
    return frozenset(rows.scalars().all())


async def members(
    session: AsyncSession, channel_id: int, *, q: str = "", offset: int = 0, limit: int = PAGE
) -> list[MemberRow]:
    """Return present members, owners first; one more than `limit` tells that there are more."""
    through = aliased(Team)
    statement = (
        with_profile(
            select(*CARD_COLUMNS, col(Membership.role), col(Membership.since), col(through.name).label("through"))
            .select_from(Membership)
            .join(Person, col(Person.id) == Membership.person_id)
        )
        .outerjoin(through, col(through.id) == Membership.team_id)
        .where(col(Membership.channel_id) == channel_id, col(Membership.until).is_(None))
    )
    if q:
        statement = statement.where(
            or_(col(Person.name).icontains(q, autoescape=True), col(Person.handle).icontains(q, autoescape=True))
        )
    rank = case((col(Membership.role) == "owner", 0), (col(Membership.role) == "moderator", 1), else_=2)
    order = rank, col(Person.name), col(Person.id)
    rows = (await session.execute(statement.order_by(*order).offset(offset).limit(limit + 1))).all()
    return [MemberRow(card(row), row.role, row.since, row.through or "") for row in rows]


async def feeds(session: AsyncSession, channel_id: int) -> list[tuple[int, str]]:
    """Return the teams that feed a channel, as (id, name)."""
    rows = await session.execute(
        select(col(Team.id), col(Team.name))
        .join(ChannelTeam, col(ChannelTeam.team_id) == Team.id)
        .where(col(ChannelTeam.channel_id) == channel_id)
        .order_by(col(Team.name))
    )
    return [(row.id, row.name) for row in rows]


async def about(session: AsyncSession, channel: Channel) -> ChannelAbout:
    """Return what the About tab shows."""
    assert channel.id is not None  # noqa: S101  (a row)
    rows = await members(session, channel.id, limit=24)
    maker = (await cards(session, [channel.created_by])).get(channel.created_by or 0)
    return ChannelAbout(
        channel.created_at,
        maker,
        rows[:24],
        f"/channels/{channel.id}/members" if len(rows) > 24 else None,
        channel.who_posts,
        channel.who_comments,
        channel.who_invites,
        await feeds(session, channel.id),
    )
