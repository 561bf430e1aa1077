"""Suggestions while somebody types: persons and teams after @, channels after #."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.views import ChannelRef
from parley.models.channels import Channel
from parley.models.identity import Person
from parley.models.people import Team
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.policy import channels as channel_policy
from parley.policy import people as people_policy
from parley.policy.actor import Actor


async def complete_channels(session: AsyncSession, actor: Actor, q: str) -> list[ChannelRef]:
    """Return up to eight channels whose name holds `q`, those that begin with it first."""
    rows = (
        (
            await session.execute(
                channel_policy.readable(actor)
                .where(
                    col(Channel.kind) != "direct",
                    col(Channel.archived_at).is_(None),
                    col(Channel.name).contains(q.lower(), autoescape=True),
                )
                .order_by(~col(Channel.name).startswith(q.lower(), autoescape=True), col(Channel.name))
                .limit(8)
            )
        )
        .scalars()
        .all()
    )
    return list((await channels.refs(session, actor, rows)).values())


async def complete_people(session: AsyncSession, actor: Actor, q: str) -> list[PersonCard]:
    """Return up to eight active colleagues whose name or handle begins with `q`, or has a word that does."""
    begins = q.strip().lower()
    name = func.lower(col(Person.name))
    rule = or_(
        name.startswith(begins, autoescape=True),
        name.contains(f" {begins}", autoescape=True),
        col(Person.handle).startswith(begins, autoescape=True),
    )
    rows = (
        (
            await session.execute(
                select(col(Person.id))
                .where(people_policy.visible(actor), col(Person.active), rule)
                .order_by(~name.startswith(begins, autoescape=True), col(Person.name))
                .limit(8)
            )
        )
        .scalars()
        .all()
    )
    found = await cards(session, rows)
    return [found[person] for person in rows if person in found]


async def complete_teams(session: AsyncSession, actor: Actor, q: str) -> Sequence[Team]:
    """Return up to four teams whose name or handle begins with `q`, or has a word that does; for guests there is none."""
    begins = q.strip().lower()
    if actor.guest or not begins:
        return []
    name = func.lower(col(Team.name))
    rule = or_(
        name.startswith(begins, autoescape=True),
        name.contains(f" {begins}", autoescape=True),
        col(Team.handle).startswith(begins, autoescape=True),
    )
    rows = await session.execute(
        select(Team).where(rule).order_by(~name.startswith(begins, autoescape=True), name).limit(4)
    )
    return rows.scalars().all()
