"""Lists of questions and of decisions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.fixed import given
from parley.kit.markup import plain_excerpt
from parley.models.channels import Channel
from parley.models.kinds import AcceptedAnswer, Supersession
from parley.models.posts import Comment, Post, Thread
from parley.people.queries import cards
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared
from parley.posts.kinds.views import DecisionRef, DecisionRow, QuestionRow

PAGE = 30


def answered() -> ColumnElement[bool]:
    """The condition that a question has an accepted answer which is still there."""
    return (
        exists()
        .where(
            col(AcceptedAnswer.post_id) == Post.id,
            col(Comment.id) == AcceptedAnswer.comment_id,
            col(Comment.removed_at).is_(None),
        )
        .correlate(Post)
    )


async def newest_open(session: AsyncSession, actor: Actor, *, among: int, limit: int) -> list[QuestionRow]:
    """Return the newest open questions of others among the `among` newest of all, of which `actor` may read these."""
    return await _question_rows(session, await _newest_open(session, actor, among=among, limit=limit))


@prepared
def _newest_open(actor: Actor) -> Select[*tuple[Any, ...]]:
    newest = select(col(Post.id)).where(col(Post.kind) == "question").order_by(col(Post.id).desc())
    return (
        _questions(actor)
        .where(
            ~answered(),
            col(Post.id).in_(newest.limit(given("among")).correlate(None)),
            col(Post.author_id) != actor.person_id,
        )
        .order_by(col(Post.id).desc())
        .limit(given("limit"))
    )


async def questions(
    session: AsyncSession,
    actor: Actor,
    *,
    state: str = "open",
    channel_id: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> tuple[list[QuestionRow], int | None]:
    """Return questions that `actor` may read, newest first: open, answered, or all; and the id to go on from."""
    statement = _questions(actor)
    if state != "all":
        statement = statement.where(answered() if state == "answered" else ~answered())
    if channel_id is not None:
        statement = statement.where(col(Post.channel_id) == channel_id)
    if before is not None:
        statement = statement.where(col(Post.id) < before)
    rows = (await session.execute(statement.order_by(col(Post.id).desc()).limit(limit + 1))).all()
    shown = await _question_rows(session, rows[:limit])
    return shown, shown[-1].id if len(rows) > limit else None


def _questions(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Post.id),
            col(Post.title),
            col(Post.body_html),
            col(Post.author_id),
            col(Post.published_at),
            col(Channel.name),
            col(Channel.kind).label("channel_kind"),
            col(Thread.comment_count),
            answered().label("answered"),
        )
        .join(Channel, col(Channel.id) == Post.channel_id)
        .join(Thread, col(Thread.id) == Post.thread_id)
        .where(
            col(Post.kind) == "question",
            col(Post.removed_at).is_(None),
            col(Channel.archived_at).is_(None),
            policy.visible(actor),
        )
    )


async def _question_rows(session: AsyncSession, rows: Sequence[Any]) -> list[QuestionRow]:
    people = await cards(session, {row.author_id for row in rows})
    return [
        QuestionRow(
            id=row.id,
            url=f"/posts/{row.id}",
            title=row.title or plain_excerpt(row.body_html, 100) or "…",
            author=people[row.author_id],
            channel="" if row.channel_kind == "direct" else f"#{row.name}",
            at=row.published_at,
            comments=row.comment_count,
            answered=row.answered,
        )
        for row in rows
    ]


async def decisions(
    session: AsyncSession, actor: Actor, channel_id: int, *, before: int | None = None, limit: int = PAGE
) -> tuple[list[DecisionRow], int | None]:
    """Return the decisions of a channel, newest first, each with what replaced it; and the id to go on from."""
    newer = aliased(Post)
    statement: Select[*tuple[Any, ...]] = (
        select(
            col(Post.id),
            col(Post.title),
            col(Post.body_html),
            col(Post.author_id),
            col(Post.published_at),
            col(newer.id).label("newer_id"),
            col(newer.title).label("newer_title"),
        )
        .outerjoin(Supersession, col(Supersession.old_id) == Post.id)
        .outerjoin(
            newer,
            (col(newer.id) == Supersession.new_id)
            & col(newer.removed_at).is_(None)
            & (col(newer.channel_id) == Post.channel_id),
        )
        .where(
            col(Post.channel_id) == channel_id,
            col(Post.kind) == "decision",
            col(Post.removed_at).is_(None),
            policy.visible(actor),
        )
    )
    if before is not None:
        statement = statement.where(col(Post.id) < before)
    rows = (await session.execute(statement.order_by(col(Post.id).desc()).limit(limit + 1))).all()
    people = await cards(session, {row.author_id for row in rows})
    shown = [
        DecisionRow(
            id=row.id,
            title=row.title or plain_excerpt(row.body_html, 100) or "…",
            text=plain_excerpt(row.body_html, 240),
            author=people[row.author_id],
            at=row.published_at,
            superseded_by=DecisionRef(row.newer_id, row.newer_title) if row.newer_id else None,
        )
        for row in rows[:limit]
    ]
    return shown, shown[-1].id if len(rows) > limit else None


async def holding(
    session: AsyncSession, actor: Actor, channel_id: int, *, besides: int | None = None
) -> list[DecisionRef]:
    """Return the newest decisions of a channel that still hold, to choose from; and the one that `besides` replaced."""
    gone = exists().where(col(Supersession.old_id) == Post.id)
    if besides is not None:
        gone = gone.where(col(Supersession.new_id) != besides)
    rows = await session.execute(
        select(col(Post.id), col(Post.title))
        .where(
            col(Post.channel_id) == channel_id,
            col(Post.kind) == "decision",
            col(Post.removed_at).is_(None),
            col(Post.id) != (besides or 0),
            ~gone.correlate(Post),
            policy.visible(actor),
        )
        .order_by(col(Post.id).desc())
        .limit(100)
    )
    return [DecisionRef(row.id, row.title or "…") for row in rows.all()]
