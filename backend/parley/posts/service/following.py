"""Following threads, reading them, settling them.

Who wrote the post, who comments and who is mentioned follow by themselves; looking at a thread does not follow it. A
choice made by hand is undone by nothing that others write; one's own next comment follows again.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import exists, func, literal, select, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.service import membership
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.posts import (
    CommentEdited,
    CommentPublished,
    CommentRemoved,
    CommentsSplit,
    PostEdited,
    PostPublished,
)
from parley.events.threads import ThreadFollowed, ThreadRead, ThreadResolved
from parley.kit.errors import Conflict, NotFound
from parley.models.channels import Channel
from parley.models.customers import Claim, Conversation, Watch
from parley.models.posts import Comment, Post, Thread
from parley.models.threads import ThreadFollow
from parley.policy import threads as policy
from parley.policy.actor import Actor

_follow = metadata.tables["thread_follow"]
_AT_ONCE = 500


async def on_post(unit: Unit, event: PostPublished | PostEdited) -> None:
    """Who wrote a post and who is named in it follow its thread; a conversation's place begins none."""
    post = await unit.session.get(Post, event.post_id)
    if post is None or post.kind == "conversation":
        return
    read_id = 0 if isinstance(event, PostPublished) else await newest(unit, post.thread_id)
    people = {*event.mentioned, *([post.author_id] if post.author_id else [])}
    await _begin(unit, post.thread_id, people, read_id)


async def on_comment(unit: Unit, event: CommentPublished | CommentEdited) -> None:
    """Who comments, who is named and who has the customer follow the thread; all others in it have news."""
    if isinstance(event, CommentEdited):
        await _begin(unit, event.thread_id, event.mentioned, await newest(unit, event.thread_id))
        return
    people = set(event.mentioned)
    if event.conversation_id is not None:
        people |= await concerned(unit, event.conversation_id)
    await _begin(unit, event.thread_id, people - {event.author_id}, event.comment_id - 1, news=True)
    own = upsert(unit.session, _follow).values(
        person_id=event.author_id,
        thread_id=event.thread_id,
        following=True,
        chosen=False,
        read_id=event.comment_id,
        news=False,
        since=unit.now,
    )
    await unit.session.execute(
        own.on_conflict_do_update(
            index_elements=["person_id", "thread_id"],
            set_={"following": True, "chosen": False, "read_id": event.comment_id, "since": unit.now},
            where=_follow.c.following.is_(False),
        )
    )
    await _news(unit, event.thread_id)


async def on_return(unit: Unit, event: CommentRemoved) -> None:
    """A comment that is there again may be unread for somebody."""
    await _news(unit, event.thread_id)


async def on_split(unit: Unit, event: CommentsSplit) -> None:
    """Who wrote comments that went to a new thread follows it, as far as they had read the old one."""
    wrote = select(col(Comment.author_id)).where(col(Comment.id).in_(event.comment_ids))
    before: Any = select(
        col(ThreadFollow.person_id),
        literal(event.to_thread_id).label("thread_id"),
        col(ThreadFollow.following),
        col(ThreadFollow.chosen),
        col(ThreadFollow.read_id),
        col(ThreadFollow.following).label("news"),
        col(ThreadFollow.since),
    ).where(col(ThreadFollow.thread_id) == event.thread_id, col(ThreadFollow.person_id).in_(wrote))
    await unit.session.execute(
        upsert(unit.session, _follow)
        .from_select(["person_id", "thread_id", "following", "chosen", "read_id", "news", "since"], before)
        .on_conflict_do_nothing()
    )


async def follow(unit: Unit, actor: Actor, thread_id: int, *, on: bool) -> None:
    """Follow a thread from now on, or let go of it: a choice that nobody else's words undo. Raises `NotFound`."""
    await find(unit, actor, thread_id)
    known = await state(unit.session, actor.person_id, thread_id)
    if known is not None and known.following is on and known.chosen:
        return
    if known is not None and known.following is on:
        await _put(unit, actor.person_id, thread_id, known.read_id, on=on, news=on)
        return
    await _put(unit, actor.person_id, thread_id, await newest(unit, thread_id), on=on)
    await unit.emit(ThreadFollowed(person_id=actor.person_id, thread_id=thread_id, on=on))


async def read(unit: Unit, person_id: int, thread_id: int, comment_id: int) -> bool:
    """Mark a thread as read up to a comment, on all the person's devices; return whether that changed anything."""
    comment_id = min(comment_id, await newest(unit, thread_id))
    more = exists().where(col(Comment.thread_id) == thread_id, col(Comment.id) > comment_id)
    moved = await unit.session.execute(
        update(ThreadFollow)
        .where(
            col(ThreadFollow.person_id) == person_id,
            col(ThreadFollow.thread_id) == thread_id,
            col(ThreadFollow.read_id) < comment_id,
        )
        .values(read_id=comment_id, news=more & col(ThreadFollow.following))
        .returning(col(ThreadFollow.read_id))
    )
    changed = moved.first() is not None
    if changed:
        await unit.emit(ThreadRead(person_id=person_id, thread_id=thread_id, comment_id=comment_id))
    return changed


async def unread_from(unit: Unit, actor: Actor, comment_id: int) -> int:
    """Make a comment and all after it unread again, which follows the thread; return the thread."""
    comment = await unit.session.get(Comment, comment_id)
    if comment is None:
        raise NotFound
    await find(unit, actor, comment.thread_id)
    known = await state(unit.session, actor.person_id, comment.thread_id)
    before = known.read_id if known is not None and known.following else comment_id
    await set_back(unit, actor.person_id, comment.thread_id, min(before, comment_id - 1))
    return comment.thread_id


async def set_back(unit: Unit, person_id: int, thread_id: int, read_id: int) -> None:
    """Let a person have read a thread only up to `read_id`, and follow it."""
    await _put(unit, person_id, thread_id, read_id, on=True, news=True)
    await unit.emit(ThreadRead(person_id=person_id, thread_id=thread_id, comment_id=read_id))


async def go_back(unit: Unit, person_id: int, thread_id: int, read_id: int) -> None:
    """Take a reading back: the position is where it was, unless it has gone back further since."""
    await unit.session.execute(
        update(ThreadFollow)
        .where(
            col(ThreadFollow.person_id) == person_id,
            col(ThreadFollow.thread_id) == thread_id,
            col(ThreadFollow.read_id) > read_id,
        )
        .values(read_id=read_id, news=col(ThreadFollow.following))
    )
    await unit.emit(ThreadRead(person_id=person_id, thread_id=thread_id, comment_id=read_id))


async def resolve(unit: Unit, actor: Actor, thread_id: int, *, on: bool) -> None:
    """Call a thread settled, or open it again. It can still be commented on, which leaves it settled.

    Raises `NotFound`, `Forbidden`, and `Conflict` for a discussion, which has the state of its conversation.
    """
    thread = await find(unit, actor, thread_id)
    row = (
        await unit.session.execute(
            select(Post, Channel)
            .join(Channel, col(Channel.id) == Post.channel_id)
            .where(col(Post.thread_id) == thread_id, col(Post.kind) != "conversation")
        )
    ).one_or_none()
    if row is None:
        raise Conflict("Resolve the conversation itself.", code="a_discussion")
    post, channel = row
    policy.may_resolve(
        actor, post.author_id, channel, await membership.of(unit.session, channel.id or 0, actor.person_id)
    )
    if (thread.resolved_at is not None) is on:
        return
    thread.resolved_at, thread.resolved_by = (unit.now, actor.person_id) if on else (None, None)
    unit.session.add(thread)
    await unit.session.flush()
    await unit.emit(
        ThreadResolved(
            thread_id=thread_id, post_id=post.id or 0, channel_id=channel.id or 0, by_id=actor.person_id, on=on
        )
    )


async def find(unit: Unit, actor: Actor, thread_id: int) -> Thread:
    """Return a thread that `actor` can open; raise `NotFound` for any other."""
    found: Thread | None = (
        await unit.session.execute(select(Thread).where(col(Thread.id) == thread_id, policy.visible(actor)))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def state(session: AsyncSession, person_id: int, thread_id: int) -> Any:  # noqa: ANN401  (a row, or None)
    """Return whether a person follows a thread, whether they chose so, and how far they have read it."""
    statement = select(col(ThreadFollow.following), col(ThreadFollow.chosen), col(ThreadFollow.read_id)).where(
        col(ThreadFollow.person_id) == person_id, col(ThreadFollow.thread_id) == thread_id
    )
    return (await session.execute(statement)).one_or_none()


async def newest(unit: Unit, thread_id: int) -> int:
    """Return the id of a thread's newest comment, 0 without any."""
    statement = select(func.coalesce(func.max(col(Comment.id)), 0)).where(col(Comment.thread_id) == thread_id)
    return int((await unit.session.execute(statement)).scalar_one())


async def concerned(unit: Unit, conversation_id: int) -> set[int]:
    """Return who watches, holds or was given a conversation: its discussion is theirs to follow."""
    watchers = select(col(Watch.person_id)).where(col(Watch.conversation_id) == conversation_id)
    holder = select(col(Claim.person_id)).where(col(Claim.conversation_id) == conversation_id)
    assignee = select(col(Conversation.assignee_id)).where(
        col(Conversation.id) == conversation_id, col(Conversation.assignee_id).is_not(None)
    )
    return set((await unit.session.execute(watchers.union(holder, assignee))).scalars())


async def _begin(unit: Unit, thread_id: int, people: Iterable[int], read_id: int, *, news: bool = False) -> None:
    everybody = sorted(people)
    for first in range(0, len(everybody), _AT_ONCE):
        rows = [
            {
                "person_id": person,
                "thread_id": thread_id,
                "following": True,
                "chosen": False,
                "read_id": read_id,
                "news": news,
                "since": unit.now,
            }
            for person in everybody[first : first + _AT_ONCE]
        ]
        await unit.session.execute(upsert(unit.session, _follow).values(rows).on_conflict_do_nothing())


async def _put(unit: Unit, person_id: int, thread_id: int, read_id: int, *, on: bool, news: bool = False) -> None:
    values = {"following": on, "chosen": True, "read_id": read_id, "news": news and on, "since": unit.now}
    statement = upsert(unit.session, _follow).values(person_id=person_id, thread_id=thread_id, **values)
    await unit.session.execute(statement.on_conflict_do_update(index_elements=["person_id", "thread_id"], set_=values))


async def _news(unit: Unit, thread_id: int) -> None:
    await unit.session.execute(
        update(ThreadFollow)
        .where(col(ThreadFollow.thread_id) == thread_id, col(ThreadFollow.following), col(ThreadFollow.news).is_(False))
        .values(news=True)
    )
