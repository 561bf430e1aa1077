"""Stamps: a thread counts every change of what its post shows, so that what was rendered of it can be kept."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlmodel import col

from parley.core.unit import Unit
from parley.events.base import Event
from parley.events.kinds import PostMarked
from parley.events.posts import PostPublished
from parley.events.threads import ThreadFollowed, ThreadRead
from parley.models.posts import Post, Thread

_CHANGES_NOTHING: tuple[type[Event], ...] = (PostPublished, PostMarked, ThreadFollowed, ThreadRead)
"""A new post was never shown before; the others say what one person did, which no shared fragment tells."""
_THREADS = ("thread_id", "to_thread_id")


def events() -> list[type[Event]]:
    """Return every kind of event that names a post or a thread: whatever is told of one may change how it looks."""
    return [
        event
        for event in _below(Event)
        if {field.name for field in fields(event)} & {"post_id", *_THREADS} and event not in _CHANGES_NOTHING
    ]


def _below(event: type[Event]) -> Iterator[type[Event]]:
    for kind in event.__subclasses__():
        # A dataclass with slots is made anew; the class that was written lives on as a shadow of the same name.
        if getattr(sys.modules[kind.__module__], kind.__name__, None) is kind:
            yield kind
        yield from _below(kind)


async def touch(unit: Unit, event: Any) -> None:  # noqa: ANN401  (one of `events`)
    """Count a change, in the transaction that makes it."""
    threads = [found for name in _THREADS if (found := getattr(event, name, None)) is not None]
    which: list[ColumnElement[bool]] = [col(Thread.id).in_(threads)] if threads else []
    if (post_id := getattr(event, "post_id", None)) is not None:
        which.append(col(Thread.id) == select(col(Post.thread_id)).where(col(Post.id) == post_id).scalar_subquery())
    await unit.session.execute(
        update(Thread)
        .where(or_(*which))
        .values(stamp=col(Thread.stamp) + 1)
        .execution_options(synchronize_session=False)
    )
