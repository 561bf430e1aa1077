"""What some of them have begun to write, what waits for its time, and what is pinned in their channels."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from parley.core.unit import Unit
from parley.customers.rows import key
from parley.models.channels import Channel
from parley.models.posts import Post
from parley.policy.actor import Actor
from parley.posts.service import drafts, scheduling
from parley.posts.service.words import prepare

_PINNED = ("plumbing", "safety")
_DRAFT = (
    "The new compression fittings came without olives. Before I send them back: has anybody opened the Cork pallet?"
)
_LATER = "Gloves and head torches, please: the cellar shelves are counted tomorrow after closing. Soup is on the house."


async def seed(unit: Unit, actors: Mapping[str, Actor], rooms: Mapping[str, Channel], now: datetime) -> None:
    """Write it through the verbs, so that lists and counts are real."""
    for name in _PINNED:
        found = await unit.session.execute(
            select(Post)
            .where(
                col(Post.channel_id) == rooms[name].id,
                col(Post.kind).in_(("update", "question")),
                col(Post.removed_at).is_(None),
            )
            .order_by(col(Post.number))
            .limit(1)
        )
        if (post := found.scalar_one_or_none()) is not None:
            post.pinned_at, post.pinned_by = now - timedelta(days=3), post.author_id
            unit.session.add(post)
    maeve, plumbing = actors["maeve"], key(rooms["plumbing"])
    await drafts.keep(unit, maeve.person_id, f"channel:{plumbing}", drafts.Written(_DRAFT, channel_id=plumbing))
    zone = ZoneInfo(maeve.time_zone or "Europe/London")
    nine = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(9), zone)
    later = scheduling.Later(prepare(_LATER), "update", nine)
    await scheduling.schedule(unit, maeve, plumbing, later)
