"""Pins: up to twenty posts at the head of a channel."""

from sqlalchemy import func, select
from sqlmodel import col

from parley.channels.service import lifecycle, membership
from parley.core.unit import Unit
from parley.events.posts import PostPinned
from parley.kit.errors import Conflict
from parley.models.channels import Channel, Membership
from parley.models.posts import Post
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.service import publishing

MOST = 20


async def pin(unit: Unit, actor: Actor, post_id: int, *, on: bool) -> Post:
    """Put a post at the head of its channel, or take it from there; doing it twice changes nothing."""
    post, channel = await publishing.find(unit, actor, post_id)
    await judge(unit, actor, channel)
    if (post.pinned_at is not None) is on:
        return post
    if on:
        if post.removed_at is not None:
            raise Conflict("This post was removed.", code="removed")
        if post.kind == "conversation":  # not everybody in the channel may read it
            raise Conflict("A conversation is not pinned.", code="stays")
        await lifecycle.hold(unit, post.channel_id)
        pinned = select(func.count()).where(
            col(Post.channel_id) == post.channel_id, col(Post.pinned_at).is_not(None), col(Post.removed_at).is_(None)
        )
        if (await unit.session.execute(pinned)).scalar_one() >= MOST:
            raise Conflict("Twenty posts are pinned here already. Take one down first.", code="too_many_pins")
    post.pinned_at, post.pinned_by = (unit.now, actor.person_id) if on else (None, None)
    unit.session.add(post)
    await unit.emit(PostPinned(channel_id=post.channel_id, post_id=post_id, by_id=actor.person_id, on=on))
    return post


async def judge(unit: Unit, actor: Actor, channel: Channel) -> None:
    """Refuse unless `actor` may pin in `channel`."""
    mine = await membership.of(unit.session, channel.id, actor.person_id)
    members = select(func.count()).where(col(Membership.channel_id) == channel.id, col(Membership.until).is_(None))
    policy.may_pin(actor, channel, mine, (await unit.session.execute(members)).scalar_one())
