"""The list of all channels that somebody can see, narrowed and ordered as they like."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.queries import PAGE
from parley.channels.views import BrowseRow, BrowseView
from parley.kit.paging import query
from parley.models.channels import Channel, ChannelTeam, Membership
from parley.models.identity import Person
from parley.models.people import Team
from parley.models.posts import Post
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.policy import channels as policy
from parley.policy.actor import Actor


@dataclass(frozen=True, slots=True)
class BrowseFilters:
    """What the browse list is narrowed to, and how it is ordered: active, members, name, newest."""

    q: str = ""
    kind: str = ""
    joined: str = ""
    section: str = ""
    team: str = ""
    order: str = "active"


async def browse(session: AsyncSession, actor: Actor, filters: BrowseFilters, offset: int = 0) -> BrowseView:
    """Return the channels that `actor` can see, filtered and ordered."""
    mine = aliased(Membership)
    last = select(func.max(col(Post.published_at))).where(col(Post.channel_id) == Channel.id).scalar_subquery()
    members = (
        select(func.count())
        .select_from(Membership)
        .join(Person, col(Person.id) == Membership.person_id)
        .where(col(Membership.channel_id) == Channel.id, col(Membership.until).is_(None), col(Person.active))
        .correlate(Channel)
        .scalar_subquery()
    )
    conditions = _narrowed(actor, filters)
    total = int((await session.execute(select(func.count()).select_from(Channel).where(*conditions))).scalar_one())
    orders: dict[str, Any] = {
        "members": members.desc(),
        "name": col(Channel.name),
        "newest": col(Channel.created_at).desc(),
    }
    rows = (
        await session.execute(
            select(Channel, last.label("last"), members.label("members"), col(mine.follow))
            .outerjoin(
                mine,
                and_(
                    col(mine.channel_id) == Channel.id,
                    col(mine.person_id) == actor.person_id,
                    col(mine.until).is_(None),
                ),
            )
            .where(*conditions)
            .order_by(orders.get(filters.order, last.desc().nulls_last()), col(Channel.name), col(Channel.id))
            .offset(offset)
            .limit(PAGE + 1)
        )
    ).all()
    faces = await _faces(session, [row.Channel.id for row in rows])
    found = [
        BrowseRow(
            id=row.Channel.id,
            name=row.Channel.name,
            kind=row.Channel.kind,
            purpose=row.Channel.purpose,
            member_count=row.members,
            faces=faces.get(row.Channel.id, []),
            last_post_at=row.last,
            joined=row.follow is not None,
            archived=row.Channel.archived_at is not None,
            level=row.follow or "mute",
            may_join=row.Channel.archived_at is None and row.Channel.kind in policy.OPEN and not actor.guest,
        )
        for row in rows[:PAGE]
    ]
    more = query("/channels", **asdict(filters), offset=offset + PAGE) if len(rows) > PAGE else None
    sections, teams = await _browse_choices(session, actor)
    return BrowseView(
        found,
        total,
        filters.q,
        filters.kind,
        filters.joined,
        not actor.guest,
        more,
        filters.section,
        filters.team,
        filters.order,
        sections,
        teams,
    )


def _narrowed(actor: Actor, filters: BrowseFilters) -> list[Any]:
    mine = policy.is_member(actor.person_id)
    conditions: list[Any] = [policy.visible(actor), col(Channel.kind) != "direct"]
    if filters.q:
        conditions.append(
            or_(
                col(Channel.name).icontains(filters.q, autoescape=True),
                col(Channel.purpose).icontains(filters.q, autoescape=True),
            )
        )
    if filters.kind == "archived":
        conditions.append(col(Channel.archived_at).is_not(None))
    else:
        conditions.append(col(Channel.archived_at).is_(None))
        if filters.kind in {"open", "private", "announcement"}:
            conditions.append(col(Channel.kind) == filters.kind)
    if filters.joined in {"yes", "no"}:
        conditions.append(mine if filters.joined == "yes" else ~mine)
    if filters.section:
        conditions.append(col(Channel.section) == filters.section)
    if filters.team.isascii() and filters.team.isdigit() and len(filters.team) < 10:
        fed = select(col(ChannelTeam.channel_id)).where(col(ChannelTeam.team_id) == int(filters.team))
        conditions.append(col(Channel.id).in_(fed))
    return conditions


async def _browse_choices(session: AsyncSession, actor: Actor) -> tuple[Sequence[str], Sequence[tuple[str, str]]]:
    seen = policy.visible(actor), col(Channel.archived_at).is_(None)
    sections = await session.execute(
        select(col(Channel.section)).where(*seen, col(Channel.section) != "").distinct().order_by(col(Channel.section))
    )
    teams = await session.execute(
        select(col(Team.id), col(Team.name))
        .join(ChannelTeam, col(ChannelTeam.team_id) == Team.id)
        .join(Channel, col(Channel.id) == ChannelTeam.channel_id)
        .where(*seen)
        .distinct()
        .order_by(col(Team.name))
    )
    return sections.scalars().all(), [(str(row.id), row.name) for row in teams]


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
