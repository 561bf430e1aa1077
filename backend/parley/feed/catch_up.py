"""What stands in Catch-up: one fact, the same in the rail, on the page and in the API.

Nothing is kept for it but what somebody put off or has seen: it is what the bell, the threads, the channels and the
customers hold unread. Each thing is there once: a mention in a thread that is followed belongs to the thread's row, a
customer's row holds the notice that gave them to somebody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.unread import Unread
from parley.core.fixed import given
from parley.core.tables import UtcDateTime
from parley.kit import clock
from parley.models.catch_up import CatchUpMark
from parley.models.channels import Channel, ReadingPosition
from parley.models.customers import Claim, Conversation, Reply, Watch
from parley.models.notifications import Notification
from parley.models.people import PersonFollow
from parley.models.posts import Comment, Post, Thread
from parley.models.threads import ThreadFollow
from parley.policy import channels, customers, posts, threads
from parley.policy.actor import Actor
from parley.policy.prepared import prepared

GROUPS = ("mentions", "assigned", "customers", "inner", "threads", "channels")
KINDS = ("notice", "thread", "channel", "conversation", "post")
INNER_DAYS = timedelta(days=60)
"""Older posts of the inner circle are found on profiles; looking for them at every page would cost too much."""
HELPFUL_DAYS = timedelta(days=7)
_NOW = given("now")
_SINCE = given("since")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that waits: what it is, and in which group it stands."""

    kind: str
    id: int
    group: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the rail shows: things beside channels, and the channels that are put off."""

    things: int
    put_off: Sequence[int]
    bell: int
    """What the bell shows, since both are asked for at every page."""

    def total(self, unread: Mapping[int, int]) -> int:
        """Return the one number, given what is unread in each channel."""
        return self.things + sum(1 for channel, count in unread.items() if count and channel not in self.put_off)


async def numbers(session: AsyncSession, actor: Actor, unread: Mapping[int, int]) -> Numbers:
    """Count what waits, in one statement; `unread` is what each joined channel holds, which is counted already."""
    now = clock.now()
    rows = await _numbers(session, actor, now=now, since=now - INNER_DAYS)
    counted = {row.channel: row.number for row in rows if row.channel <= 0}
    marked = [(row.channel, row.until) for row in rows if row.channel > 0]
    back = sum(1 for channel, until in marked if until <= now and not unread.get(channel))
    return Numbers(counted[0] + back, [channel for channel, until in marked if until > now], counted[-1])


async def things(session: AsyncSession, actor: Actor, channels_unread: Sequence[Unread]) -> list[Thing]:
    """Return everything that waits, in the order of the groups and the newest first within each."""
    now = clock.now()
    rows = await _things(session, actor, now=now, since=now - INNER_DAYS)
    found = [Thing(row.kind, row.id, row.place, row.until) for row in rows]
    seen = {(thing.kind, thing.id) for thing in found if thing.until is None}
    back = [thing for thing in found if thing.until and thing.until <= now and (thing.kind, thing.id) not in seen]
    off = {thing.id for thing in found if thing.until and thing.until > now and thing.kind == "channel"}
    loud = [row for row in channels_unread if row.count]
    named = {row.channel_id for row in loud}
    lines = [thing for thing in found if thing.until is None]
    lines += [thing for thing in back if thing.kind != "channel" or thing.id not in named]
    lines += [Thing("channel", row.channel_id, "channels") for row in loud if row.channel_id not in off]
    return sorted(lines, key=lambda thing: GROUPS.index(thing.group))


async def put_off(session: AsyncSession, actor: Actor) -> list[Thing]:
    """Return what comes back later, the next first."""
    rows = await _put_off(session, actor, now=clock.now())
    return [Thing(row.kind, row.id, row.place, row.until) for row in rows]


@prepared
def _numbers(actor: Actor) -> Select[Any]:
    waiting = union(*(select(arm.c.kind, arm.c.id) for arm in _arms(actor)), select(_back(actor)))
    total: Any = select(
        literal_column("0").label("channel"), func.count().label("number"), cast(null(), UtcDateTime).label("until")
    ).select_from(waiting.subquery())
    bell: Any = (
        select(literal_column("-1"), func.count(), cast(null(), UtcDateTime))
        .select_from(Notification)
        .where(threads.notices(actor), col(Notification.read_at).is_(None))
    )
    put_off: Any = select(col(CatchUpMark.thing_id), literal_column("1"), col(CatchUpMark.until)).where(
        *_marked(actor), col(CatchUpMark.kind) == "channel", _still(actor)
    )
    return select(union_all(total, bell, put_off).subquery())


@prepared
def _things(actor: Actor) -> Select[Any]:
    rows = [select(arm) for arm in _arms(actor)]
    marks = select(*_mark_columns(), literal_column("0").label("rank")).where(*_marked(actor), _still(actor))
    both = union_all(*rows, marks).subquery()
    return select(both).order_by(both.c.rank.desc(), both.c.id.desc())


@prepared
def _put_off(actor: Actor) -> Select[Any]:
    later = select(*_mark_columns()).where(*_marked(actor), col(CatchUpMark.until) > _NOW, _still(actor))
    return later.order_by(col(CatchUpMark.until), col(CatchUpMark.kind), col(CatchUpMark.thing_id)).limit(200)


def _arms(actor: Actor) -> list[Any]:
    return [arm.subquery() for arm in (_notices(actor), _threads(actor), _conversations(actor), _inner(actor))]


def _line(kind: str, thing: Any, place: Any, rank: Any) -> Select[Any]:  # noqa: ANN401  (columns)
    """One kind of what waits: the newest has the highest rank."""
    return select(
        literal_column(f"'{kind}'").label("kind"),
        thing.label("id"),
        place.label("place"),
        cast(null(), UtcDateTime).label("until"),
        rank.label("rank"),
    ).where(~_marks(kind, thing, col(CatchUpMark.until) > _NOW))


def _marks(kind: str, thing: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:  # noqa: ANN401
    return exists().where(
        col(CatchUpMark.person_id) == given("me"),
        col(CatchUpMark.kind) == literal_column(f"'{kind}'"),
        col(CatchUpMark.thing_id) == thing,
        *conditions,
    )


def _notices(actor: Actor) -> Select[Any]:
    talk: Any = aliased(Comment)
    in_thread = (
        exists()
        .where(
            talk.id == Notification.comment_id,
            talk.removed_at.is_(None),
            col(ThreadFollow.thread_id) == talk.thread_id,
            col(ThreadFollow.person_id) == actor.person_id,
            col(ThreadFollow.following),
            col(ThreadFollow.read_id) < talk.id,
        )
        .correlate(Notification)
    )
    place = case((col(Notification.kind).startswith("reply_"), "customers"), else_="mentions")
    return _line("notice", col(Notification.id), place, col(Notification.id)).where(
        threads.notices(actor), col(Notification.read_at).is_(None), col(Notification.kind) != "assignment", ~in_thread
    )


def _threads(actor: Actor) -> Select[Any]:
    named = (
        exists()
        .where(
            col(Notification.person_id) == actor.person_id,
            col(Notification.read_at).is_(None),
            col(Notification.kind) == "mention",
            col(Notification.comment_id) == Comment.id,
            threads.unread_comment(actor.person_id),
        )
        .correlate(ThreadFollow)
    )
    own = (
        exists()
        .where(col(Post.thread_id) == ThreadFollow.thread_id, col(Post.author_id) == actor.person_id)
        .where(col(Post.kind) != "conversation")
        .correlate(ThreadFollow)
    )
    return (
        _line(
            "thread",
            col(ThreadFollow.thread_id),
            case((or_(own, named), "mentions"), else_="threads"),
            select(func.coalesce(func.max(col(Comment.id)), 0))
            .where(col(Comment.thread_id) == ThreadFollow.thread_id)
            .correlate(ThreadFollow)
            .scalar_subquery(),
        )
        .select_from(ThreadFollow)
        .where(
            col(ThreadFollow.news),
            exists().where(threads.unread_comment(actor.person_id)).correlate(ThreadFollow),
            threads.followed(actor),
        )
    )


def _conversations(actor: Actor) -> Select[Any]:
    me = actor.person_id
    given_to_me = (
        exists()
        .where(
            col(Notification.person_id) == me,
            col(Notification.read_at).is_(None),
            col(Notification.kind) == "assignment",
            col(Notification.conversation_id) == Conversation.id,
        )
        .correlate(Conversation)
    )
    told = select(col(Notification.conversation_id)).where(
        col(Notification.person_id) == me, col(Notification.read_at).is_(None), col(Notification.kind) == "assignment"
    )
    held = select(col(Claim.conversation_id)).where(col(Claim.person_id) == me, col(Claim.until) > _NOW)
    watched = select(col(Watch.conversation_id)).where(col(Watch.person_id) == me)
    answered = select(col(Reply.conversation_id)).where(
        col(Reply.author_id) == me, col(Reply.created_at) > _SINCE, col(Reply.state).in_(("accepted", "delivered"))
    )
    mine = select(col(Conversation.id)).where(
        col(Conversation.assignee_id) == me, col(Conversation.state) == literal_column("'open'")
    )
    asked = and_(
        col(Conversation.state) == "open",
        col(Conversation.waiting_since).is_not(None),
        ~_marks("conversation", Conversation.id, col(CatchUpMark.seen) >= Conversation.last_message_id),
    )
    assigned = or_(
        and_(col(Conversation.assignee_id).is_not(None), col(Conversation.assignee_id) == me),
        col(Conversation.id).in_(held),
        given_to_me,
    )
    return _line(
        "conversation",
        col(Conversation.id),
        case((assigned, "assigned"), else_="customers"),
        func.coalesce(col(Conversation.last_message_id), 0),
    ).where(
        col(Conversation.id).in_(union(told, held, watched, answered, mine)),
        or_(asked, given_to_me),
        col(Conversation.state).in_(("open", "snoozed")),
        col(Conversation.historic).is_(False),
        customers.visible(actor),
    )


def _inner(actor: Actor) -> Select[Any]:
    read = exists().where(
        col(ReadingPosition.person_id) == actor.person_id,
        col(ReadingPosition.channel_id) == Post.channel_id,
        col(ReadingPosition.number) >= Post.number,
    )
    return (
        _line("post", col(Post.id), literal_column("'inner'"), col(Post.id))
        .select_from(PersonFollow)
        .join(Post, col(Post.author_id) == PersonFollow.followed_id)
        .where(
            col(PersonFollow.follower_id) == actor.person_id,
            col(PersonFollow.inner),
            col(Post.published_at) > PersonFollow.since,
            col(Post.published_at) > _SINCE,
            col(Post.removed_at).is_(None),
            posts.visible(actor),
            ~read.correlate(Post),
            ~_marks("post", Post.id, col(CatchUpMark.seen) > 0),
        )
    )


def _mark_columns() -> tuple[Any, ...]:
    places = {"notice": "mentions", "thread": "threads", "channel": "channels", "conversation": "assigned"}
    return (
        col(CatchUpMark.kind).label("kind"),
        col(CatchUpMark.thing_id).label("id"),
        case(places, value=col(CatchUpMark.kind), else_="inner").label("place"),
        col(CatchUpMark.until).label("until"),
    )


def _marked(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (col(CatchUpMark.person_id) == actor.person_id, col(CatchUpMark.until).is_not(None))


def _back(actor: Actor) -> Any:  # noqa: ANN401  (a subquery)
    """What was put off until now and is none of the channels, which the rail counts."""
    return (
        select(col(CatchUpMark.kind).label("kind"), col(CatchUpMark.thing_id).label("id"))
        .where(*_marked(actor), col(CatchUpMark.until) <= _NOW, col(CatchUpMark.kind) != "channel", _still(actor))
        .subquery()
    )


def _still(actor: Actor) -> ColumnElement[bool]:
    """The condition that what a mark was put on can still be opened."""
    thing = col(CatchUpMark.thing_id)
    there = {
        "notice": exists().where(col(Notification.id) == thing, threads.notices(actor)),
        "thread": exists().where(col(Thread.id) == thing, threads.visible(actor)),
        "channel": exists().where(
            col(Channel.id) == thing, channels.is_member(actor.person_id), col(Channel.archived_at).is_(None)
        ),
        "conversation": exists().where(col(Conversation.id) == thing, customers.visible(actor)),
        "post": exists().where(col(Post.id) == thing, col(Post.removed_at).is_(None), posts.visible(actor)),
    }
    return or_(
        *(and_(col(CatchUpMark.kind) == kind, condition.correlate(CatchUpMark)) for kind, condition in there.items())
    )
