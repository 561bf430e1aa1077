"""Reads about persons together: teams, and those whom somebody follows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.models.channels import Channel, ChannelTeam
from parley.models.identity import Person
from parley.models.people import PersonFollow, Profile, Team
from parley.people.queries import CARD_COLUMNS, card, with_profile
from parley.people.views import DirectoryRow, ProfileChannel, TeamView
from parley.policy import channels as channel_policy
from parley.policy.actor import Actor


async def teams(session: AsyncSession, actor: Actor) -> Sequence[Team]:
    """Return every team by name; for guests there is none."""
    if actor.guest:
        return []
    return (await session.execute(select(Team).order_by(col(Team.name)))).scalars().all()


async def team(session: AsyncSession, actor: Actor, handle: str) -> TeamView | None:
    """Return the team called `handle`, or with that number; for guests there is none."""
    which = col(Team.id) == int(handle) if handle.isascii() and handle.isdigit() and len(handle) < 10 else None
    rule = col(Team.handle) == handle if which is None else or_(col(Team.handle) == handle, which)
    found = None if actor.guest else (await session.execute(select(Team).where(rule).limit(1))).scalar_one_or_none()
    if found is None:
        return None
    fed = await session.execute(
        select(col(Channel.id), col(Channel.name))
        .join(ChannelTeam, col(ChannelTeam.channel_id) == Channel.id)
        .where(col(ChannelTeam.team_id) == found.id, channel_policy.visible(actor), col(Channel.archived_at).is_(None))
        .order_by(col(Channel.name))
    )
    rows = await session.execute(_lines().where(col(Profile.team_id) == found.id, col(Person.active)))
    return TeamView(
        found.id or 0,
        found.handle,
        found.name,
        [DirectoryRow(card(row), row.place or "", row.ask_me_about or []) for row in rows.all()],
        [ProfileChannel(row.id, row.name) for row in fed],
        actor.has("moderator", "it_admin"),
    )


async def team_handle(session: AsyncSession, actor: Actor, team_id: int | None) -> str:
    """Return the handle of a team, nothing for none and for guests, who see no teams."""
    if team_id is None or actor.guest:
        return ""
    return (await session.execute(select(col(Team.handle)).where(col(Team.id) == team_id))).scalar_one_or_none() or ""


async def followed_rows(session: AsyncSession, actor: Actor) -> list[DirectoryRow]:
    """Return whom `actor` follows, by name."""
    theirs = select(col(PersonFollow.followed_id)).where(col(PersonFollow.follower_id) == actor.person_id)
    rows = await session.execute(_lines().where(col(Person.id).in_(theirs), col(Person.active)))
    return [DirectoryRow(card(row), row.place or "", row.ask_me_about or []) for row in rows.all()]


async def follows(session: AsyncSession, actor: Actor, person_id: int) -> bool:
    """Whether `actor` follows a person."""
    return await session.get(PersonFollow, (actor.person_id, person_id)) is not None


def _lines() -> Select[Any]:
    return with_profile(
        select(*CARD_COLUMNS, col(Profile.place), col(Profile.ask_me_about)).select_from(Person)
    ).order_by(col(Person.name), col(Person.id))
