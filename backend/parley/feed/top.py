"""Top: the posts of a week that matter most to one reader, by a linear score that is published (docs/top.md).

Reactions do not count: what many liked is not what one must know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.unread import of_moment
from parley.core.fixed import OneOf
from parley.models.kinds import AcceptedAnswer, Addressee
from parley.models.notifications import Notification
from parley.models.people import PersonFollow
from parley.models.posts import Post
from parley.models.threads import ThreadFollow
from parley.policy import threads
from parley.policy.actor import Actor
from parley.policy.prepared import prepared

CANDIDATES, SHOWN = 200, 50
DAYS = 7
WEIGHTS: Mapping[str, float] = {
    "named": 8.0,
    "owed": 6.0,
    "circle": 5.0,
    "thread": 4.0,
    "unread": 3.0,
    "followed": 2.0,
    "question": 2.0,
    "talk": 0.5,
    "own": -6.0,
}
"""What each fact about a post adds; `talk` for each comment, up to `TALK`."""
TALK = 6
FRESH, HALF_DAY = 14.0, 12 * 3600
"""What a post of this moment gets, and in how many seconds it loses one of it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the candidates: sets of post ids, of persons, and how far each channel is read."""

    named: frozenset[int] = frozenset()
    owed: frozenset[int] = frozenset()
    threads: frozenset[int] = frozenset()
    answered: frozenset[int] = frozenset()
    followed: Mapping[int, bool] = field(default_factory=dict)
    """Whom the reader follows, and whether they are of the inner circle."""
    read: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """A post with its score and what made it, the weightiest first."""

    mark: Any
    score: float
    reasons: tuple[str, ...]


async def facts(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> Facts:
    """Ask what the score of these posts stands on."""
    if not ids:
        return Facts()
    return Facts(
        frozenset(row.id for row in await _named(session, actor, ids=ids)),
        frozenset(row.id for row in await _owed(session, actor, ids=ids)),
        frozenset(row.id for row in await _news(session, actor, ids=ids)),
        frozenset(row.id for row in await _answered(session, actor, ids=ids)),
        {row.followed_id: row.inner for row in await whom(session, actor)},
        {row.channel_id: row.read_number for row in await of_moment(session, actor)},
    )


def ranked(marks: Sequence[Any], known: Facts, me: int, now: datetime) -> list[Scored]:
    """Return the posts of `marks` (`posts.shelf.marks`) that are young enough, the highest score first."""
    oldest = now - timedelta(days=DAYS)
    scored = [_scored(mark, known, me, now) for mark in marks if mark.published_at >= oldest]
    return sorted(scored, key=lambda one: (-one.score, -one.mark.id))[:SHOWN]


def _scored(mark: Any, known: Facts, me: int, now: datetime) -> Scored:  # noqa: ANN401  (a row)
    own = mark.author_id == me
    parts = {
        "named": mark.id in known.named,
        "owed": mark.id in known.owed,
        "circle": known.followed.get(mark.author_id, False),
        "thread": mark.id in known.threads,
        "unread": not own and mark.number > known.read.get(mark.channel_id, mark.number),
        "followed": mark.author_id in known.followed,
        "question": mark.kind == "question" and mark.id not in known.answered,
        "talk": min(mark.comment_count, TALK),
        "own": own,
    }
    points = {name: WEIGHTS[name] * value for name, value in parts.items() if value}
    fresh = max(0.0, FRESH - (now - mark.published_at).total_seconds() / HALF_DAY)
    reasons = sorted((name for name, point in points.items() if point > 0), key=lambda name: -points[name])
    return Scored(mark, fresh + sum(points.values()), tuple(reasons))


@prepared
def whom(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Whom the actor follows, and whether they belong to the inner circle."""
    return select(col(PersonFollow.followed_id), col(PersonFollow.inner)).where(
        col(PersonFollow.follower_id) == actor.person_id
    )


@prepared
def _named(actor: Actor) -> Select[*tuple[Any, ...]]:
    return select(col(Notification.post_id).label("id")).where(
        col(Notification.person_id) == actor.person_id,
        col(Notification.kind) == "mention",
        col(Notification.comment_id).is_(None),
        OneOf(col(Notification.post_id), "ids"),
    )


@prepared
def _owed(actor: Actor) -> Select[*tuple[Any, ...]]:
    return select(col(Addressee.post_id).label("id")).where(
        col(Addressee.person_id) == actor.person_id,
        col(Addressee.acknowledged_at).is_(None),
        ~col(Addressee.later),
        OneOf(col(Addressee.post_id), "ids"),
    )


@prepared
def _news(actor: Actor) -> Select[*tuple[Any, ...]]:
    unread = exists().where(threads.unread_comment(actor.person_id)).correlate(ThreadFollow)
    return (
        select(col(Post.id))
        .join(ThreadFollow, col(ThreadFollow.thread_id) == Post.thread_id)
        .where(
            col(ThreadFollow.person_id) == actor.person_id,
            col(ThreadFollow.following),
            col(ThreadFollow.news),
            OneOf(col(Post.id), "ids"),
            unread,
        )
    )


@prepared
def _answered(_actor: Actor) -> Select[*tuple[Any, ...]]:
    return select(col(AcceptedAnswer.post_id).label("id")).where(OneOf(col(AcceptedAnswer.post_id), "ids"))
