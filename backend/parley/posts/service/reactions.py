"""Reactions: any emoji, and four that mean something."""

from sqlalchemy import delete, func, select
from sqlmodel import col

from parley.channels.service import membership
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.posts import CommentReacted, PostReacted
from parley.kit.emoji import one_emoji
from parley.kit.errors import Conflict, Invalid
from parley.models.posts import Reaction
from parley.policy import channels as channel_policy
from parley.policy.actor import Actor
from parley.posts.service import comments, habits, publishing

MEANINGFUL = ("helpful", "on-it", "seen", "customer-answered")
MAX_KINDS = 50
_reaction = metadata.tables["reaction"]


async def on_post(unit: Unit, actor: Actor, post_id: int, emoji: str, *, on: bool) -> None:
    """Put `emoji` on a post or take it off; doing it twice changes nothing."""
    emoji = stored_form(emoji)
    post, channel = await publishing.find(unit, actor, post_id)
    channel_policy.may_react(actor, channel, await membership.of(unit.session, channel.id, actor.person_id))
    if post.removed_at is not None:
        raise Conflict("This post was removed.", code="removed")
    if await _put(unit, actor, emoji, on=on, post_id=post_id):
        await unit.emit(
            PostReacted(channel_id=post.channel_id, post_id=post_id, person_id=actor.person_id, emoji=emoji, on=on)
        )


async def on_comment(unit: Unit, actor: Actor, comment_id: int, emoji: str, *, on: bool) -> None:
    """Put `emoji` on a comment or take it off; doing it twice changes nothing."""
    emoji = stored_form(emoji)
    comment, place = await comments.find(unit, actor, comment_id)
    comments.may_use(actor, place)
    if place.channel is not None:
        mine = await membership.of(unit.session, place.channel.id, actor.person_id)
        channel_policy.may_react(actor, place.channel, mine)
    if comment.removed_at is not None:
        raise Conflict("This comment was removed.", code="removed")
    if await _put(unit, actor, emoji, on=on, comment_id=comment_id):
        await unit.emit(
            CommentReacted(
                thread_id=comment.thread_id,
                comment_id=comment_id,
                channel_ids=place.channel_ids,
                conversation_id=place.conversation_id,
                person_id=actor.person_id,
                emoji=emoji,
                on=on,
            )
        )


def stored_form(emoji: str) -> str:
    """Return the one form in which a reaction is kept: a meaning, or an emoji; raise `Invalid` for anything else."""
    form = emoji if emoji in MEANINGFUL else one_emoji(emoji)
    if form is None:
        raise Invalid(fields={"emoji": "This is not an emoji."})
    return form


async def _put(
    unit: Unit, actor: Actor, emoji: str, *, on: bool, post_id: int | None = None, comment_id: int | None = None
) -> bool:
    target = col(Reaction.post_id) == post_id if post_id else col(Reaction.comment_id) == comment_id
    mine = (target, col(Reaction.person_id) == actor.person_id, col(Reaction.emoji) == emoji)
    if not on:
        gone = await unit.session.execute(delete(Reaction).where(*mine).returning(col(Reaction.id)))
        return gone.first() is not None
    kinds = await unit.session.execute(
        select(func.count(func.distinct(Reaction.emoji))).where(target, col(Reaction.emoji) != emoji)
    )
    if kinds.scalar_one() >= MAX_KINDS:
        raise Invalid("There are enough kinds of reactions here already. Use one of those.", code="too_many_kinds")
    new = upsert(unit.session, _reaction).values(
        post_id=post_id, comment_id=comment_id, person_id=actor.person_id, emoji=emoji, created_at=unit.now
    )
    stored = await unit.session.execute(new.on_conflict_do_nothing().returning(_reaction.c.id))
    if stored.first() is None:
        return False
    if emoji not in MEANINGFUL:
        await habits.used(unit, actor.person_id, emoji)
    return True
