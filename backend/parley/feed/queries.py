"""Home is a merge of the followed channels, read at the moment of asking: no row per reader and post anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.kit import clock
from parley.models.channels import Channel, Membership
from parley.models.posts import Post
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.queries import POST_COLUMNS, SurfacedCards, view, views
from parley.posts.views import PostView

PAGE = 50
MAX_ARMS = 400
"""SQLite takes at most 500 arms in one UNION; beyond it the newest of all followed channels are sorted together."""
FILTERS = {"all": None, "channels": "posts", "customers": "conversation", "announcements": "announcement"}
LEAD_DAYS = 7


@dataclass(frozen=True, slots=True)
class Home:
    """A part of Home: the rows in order, and the id to ask `before` for older ones."""

    rows: Sequence[Any]
    older: int | None


async def followed(session: AsyncSession, actor: Actor) -> list[int]:
    """Return the ids of the channels whose posts belong on the actor's Home."""
    rows = await session.execute(
        select(col(Membership.channel_id))
        .join(Channel, col(Channel.id) == Membership.channel_id)
        .where(
            col(Membership.person_id) == actor.person_id,
            col(Membership.until).is_(None),
            col(Membership.follow) == "all",
            col(Channel.archived_at).is_(None),
        )
    )
    return list(rows.scalars().all())


async def home(
    session: AsyncSession,
    actor: Actor,
    channel_ids: Sequence[int],
    *,
    kind: str = "all",
    before: int | None = None,
    limit: int = PAGE,
) -> Home:
    """Return the newest posts of `channel_ids`, all of one moment; `before` is the id of the last one seen."""
    if not channel_ids:
        return Home([], None)
    ids = await _newest(session, channel_ids, kind, before, limit + 1)
    rows = (
        await session.execute(
            select(*POST_COLUMNS)
            .where(col(Post.id).in_(ids[:limit]), policy.visible(actor))
            .order_by(col(Post.id).desc())
        )
    ).all()
    return Home(rows, ids[limit - 1] if len(ids) > limit else None)


async def _newest(
    session: AsyncSession, channels: Sequence[int], kind: str, before: int | None, limit: int
) -> list[int]:
    if session.get_bind().dialect.name == "sqlite" and len(channels) <= MAX_ARMS:
        values: list[int | str] = []
        for channel in channels:
            values += [channel, *([before] if before is not None else []), *_kind_values(kind), limit]
        statement = _arms(len(channels), _kind_rule(kind), paged=before is not None)
        found = await (await session.connection()).exec_driver_sql(statement, (*values, limit))
        return [row[0] for row in found.all()]
    conditions = _conditions(kind, before)
    if session.get_bind().dialect.name == "postgresql":
        wanted = select(col(Channel.id)).where(col(Channel.id).in_(channels)).subquery()
        arm = (
            select(col(Post.id))
            .where(col(Post.channel_id) == wanted.c.id, *conditions)
            .order_by(col(Post.id).desc())
            .limit(limit)
            .lateral()
        )
        merged: Any = select(arm.c.id).select_from(wanted.join(arm, true())).order_by(arm.c.id.desc()).limit(limit)
    else:
        merged = (
            select(col(Post.id))
            .where(col(Post.channel_id).in_(channels), *conditions)
            .order_by(col(Post.id).desc())
            .limit(limit)
        )
    return list((await session.execute(merged)).scalars().all())


@cache
def _arms(count: int, rule: str, *, paged: bool) -> str:
    """One indexed arm a channel; putting it together anew for each reader would cost more than running it."""
    older = "AND id < ? " if paged else ""
    arm = (
        f"SELECT * FROM (SELECT id FROM post WHERE channel_id = ? AND removed_at IS NULL {older}{rule}"  # noqa: S608  # nosec B608  (constants alone)
        "ORDER BY id DESC LIMIT ?)"
    )
    return " UNION ALL ".join([arm] * count) + " ORDER BY id DESC LIMIT ?"


def _kind_rule(kind: str) -> str:
    wanted = FILTERS.get(kind)
    return "" if wanted is None else "AND kind <> ? " if wanted == "posts" else "AND kind = ? "


def _kind_values(kind: str) -> list[str]:
    wanted = FILTERS.get(kind)
    return [] if wanted is None else ["conversation"] if wanted == "posts" else [wanted]


def _conditions(kind: str, before: int | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(Post.removed_at).is_(None)]
    if before is not None:
        conditions.append(col(Post.id) < before)
    wanted = FILTERS.get(kind)
    if wanted == "posts":
        conditions.append(col(Post.kind) != "conversation")
    elif wanted is not None:
        conditions.append(col(Post.kind) == wanted)
    return conditions


async def home_views(session: AsyncSession, found: Home, surfaced: SurfacedCards) -> list[PostView]:
    """Return the posts of a part of Home as they are shown."""
    return await views(session, found.rows, surfaced)


async def lead(session: AsyncSession, channel_ids: Sequence[int], surfaced: SurfacedCards) -> PostView | None:
    """Return the newest announcement of the last days: it stands on top of Home."""
    if not channel_ids:
        return None
    newest = await _newest(session, channel_ids, "announcements", None, 1)
    shown = await view(session, newest[0], surfaced) if newest else None
    return shown if shown and shown.created_at > clock.now() - timedelta(days=LEAD_DAYS) else None
