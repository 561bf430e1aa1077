"""A text names somebody who may not read it: let them in after asking, and tell them then."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.service import membership
from parley.core.unit import Unit
from parley.events.posts import MentionShared
from parley.kit import markup
from parley.kit.errors import Forbidden, Invalid
from parley.models.channels import Channel
from parley.models.identity import Person
from parley.models.posts import Comment, Post
from parley.policy import channels as channel_policy
from parley.policy import people
from parley.policy.actor import Actor
from parley.posts.service import threads
from parley.posts.service.words import named_by, names_in, reads

MOST = 200


@dataclass(frozen=True, slots=True)
class Unreached:
    """Those whom a text names and who may not read it, and why the writer may not let them in (empty: may)."""

    person_ids: tuple[int, ...]
    channel: Channel | None
    why_not: str


async def unreached(session: AsyncSession, actor: Actor, thing: Post | Comment) -> Unreached:
    """Return whom `thing` names in vain. What belongs to a conversation is shared by its own rules, not here."""
    nobody = Unreached((), None, "")
    if "@" not in thing.body or thing.removed_at is not None:
        return nobody
    names = names_in(markup.render(thing.body))
    if not names:
        return nobody
    channel = (await threads.place(session, thing.thread_id)).channel
    if channel is None:
        return nobody
    rows = await session.execute(
        select(col(Person.id))
        .where(named_by(names), col(Person.active), people.visible(actor), ~reads(channel))
        .order_by(col(Person.name))
        .limit(MOST)
    )
    found = tuple(person_id for person_id in rows.scalars() if person_id is not None)
    if not found:
        return nobody
    why = ""
    try:
        channel_policy.must_be_alive(channel)
        channel_policy.may_invite(actor, channel, await membership.of(session, channel.id, actor.person_id))
    except Forbidden as refusal:
        why = refusal.sentence
    return Unreached(found, channel, why)


async def share(unit: Unit, actor: Actor, thing: Post | Comment, person_ids: Collection[int]) -> tuple[int, ...]:
    """Let those in who were named and could not read, and tell them; return who that is.

    Raises `Forbidden`, and `Invalid` for somebody whom the text does not name in vain.
    """
    if thing.author_id != actor.person_id:
        raise Forbidden("Only the author may do this.", code="not_the_author")
    found = await unreached(unit.session, actor, thing)
    if not set(person_ids) <= set(found.person_ids):
        raise Invalid(fields={"people": "The text does not name this person, or they may read it already."})
    if not person_ids or found.channel is None:
        return ()
    for person_id in person_ids:
        await membership.add(unit, actor, found.channel, person_id)
    told = tuple(sorted(person_ids))
    post_id = thing.id if isinstance(thing, Post) else None
    await unit.emit(
        MentionShared(
            thread_id=thing.thread_id,
            post_id=post_id,
            comment_id=None if post_id else thing.id,
            by_id=actor.person_id,
            mentioned=told,
        )
    )
    return told
