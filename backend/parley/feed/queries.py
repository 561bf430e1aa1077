"""Home is a merge of what one person follows, read at the moment of asking: no row per reader and post anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.unread import of_moment
from parley.models.channels import Channel
from parley.models.posts import Post
from parley.people.queries import followed
from parley.policy.actor import Actor
from parley.posts import shelf

PAGE = 50
MAX_ARMS = 400
"""SQLite takes at most 500 arms in one UNION; beyond it the newest of all followed channels are sorted together."""
FILTERS = {"all": None, "channels": "posts", "customers": "conversation", "announcements": "announcement"}


@dataclass(frozen=True, slots=True)
class Follows:
    """What belongs on one person's Home: channels they follow wholly, and persons whose open posts they want."""

    channels: Sequence[int]
    persons: Sequence[int]


@dataclass(frozen=True, slots=True)
class Home:
    """A part of Home: what a shelf knows of the posts, in order, and the id to ask `before` for older ones."""

    marks: Sequence[Any]
    older: int | None


async def follows(session: AsyncSession, actor: Actor) -> Follows:
    """Return what belongs on the actor's Home."""
    channels = [row.channel_id for row in await of_moment(session, actor) if row.follow == "all"]
    return Follows(channels, [] if actor.guest else await followed(session, actor))


async def home(
    session: AsyncSession,
    actor: Actor,
    wanted: Follows,
    *,
    kind: str = "all",
    before: int | None = None,
    limit: int = PAGE,
) -> Home:
    """Return the newest posts of what is followed, all of one moment; `before` is the id of the last one seen."""
    ids = await newest(session, wanted, kind, before, limit + 1)
    return Home(await shelf.marks(session, actor, ids[:limit]), ids[limit - 1] if len(ids) > limit else None)


async def newest(session: AsyncSession, wanted: Follows, kind: str, before: int | None, limit: int) -> list[int]:
    """Return the ids of the newest posts of what is followed; the caller asks whether they may be read."""
    persons = wanted.persons if FILTERS.get(kind) in {None, "posts"} else ()
    if not wanted.channels and not persons:
        return []
    if session.get_bind().dialect.name == "sqlite" and len(wanted.channels) + len(persons) <= MAX_ARMS:
        older = [before] if before is not None else []
        values: list[int | str] = []
        for channel in wanted.channels:
            values += [channel, *older, *_kind_values(kind)]
        for person in persons:
            values += [person, *older, *_kind_values(kind), limit]
        statement = _arms(len(wanted.channels), len(persons), _kind_rule(kind), paged=before is not None)
        found = await (await session.connection()).exec_driver_sql(statement, (*values, limit))
        return [row[0] for row in found.all()]
    return await _merged(session, wanted.channels, persons, _conditions(kind, before), limit)


async def _merged(
    session: AsyncSession,
    channels: Sequence[int],
    persons: Sequence[int],
    conditions: list[ColumnElement[bool]],
    limit: int,
) -> list[int]:
    parts: list[Any] = []
    if channels and session.get_bind().dialect.name == "postgresql":
        wanted = select(col(Channel.id)).where(col(Channel.id).in_(channels)).subquery()
        arm = (
            select(col(Post.id))
            .where(col(Post.channel_id) == wanted.c.id, *conditions)
            .order_by(col(Post.id).desc())
            .limit(limit)
            .lateral()
        )
        parts.append(select(arm.c.id).select_from(wanted.join(arm, true())).order_by(arm.c.id.desc()).limit(limit))
    elif channels:
        parts.append(_some(conditions, limit).where(col(Post.channel_id).in_(channels)))
    if persons:
        heard = col(Post.channel_id).in_(select(col(Channel.id)).where(col(Channel.kind).in_(("open", "announcement"))))
        parts.append(_some(conditions, limit).where(col(Post.author_id).in_(persons), heard))
    found: set[int] = set()
    for part in parts:
        found.update((await session.execute(part)).scalars().all())
    return sorted(found, reverse=True)[:limit]


def _some(conditions: list[ColumnElement[bool]], limit: int) -> Any:  # noqa: ANN401  (a statement of ids)
    return select(col(Post.id)).where(*conditions).order_by(col(Post.id).desc()).limit(limit)


@cache
def _arms(channels: int, persons: int, rule: str, *, paged: bool) -> str:
    """One arm for each channel and person; to put it together for each reader would cost more than to run it.

    The arms of channels have no order and no limit of their own: so SQLite merges them along their index and stops
    after the newest few, where sorted arms would each be read to their limit first (thirty times as much).
    """
    rest = "AND removed_at IS NULL " + ("AND id < ? " if paged else "") + rule
    of_channel = f"SELECT id FROM post WHERE channel_id = ? {rest}"  # noqa: S608  # nosec B608  (constants alone)
    of_person = (
        "SELECT * FROM (SELECT id FROM post WHERE author_id = ? "  # noqa: S608  # nosec B608  (constants alone)
        f"AND channel_id IN (SELECT id FROM channel WHERE kind IN ('open', 'announcement')) {rest}"
        "ORDER BY published_at DESC LIMIT ?)"
    )
    together = " UNION " if persons else " UNION ALL "
    return together.join([of_channel] * channels + [of_person] * persons) + " ORDER BY id DESC LIMIT ?"


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
