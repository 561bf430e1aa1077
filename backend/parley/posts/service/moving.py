"""Posts go to another channel, comments to a post of their own; their addresses go on leading to them."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlmodel import col

from parley.channels import queries as channels
from parley.channels.service import lifecycle, membership
from parley.core.unit import Unit
from parley.events.posts import CommentsSplit, PostMoved
from parley.kit.errors import Conflict, Forbidden, Invalid, NotFound
from parley.models.channels import Channel
from parley.models.posts import Comment, Post, Thread
from parley.models.writing import MovedPost
from parley.policy import audit
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.service import publishing, threads
from parley.posts.service.words import Words

STAYS = {
    "conversation": "A conversation is not moved. Surface it in the other channel.",
    "announcement": "An announcement stays with those it was published to.",
}
MOST_AT_ONCE = 200


async def move(unit: Unit, actor: Actor, post_id: int, channel_id: int) -> Post:
    """Give a post its place in another channel, with its comments, files and address. There it is new.

    Moderators of both channels may. Raises `NotFound`, `Forbidden`, `Conflict` when it was removed.
    """
    post, source = await publishing.find(unit, actor, post_id)
    target = await channels.get(unit.session, actor, channel_id)
    if post.channel_id == channel_id:
        return post
    await _judge(unit, actor, source, target)
    # Held in one order: two who move posts towards each other would otherwise wait for one another for ever.
    for held in sorted((post.channel_id, channel_id)):
        await lifecycle.hold(unit, held)
    await unit.session.refresh(post)
    if post.channel_id != source.id:
        raise Conflict("This post was moved in between. Look again.", code="changed")
    if post.removed_at is not None:
        raise Conflict("This post was removed.", code="removed")
    if post.kind in STAYS:
        raise Forbidden(STAYS[post.kind], code="stays")
    before = (post.channel_id, post.number)
    post.channel_id, post.number = channel_id, await lifecycle.next_number(unit, channel_id)
    post.pinned_at = post.pinned_by = None
    unit.session.add(post)
    unit.session.add(
        MovedPost(channel_id=before[0], number=before[1], post_id=post_id, moved_by=actor.person_id, moved_at=unit.now)
    )
    await unit.session.flush()
    await audit.record(
        unit,
        "post.moved",
        actor_id=actor.person_id,
        via=actor.via,
        target=f"post:{post_id}",
        before=before[0],
        after=channel_id,
    )
    await unit.emit(
        PostMoved(
            post_id=post_id,
            thread_id=post.thread_id,
            from_number=before[1],
            by_id=actor.person_id,
            channel_ids=(before[0], channel_id),
        )
    )
    return post


async def split(
    unit: Unit, actor: Actor, post_id: int, channel_id: int, comment_ids: Sequence[int], words: Words
) -> Post:
    """Give comments of a post a post of their own, which `actor` writes, in the same channel or another one.

    Raises `Invalid` when nothing or something else is chosen, and what `move` raises.
    """
    post, source = await publishing.find(unit, actor, post_id)
    target = await channels.get(unit.session, actor, channel_id)
    await _judge(unit, actor, source, target)
    if post.kind == "conversation":
        raise Forbidden("A discussion stays with its conversation.", code="stays")
    for held in sorted({post.channel_id, channel_id}):
        await lifecycle.hold(unit, held)
    await threads.hold(unit, post.thread_id)
    chosen = await _chosen(unit, post, comment_ids)
    made, _ = await publishing.publish(unit, actor, channel_id, publishing.Draft(words))
    await unit.session.execute(update(Comment).where(col(Comment.id).in_(chosen)).values(thread_id=made.thread_id))
    for thread_id in (post.thread_id, made.thread_id):
        await _recount(unit, thread_id)
    await audit.record(
        unit,
        "comments.split",
        actor_id=actor.person_id,
        via=actor.via,
        target=f"post:{post_id}",
        into=made.id,
        comments=len(chosen),
    )
    await unit.emit(
        CommentsSplit(
            post_id=made.id or 0,
            thread_id=post.thread_id,
            to_thread_id=made.thread_id,
            comment_ids=tuple(chosen),
            by_id=actor.person_id,
            channel_ids=(post.channel_id,),
        )
    )
    return made


async def _judge(unit: Unit, actor: Actor, source: Channel, target: Channel) -> None:
    sides = [(side, await membership.of(unit.session, side.id, actor.person_id)) for side in (source, target)]
    policy.may_move(actor, sides)


async def _chosen(unit: Unit, post: Post, comment_ids: Sequence[int]) -> list[int]:
    if not comment_ids:
        raise Invalid(fields={"comments": "Choose the comments that go."})
    if len(comment_ids) > MOST_AT_ONCE:
        raise Invalid(fields={"comments": "Choose at most 200 comments at once."})
    rows = await unit.session.execute(
        select(col(Comment.id)).where(col(Comment.id).in_(comment_ids), col(Comment.thread_id) == post.thread_id)
    )
    found = sorted(row for row in rows.scalars() if row is not None)
    if len(found) != len(set(comment_ids)):
        raise NotFound
    return found


async def _recount(unit: Unit, thread_id: int) -> None:
    left = select(func.count(), func.max(Comment.created_at)).where(
        col(Comment.thread_id) == thread_id, col(Comment.removed_at).is_(None)
    )
    count, last = (await unit.session.execute(left)).one()
    await unit.session.execute(
        update(Thread).where(col(Thread.id) == thread_id).values(comment_count=count, last_comment_at=last)
    )
