"""The shelf: what was made of a post is kept until the post shows something else.

A post's stamp is raised in the transaction of every change that is told of it (`service.stamps`), and is read in the
snapshot of the page: what was kept under it is exactly what would be made anew. What a fragment says of persons hangs on
one number for all of them; channels' names are compared.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from markupsafe import Markup
from sqlalchemy import Select, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core import eventlog
from parley.core.fixed import OneOf, given
from parley.events.identity import PEOPLE
from parley.kit import clock
from parley.models.channels import Channel
from parley.models.posts import Post, Thread
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared

T = TypeVar("T")
_LASTING = frozenset({"update", "praise", "decision"})
"""Kinds that look the same until something is told of them; the others change with the hours, too."""
_ROOM = 4000
MAX_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as it goes into a page."""

    id: int
    number: int
    created_at: datetime
    html: Markup
    why: Sequence[str] = ()
    """Why it stands here, where that is not plain to see."""


def _of(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Post.id),
            col(Post.number),
            col(Post.channel_id),
            col(Post.kind),
            col(Post.published_at),
            col(Post.removed_at),
            col(Post.origin_id),
            col(Post.author_id),
            col(Thread.stamp),
            col(Thread.comment_count),
            col(Channel.name),
            col(Channel.kind).label("channel_kind"),
        )
        .join(Thread, col(Thread.id) == Post.thread_id)
        .join(Channel, col(Channel.id) == Post.channel_id)
        .where(policy.visible(actor))
    )


_marks = prepared(lambda actor: _of(actor).where(OneOf(col(Post.id), "ids")))


@prepared
def _below(actor: Actor) -> Select[*tuple[Any, ...]]:
    here = _of(actor).where(col(Post.channel_id) == given("channel_id"), col(Post.number) < given("number"))
    return here.order_by(col(Post.number).desc()).limit(given("limit"))


@prepared
def _above(actor: Actor) -> Select[*tuple[Any, ...]]:
    here = _of(actor).where(col(Post.channel_id) == given("channel_id"), col(Post.number) > given("number"))
    return here.order_by(col(Post.number)).limit(given("limit"))


async def marks(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> list[Any]:
    """Return, for those of the posts that `actor` may read and in the order of `ids`, what a shelf needs to know."""
    found = {row.id: row for row in await _marks(session, actor, ids=ids)} if ids else {}
    return [found[post_id] for post_id in ids if post_id in found]


async def flow(
    session: AsyncSession, actor: Actor, channel_id: int, limit: int, *, before: int | None, after: int | None
) -> list[Any]:
    """Return the marks of a channel's posts, newest first: those next below the number `before` or above `after`."""
    if after is not None:
        found = await _above(session, actor, channel_id=channel_id, number=after, limit=limit)
        return found[::-1]
    number = MAX_ID if before is None else before
    return await _below(session, actor, channel_id=channel_id, number=number, limit=limit)


class Shelf(Generic[T]):
    """Keeps what is made of posts, for one way of making it."""

    def __init__(self) -> None:
        """Be empty."""
        self._kept: dict[tuple[str, int], tuple[object, T]] = {}

    async def take(
        self,
        session: AsyncSession,
        marks: Sequence[Any],
        language: str,
        make: Callable[[list[int]], Awaitable[dict[int, T]]],
    ) -> dict[int, T]:
        """Return what is made of the posts of `marks`, by id; `make` is asked, in the same snapshot, for what is missing."""
        people = (await eventlog.positions(session, [PEOPLE]))[PEOPLE]
        today = clock.now().date()
        states = {
            mark.id: (mark.stamp, people, today, mark.channel_id, mark.name, mark.channel_kind, mark.kind)
            for mark in marks
            if mark.kind in _LASTING and mark.origin_id is None and mark.removed_at is None
        }
        found: dict[int, T] = {}
        missing: list[int] = []
        for mark in marks:
            state, kept = self._kept.get((language, mark.id), (None, None))
            if kept is not None and state == states.get(mark.id, 0):
                found[mark.id] = kept
            else:
                missing.append(mark.id)
        if missing:
            made = await make(missing)
            found |= made
            if len(self._kept) > _ROOM:
                for old in list(self._kept)[: _ROOM // 4]:
                    del self._kept[old]
            self._kept |= {((language, post), (states[post], it)) for post, it in made.items() if post in states}
        return found
