"""Threads: the one flat row of comments of a post or a conversation."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.unit import Unit
from parley.models.channels import Channel
from parley.models.customers import Conversation
from parley.models.posts import Post, Thread
from parley.policy import customers


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thread is heard: the channels whose readers may read it, and the conversation if it is a discussion."""

    channel_ids: tuple[int, ...]
    conversation_id: int | None
    channel: Channel | None
    """The channel of a plain post, whose policy counts; None for a discussion."""


async def new_thread(unit: Unit) -> int:
    """Make an empty thread and return its id."""
    thread = Thread()
    unit.session.add(thread)
    await unit.session.flush()
    assert thread.id is not None  # noqa: S101  (flushed)
    return thread.id


async def place(session: AsyncSession, thread_id: int) -> Place:
    """Return where a thread is shown."""
    conversation_id = (
        await session.execute(select(col(Conversation.id)).where(col(Conversation.thread_id) == thread_id))
    ).scalar_one_or_none()
    if conversation_id is not None:
        channels = (await session.execute(customers.showing(conversation_id))).scalars().all()
        return Place(tuple(channels), conversation_id, None)
    channel = (
        await session.execute(
            select(Channel).join(Post, col(Post.channel_id) == Channel.id).where(col(Post.thread_id) == thread_id)
        )
    ).scalar_one()
    assert channel.id is not None  # noqa: S101  (a row)
    return Place((channel.id,), None, channel)


async def hold(unit: Unit, thread_id: int) -> None:
    """Let whoever else writes in this thread wait until this unit is over (on SQLite all writers do)."""
    await unit.session.execute(select(col(Thread.id)).where(col(Thread.id) == thread_id).with_for_update())
