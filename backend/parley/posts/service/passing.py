"""Passing a post on to a further channel: a post of one's own there that carries a card of the original."""

from sqlalchemy import select
from sqlmodel import col

from parley.channels.service import membership
from parley.core.unit import Unit
from parley.events.posts import PostEdited, PostMoved, PostPictured, PostRemoved, PostRestored
from parley.kit.errors import Conflict, Invalid
from parley.models.posts import Post
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.service import publishing
from parley.posts.service.words import Words

MOST_TOLD = 50


async def pass_on(
    unit: Unit, actor: Actor, post_id: int, channel_id: int, words: Words, client_id: str | None = None
) -> tuple[Post, bool]:
    """Publish a card of a post in another channel, with words of one's own if it needs any.

    Raises what publishing raises; `Forbidden` for what may not be shown further; `Conflict` for a removed one.
    """
    origin, source = await publishing.find(unit, actor, post_id)
    while origin.origin_id is not None:  # a card of a card would say nothing of its own
        origin, source = await publishing.find(unit, actor, origin.origin_id)
    policy.may_pass_on(actor, source, await membership.of(unit.session, source.id, actor.person_id))
    if origin.removed_at is not None:
        raise Conflict("This post was removed.", code="removed")
    if origin.kind == "conversation":
        raise Conflict("A conversation is surfaced in further channels, not passed on.", code="stays")
    if origin.channel_id == channel_id:
        raise Invalid(fields={"channel_id": "It stands in this channel already."})
    draft = publishing.Draft(words, client_id=client_id, origin_id=origin.id)
    return await publishing.publish(unit, actor, channel_id, draft)


async def follow(unit: Unit, event: PostEdited | PostRemoved | PostRestored | PostMoved) -> None:
    """Let every card of a post that changed be shown anew."""
    cards = await unit.session.execute(
        select(col(Post.channel_id), col(Post.id))
        .where(col(Post.origin_id) == event.post_id, col(Post.removed_at).is_(None))
        .limit(MOST_TOLD)
    )
    for channel_id, card_id in cards.all():
        await unit.emit(PostPictured(channel_id=channel_id, post_id=card_id))
