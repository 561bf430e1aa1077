"""Reads about threads: what is unread in those that somebody follows, and how one stands for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.service import membership
from parley.channels.views import ChannelRef
from parley.kit.markup import plain_excerpt
from parley.models.channels import Channel
from parley.models.customers import Conversation
from parley.models.notifications import Notification
from parley.models.posts import Comment, Post, Thread
from parley.models.threads import ThreadFollow
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.policy import channels as channel_policy
from parley.policy import customers as customer_policy
from parley.policy import posts as post_policy
from parley.policy import threads as policy
from parley.policy.actor import Actor

PAGE = 40


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread as a list names it, for one reader. `outside` is a customer's discussion."""

    id: int
    url: str
    title: str
    channel: ChannelRef | None
    outside: bool
    unread: int
    mentions: int
    first_id: int | None
    """The first unread comment."""
    speaker: PersonCard | None
    text: str
    at: datetime | None
    resolved: bool


@dataclass(frozen=True, slots=True)
class ThreadState:
    """How a thread stands for one reader: beside its comments."""

    id: int
    post_id: int
    following: bool
    unread: int
    read_id: int
    resolved: bool
    may_resolve: bool


@dataclass(frozen=True, slots=True)
class ThreadsView:
    """A part of the list of followed threads, the newest word first."""

    rows: Sequence[ThreadRow]
    only_unread: bool
    unread: int
    next_url: str | None


async def followed(
    session: AsyncSession, actor: Actor, *, only_unread: bool = False, before: int | None = None, limit: int = PAGE
) -> tuple[list[ThreadRow], int | None]:
    """Return followed threads, the newest word first, and the comment to go on `before`."""
    last = (
        select(func.max(col(Comment.id)))
        .where(col(Comment.thread_id) == ThreadFollow.thread_id)
        .correlate(ThreadFollow)
    ).scalar_subquery()
    statement = select(col(ThreadFollow.thread_id), func.coalesce(last, 0).label("last")).where(policy.followed(actor))
    if only_unread:
        statement = statement.where(col(ThreadFollow.news), _any_unread(actor))
    newest = statement.subquery()
    page = select(newest).where(newest.c.last > 0)
    if before is not None:
        page = page.where(newest.c.last < before)
    found = (await session.execute(page.order_by(newest.c.last.desc()).limit(limit + 1))).all()
    shown = await rows(session, actor, [row.thread_id for row in found[:limit]])
    more = found[limit - 1].last if len(found) > limit else None
    return [shown[row.thread_id] for row in found[:limit] if row.thread_id in shown], more


async def count_unread(session: AsyncSession, actor: Actor) -> int:
    """Return how many followed threads hold something unread."""
    statement = (
        select(func.count())
        .select_from(ThreadFollow)
        .where(col(ThreadFollow.news), _any_unread(actor), policy.followed(actor))
    )
    return int((await session.execute(statement)).scalar_one())


def _any_unread(actor: Actor) -> Any:  # noqa: ANN401  (a condition)
    return exists().where(policy.unread_comment(actor.person_id)).correlate(ThreadFollow)


async def rows(session: AsyncSession, actor: Actor, thread_ids: Sequence[int]) -> dict[int, ThreadRow]:
    """Return some threads that `actor` can open, as lists name them, each with its first unread word or its last."""
    if not thread_ids:
        return {}
    counted = {row.thread_id: row for row in (await session.execute(_unread(actor, thread_ids))).all()}
    last = dict(
        (
            await session.execute(
                select(col(Comment.thread_id), func.max(col(Comment.id)))
                .where(col(Comment.thread_id).in_(thread_ids), col(Comment.removed_at).is_(None))
                .group_by(col(Comment.thread_id))
            )
        ).all()
    )
    named = [counted[thread].last_id if thread in counted else last.get(thread) for thread in thread_ids]
    words = {
        row.thread_id: row
        for row in (
            await session.execute(
                select(
                    col(Comment.thread_id), col(Comment.author_id), col(Comment.body_html), col(Comment.created_at)
                ).where(col(Comment.id).in_([number for number in named if number]))
            )
        ).all()
    }
    heads = await _heads(session, actor, thread_ids)
    people = await cards(session, {row.author_id for row in words.values()} | {head[4] for head in heads.values()})
    return {
        thread: _row(thread, heads[thread], counted.get(thread), words.get(thread), people)
        for thread in thread_ids
        if thread in heads
    }


def _unread(actor: Actor, thread_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    named = (
        exists()
        .where(
            col(Notification.comment_id) == Comment.id,
            col(Notification.person_id) == actor.person_id,
            col(Notification.kind) == "mention",
            col(Notification.read_at).is_(None),
        )
        .correlate(Comment)
    )
    return (
        select(
            col(ThreadFollow.thread_id),
            func.count().label("number"),
            func.min(col(Comment.id)).label("first_id"),
            func.max(col(Comment.id)).label("last_id"),
            func.sum(case((named, 1), else_=0)).label("mentions"),
        )
        .join(Comment, policy.unread_comment(actor.person_id))
        .where(
            col(ThreadFollow.person_id) == actor.person_id,
            col(ThreadFollow.following),
            col(ThreadFollow.thread_id).in_(thread_ids),
        )
        .group_by(col(ThreadFollow.thread_id))
    )


async def _heads(session: AsyncSession, actor: Actor, thread_ids: Sequence[int]) -> dict[int, Any]:
    """For each thread: its address, title, channel, whether it is a discussion, who wrote its post, if it is settled."""
    talks = (
        await session.execute(
            select(col(Conversation.thread_id), col(Conversation.id), col(Conversation.subject)).where(
                col(Conversation.thread_id).in_(thread_ids), customer_policy.visible(actor)
            )
        )
    ).all()
    found: dict[int, Any] = {
        row.thread_id: (f"/conversations/{row.id}", row.subject, None, True, None, False) for row in talks
    }
    plain = (
        await session.execute(
            select(
                col(Post.thread_id),
                col(Post.id),
                col(Post.title),
                col(Post.body_html),
                col(Post.author_id),
                col(Post.channel_id),
                col(Thread.resolved_at),
            )
            .join(Thread, col(Thread.id) == Post.thread_id)
            .where(col(Post.thread_id).in_(thread_ids), col(Post.removed_at).is_(None), post_policy.visible(actor))
        )
    ).all()
    places = await session.execute(
        select(Channel).where(
            col(Channel.id).in_({row.channel_id for row in plain}),
            col(Channel.id).in_(channel_policy.readable_ids(actor)),
        )
    )
    refs = await channels.refs(session, actor, places.scalars().all())
    for row in plain:
        words = row.title or plain_excerpt(row.body_html, 60)
        found.setdefault(
            row.thread_id,
            (f"/posts/{row.id}", words, refs.get(row.channel_id), False, row.author_id, row.resolved_at is not None),
        )
    return found


def _row(thread: int, head: Any, counted: Any, word: Any, people: Mapping[int, PersonCard]) -> ThreadRow:  # noqa: ANN401
    url, title, channel, outside, author_id, resolved = head
    first = counted.first_id if counted else None
    author = people.get(author_id)
    return ThreadRow(
        id=thread,
        url=url if not first else f"{url}#comment-{first}" if outside else f"{url}?comment={first}#comment-{first}",
        title=title or (author.name if author else ""),
        channel=channel,
        outside=outside,
        unread=counted.number if counted else 0,
        mentions=counted.mentions if counted else 0,
        first_id=first,
        speaker=people.get(word.author_id) if word else author,
        text=plain_excerpt(word.body_html, 160) if word else "",
        at=word.created_at if word else None,
        resolved=resolved,
    )


async def state(session: AsyncSession, actor: Actor, thread_id: int) -> ThreadState | None:
    """Return how a thread stands for `actor`; None for one that stands in no channel they read."""
    row = (
        await session.execute(
            select(
                col(Post.id),
                col(Post.author_id),
                col(Post.kind),
                Channel,
                col(Thread.resolved_at),
                col(ThreadFollow.following),
                col(ThreadFollow.read_id),
            )
            .join(Channel, col(Channel.id) == Post.channel_id)
            .join(Thread, col(Thread.id) == Post.thread_id)
            .outerjoin(
                ThreadFollow,
                and_(col(ThreadFollow.thread_id) == Post.thread_id, col(ThreadFollow.person_id) == actor.person_id),
            )
            .where(col(Post.thread_id) == thread_id, post_policy.visible(actor))
            .order_by(col(Post.id))
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return None
    channel: Channel = row.Channel
    mine = await membership.of(session, channel.id or 0, actor.person_id)
    moderates = row.author_id == actor.person_id or channel_policy.moderates(actor, mine)
    counted = (await session.execute(_unread(actor, [thread_id]))).one_or_none()
    return ThreadState(
        id=thread_id,
        post_id=row.id,
        following=bool(row.following),
        unread=counted.number if counted else 0,
        read_id=row.read_id or 0,
        resolved=row.resolved_at is not None,
        may_resolve=row.kind != "conversation" and channel.archived_at is None and moderates,
    )
