"""Reads about channels: one channel, browsing, members."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.views import BrowseRow, BrowseView, ChannelAbout, ChannelRef, ChannelView, MemberRow
from parley.kit.errors import Forbidden, NotFound
from parley.kit.paging import query
from parley.models.channels import Channel, Membership
from parley.models.identity import Person
from parley.models.posts import Post
from parley.people.queries import CARD_COLUMNS, card, cards, with_profile
from parley.people.views import PersonCard
from parley.policy import channels as policy
from parley.policy.actor import Actor

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
        may_join=member is None
        and channel.kind in {"open", "announcement"}
        and not actor.guest
        and channel.archived_at is None,
    )


async def postable(session: AsyncSession, actor: Actor) -> list[ChannelRef]:
    """Return the channels that `actor` may post in now, by name, direct ones last."""
    rows = await session.execute(
        select(Channel, Membership)
        .join(Membership, col(Membership.channel_id) == Channel.id)
        .where(
            col(Membership.person_id) == actor.person_id,
            col(Membership.until).is_(None),
            col(Channel.archived_at).is_(None),
        )
    )
    found = await refs(
        session,
        actor,
        [channel for channel, member in rows.all() if not _why_not(policy.may_post, actor, channel, member)],
    )
    return sorted(found.values(), key=lambda ref: (ref.kind == "direct", ref.name))


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


async def browse(
    session: AsyncSession, actor: Actor, *, q: str = "", kind: str = "", joined: str = "", offset: int = 0
) -> BrowseView:
    """Return the channels that `actor` can see, busiest first, filtered."""
    mine = policy.is_member(actor.person_id)
    last = select(func.max(col(Post.published_at))).where(col(Post.channel_id) == Channel.id).scalar_subquery()
    members = (
        select(func.count())
        .where(col(Membership.channel_id) == Channel.id, col(Membership.until).is_(None))
        .scalar_subquery()
    )
    conditions: list[Any] = [policy.visible(actor), col(Channel.kind) != "direct"]
    if q:
        conditions.append(
            or_(col(Channel.name).icontains(q, autoescape=True), col(Channel.purpose).icontains(q, autoescape=True))
        )
    if kind == "archived":
        conditions.append(col(Channel.archived_at).is_not(None))
    else:
        conditions.append(col(Channel.archived_at).is_(None))
        if kind in {"open", "private", "announcement"}:
            conditions.append(col(Channel.kind) == kind)
    if joined in {"yes", "no"}:
        conditions.append(mine if joined == "yes" else ~mine)
    total = int((await session.execute(select(func.count()).select_from(Channel).where(*conditions))).scalar_one())
    rows = (
        await session.execute(
            select(Channel, last.label("last"), members.label("members"), mine.label("mine"))
            .where(*conditions)
            .order_by(members.desc(), col(Channel.name))
            .offset(offset)
            .limit(PAGE + 1)
        )
    ).all()
    ids = [row.Channel.id for row in rows]
    faces = await _faces(session, ids)
    found = [
        BrowseRow(
            id=row.Channel.id,
            name=row.Channel.name,
            kind=row.Channel.kind,
            purpose=row.Channel.purpose,
            member_count=row.members,
            faces=faces.get(row.Channel.id, []),
            last_post_at=row.last,
            joined=row.mine,
            archived=row.Channel.archived_at is not None,
        )
        for row in rows[:PAGE]
    ]
    more = query("/channels", q=q, kind=kind, joined=joined, offset=offset + PAGE) if len(rows) > PAGE else None
    return BrowseView(found, total, q, kind, joined, not actor.guest, more)


async def _faces(session: AsyncSession, channel_ids: Sequence[int]) -> dict[int, list[PersonCard]]:
    if not channel_ids:
        return {}
    place = func.row_number().over(
        partition_by=col(Membership.channel_id), order_by=(col(Membership.role) == "member", col(Membership.id))
    )
    ranked = (
        select(col(Membership.channel_id), col(Membership.person_id), place.label("place"))
        .where(col(Membership.channel_id).in_(channel_ids), col(Membership.until).is_(None))
        .subquery()
    )
    rows = (await session.execute(select(ranked.c.channel_id, ranked.c.person_id).where(ranked.c.place <= 3))).all()
    found = await cards(session, [row.person_id for row in rows])
    faces: dict[int, list[PersonCard]] = {}
    for row in rows:
        faces.setdefault(row.channel_id, []).append(found[row.person_id])
    return faces


async def members(
    session: AsyncSession, channel_id: int, *, q: str = "", offset: int = 0, limit: int = PAGE
) -> list[MemberRow]:
    """Return present members, owners first; one more than `limit` tells that there are more."""
    statement = with_profile(
        select(*CARD_COLUMNS, col(Membership.role), col(Membership.since))
        .select_from(Membership)
        .join(Person, col(Person.id) == Membership.person_id)
    ).where(col(Membership.channel_id) == channel_id, col(Membership.until).is_(None))
    if q:
        statement = statement.where(col(Person.name).icontains(q, autoescape=True))
    rank = case((col(Membership.role) == "owner", 0), (col(Membership.role) == "moderator", 1), else_=2)
    rows = (await session.execute(statement.order_by(rank, col(Person.name)).offset(offset).limit(limit + 1))).all()
    return [MemberRow(card(row), row.role, row.since) for row in rows]


async def about(session: AsyncSession, channel: Channel) -> ChannelAbout:
    """Return what the About tab shows."""
    assert channel.id is not None  # noqa: S101  (a row)
    rows = await members(session, channel.id, limit=24)
    maker = (await cards(session, [channel.created_by])).get(channel.created_by or 0)
    return ChannelAbout(
        channel.created_at, maker, rows[:24], f"/channels/{channel.id}/members" if len(rows) > 24 else None
    )
