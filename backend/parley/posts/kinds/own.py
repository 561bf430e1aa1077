"""What is a reader's own: which announcements they owe, how they voted, what they answered, what they may do."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.models.channels import Channel, Membership
from parley.models.kinds import Addressee, Announcement, Attendance, Poll, Vote
from parley.models.posts import Post
from parley.policy import kinds as kinds_policy
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared
from parley.posts.kinds import polls
from parley.posts.kinds.views import OwnView


def _owes(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Addressee.person_id) == actor.person_id,
        col(Addressee.acknowledged_at).is_(None),
        col(Post.removed_at).is_(None),
        col(Channel.archived_at).is_(None),
        policy.visible(actor),
    )


async def owed(session: AsyncSession, actor: Actor) -> tuple[int | None, int]:
    """Return the announcement that `actor` has to acknowledge first, and how many there are in all."""
    found = await _first_owed(session, actor)
    return (found[0].id, found[0].all) if found else (None, 0)


@prepared
def _first_owed(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(col(Post.id), func.count().over().label("all"))
        .select_from(Addressee)
        .join(Announcement, col(Announcement.post_id) == Addressee.post_id)
        .join(Post, col(Post.id) == Addressee.post_id)
        .join(Channel, col(Channel.id) == Post.channel_id)
        .where(*_owes(actor))
        .order_by(col(Announcement.due_at).is_(None), col(Announcement.due_at), col(Post.id).desc())
        .limit(1)
    )


async def own(session: AsyncSession, actor: Actor, post_ids: Collection[int], key: bytes) -> list[OwnView]:
    """Return what `actor` has done with some posts and may do with them; of those they may not read nothing."""
    posts = (
        await session.execute(
            select(col(Post.id), col(Post.kind), col(Post.author_id), Membership)
            .outerjoin(
                Membership,
                (col(Membership.channel_id) == Post.channel_id)
                & (col(Membership.person_id) == actor.person_id)
                & col(Membership.until).is_(None),
            )
            .where(col(Post.id).in_(post_ids), policy.visible(actor))
        )
    ).all()
    ids: dict[str, list[int]] = {}
    for row in posts:
        ids.setdefault(row.kind, []).append(row.id)
    marks: dict[int, list[str]] = {row.id: [] for row in posts}
    if "announcement" in ids:
        await _own_duties(session, actor, ids["announcement"], marks)
    if "poll" in ids:
        await _own_votes(session, actor, ids["poll"], key, marks)
    if "event" in ids:
        rows = await session.execute(
            select(col(Attendance.post_id), col(Attendance.answer)).where(
                col(Attendance.post_id).in_(ids["event"]), col(Attendance.person_id) == actor.person_id
            )
        )
        for post_id, answer in rows.all():
            marks[post_id].append(answer)
    for row in posts:
        judge = kinds_policy.follows_up if row.kind == "announcement" else kinds_policy.manages
        if judge(actor, row.author_id, row.Membership):
            marks[row.id].append("manages")
        if row.kind == "announcement" and not {"owed", "done"} & set(marks[row.id]):
            may = row.Membership is not None and row.author_id != actor.person_id
            marks[row.id] += ["owed"] if may else []
    return [OwnView(post_id, found) for post_id, found in marks.items()]


async def _own_duties(session: AsyncSession, actor: Actor, ids: Sequence[int], marks: dict[int, list[str]]) -> None:
    rows = await session.execute(
        select(col(Addressee.post_id), col(Addressee.acknowledged_at)).where(
            col(Addressee.post_id).in_(ids), col(Addressee.person_id) == actor.person_id
        )
    )
    for post_id, at in rows.all():
        marks[post_id].append("owed" if at is None else "done")


async def _own_votes(
    session: AsyncSession, actor: Actor, ids: Sequence[int], key: bytes, marks: dict[int, list[str]]
) -> None:
    known = (await session.execute(select(Poll).where(col(Poll.post_id).in_(ids)))).scalars().all()
    voters = [polls.voter(poll, actor.person_id, key) for poll in known]
    rows = await session.execute(
        select(col(Vote.post_id), col(Vote.option_id)).where(col(Vote.post_id).in_(ids), col(Vote.voter).in_(voters))
    )
    for post_id, option_id in rows.all():
        marks[post_id].append(str(option_id))
