"""How much of each channel a person has not read: one fact, the same in the rail, on the page, in the API and live.

The number is a subtraction, corrected by what cannot be opened or is the person's own: own posts, removed ones,
numbers that moved posts left behind, and surfaced conversations that the person may not read. It is never a scan and
never a row per reader and post.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Subquery, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.arrangement import Placed, arrange, home_key
from parley.channels.queries import PAGE, direct_names
from parley.channels.views import ChannelFlow, RailChannel, RailSection
from parley.core.fixed import given
from parley.models.channels import Channel, Membership, ReadingPosition
from parley.models.notifications import Notification
from parley.models.posts import Post
from parley.models.writing import MovedPost
from parley.policy import posts as post_policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared

_READ = func.coalesce(col(ReadingPosition.number), 0)
"""The number of the last post read; nobody's row means nothing read."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What a person has not read in a channel they belong to."""

    channel_id: int
    name: str
    kind: str
    section: str
    follow: str
    count: int
    mentions: int
    read_number: int
    last_number: int
    own_section: str = ""
    place: int = 0


async def unread(session: AsyncSession, actor: Actor, channel_id: int | None = None) -> list[Unread]:
    """Return the counts of all joined channels that are not archived, in one statement, or of one of them."""
    if channel_id is None:
        rows = await _all(session, actor)
    else:
        rows = await _one(session, actor, channel_id=channel_id)
    return [_unread(row) for row in rows]


async def of_moment(session: AsyncSession, actor: Actor) -> list[Unread]:
    """Return `unread` of all channels, asked once for a session that only reads: it sees one moment."""
    known: tuple[Actor, list[Unread]] | None = session.info.get("unread")
    if known is None or known[0] != actor:
        known = session.info["unread"] = (actor, await unread(session, actor))
    return known[1]


def _counts(actor: Actor) -> Select[*tuple[Any, ...]]:
    me = actor.person_id
    named = _mentions(actor)
    behind = col(Channel.last_number) - _READ
    count = behind - _own(me) - _removed(me) - _moved() - _hidden(actor)
    return (
        select(
            col(Channel.id),
            col(Channel.name),
            col(Channel.kind),
            col(Channel.section),
            col(Channel.last_number),
            _READ.label("read"),
            col(Membership.follow),
            col(Membership.section).label("own_section"),
            col(Membership.place),
            func.coalesce(named.c.mentions, 0).label("mentions"),
            case((behind > 0, count), else_=0).label("count"),
        )
        .select_from(Membership)
        .join(Channel, col(Channel.id) == Membership.channel_id)
        .outerjoin(
            ReadingPosition, and_(col(ReadingPosition.channel_id) == Channel.id, col(ReadingPosition.person_id) == me)
        )
        .outerjoin(named, named.c.channel_id == Channel.id)
        .where(col(Membership.person_id) == me, col(Membership.until).is_(None), col(Channel.archived_at).is_(None))
        .order_by(col(Channel.name), col(Channel.id))
    )


_all = prepared(_counts)
_one = prepared(lambda actor: _counts(actor).where(col(Channel.id) == given("channel_id")))


def _unread(row: Any) -> Unread:  # noqa: ANN401  (a row)
    count = {"all": row.count, "mentions": row.mentions}.get(row.follow, 0)
    mentions = row.mentions if row.follow != "mute" else 0
    return Unread(
        row.id,
        row.name,
        row.kind,
        row.section,
        row.follow,
        count,
        mentions,
        row.read,
        row.last_number,
        row.own_section,
        row.place,
    )


def _after(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """Count the posts after the position for which `conditions` hold."""
    found = select(func.count()).where(col(Post.channel_id) == Channel.id, col(Post.number) > _READ, *conditions)
    return found.correlate(Channel, ReadingPosition).scalar_subquery()


def _of_others(me: int) -> ColumnElement[bool]:
    return or_(col(Post.author_id).is_(None), col(Post.author_id) != me)


def _own(me: int) -> ScalarSelect[int]:
    return _after(col(Post.author_id) == me)


def _removed(me: int) -> ScalarSelect[int]:
    return _after(col(Post.removed_at).is_not(None), _of_others(me))


def _moved() -> ScalarSelect[int]:
    """Count the numbers after the position whose posts stand elsewhere now."""
    gone = select(func.count()).where(col(MovedPost.channel_id) == Channel.id, col(MovedPost.number) > _READ)
    return gone.correlate(Channel, ReadingPosition).scalar_subquery()


def _hidden(actor: Actor) -> ColumnElement[int]:
    return _after(
        # Not a bound value: only a constant lets SQLite see that the partial index holds them all.
        col(Post.kind) == literal_column("'conversation'"),
        col(Post.removed_at).is_(None),
        _of_others(actor.person_id),
        ~post_policy.shows_readable(actor),
    ).self_group()


def _mentions(actor: Actor) -> Subquery:
    """Count, for each channel, the unread posts that name the person; comments are the bell's affair."""
    position = aliased(ReadingPosition)
    return (
        select(col(Post.channel_id), func.count().label("mentions"))
        .join(Notification, col(Notification.post_id) == Post.id)
        .outerjoin(
            position, and_(col(position.channel_id) == Post.channel_id, col(position.person_id) == actor.person_id)
        )
        .where(
            col(Notification.person_id) == actor.person_id,
            col(Notification.read_at).is_(None),
            col(Notification.kind) == "mention",
            col(Notification.comment_id).is_(None),
            col(Post.number) > func.coalesce(col(position.number), 0),
            col(Post.removed_at).is_(None),
            post_policy.shows_readable(actor),
        )
        .group_by(col(Post.channel_id))
        .subquery()
    )


async def rail(
    session: AsyncSession,
    actor: Actor,
    current: int | None,
    titles: dict[str, str],
    layout: Sequence[Mapping[str, object]] = (),
) -> list[RailSection]:
    """Return the sections of the rail as the person's `layout` has them.

    `titles` translates the two that the house names: "channels", "direct".
    """
    rows = await of_moment(session, actor)
    names = await direct_names(session, actor, [row.channel_id for row in rows if row.kind == "direct"])
    placed = []
    for row in rows:
        name, person = names.get(row.channel_id, (row.name, None))
        channel = RailChannel(
            row.channel_id, name, row.kind, row.count, row.mentions, row.channel_id == current, person, row.follow
        )
        placed.append(Placed(channel, row.own_section, home_key(row.kind, row.section), row.place))
    return arrange(placed, layout, titles)


async def position(session: AsyncSession, actor: Actor, channel: Channel) -> ChannelFlow:
    """Return where `actor` stands in a channel; addresses of other parts are added by the page."""
    rows = await unread(session, actor, channel.id)
    if not rows:
        return ChannelFlow(channel.last_number, channel.last_number, 0, None, None, None, None)
    row = rows[0]
    since: datetime | None = None
    first_url = None
    if row.count:
        first = (await session.execute(_first_after(actor, row))).one_or_none()
        since = first.published_at if first else None
        first_url = f"/channels/{channel.id}?around={first.number}" if first and row.count > PAGE else None
    return ChannelFlow(row.read_number, row.last_number, row.count, since, None, None, first_url)


def _first_after(actor: Actor, row: Unread) -> Any:  # noqa: ANN401  (a statement of two columns)
    return (
        select(col(Post.published_at), col(Post.number))
        .where(
            col(Post.channel_id) == row.channel_id,
            col(Post.number) > row.read_number,
            col(Post.removed_at).is_(None),
            _of_others(actor.person_id),
            post_policy.shows_readable(actor),
        )
        .order_by(col(Post.number))
        .limit(1)
    )


def total(rows: Sequence[Unread]) -> int:
    """Return the one number of all channels together."""
    return sum(row.count for row in rows)
