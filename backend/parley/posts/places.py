"""Reads about where posts stand: pins, notes of those that left, channels they may go to and who would read them there."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.service import membership
from parley.channels.views import ChannelRef
from parley.kit.errors import Forbidden
from parley.kit.markup import plain_excerpt
from parley.models.channels import Channel, Membership
from parley.models.identity import Person
from parley.models.posts import Comment, Post
from parley.models.writing import MovedPost
from parley.people.queries import cards
from parley.policy import channels as channel_policy
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.shelf import Shown
from parley.posts.views import MovedNote, PinRow

OFFERED = 500


async def pins(session: AsyncSession, channel_id: int) -> list[PinRow]:
    """Return the posts at the head of a channel that the caller has found readable, newest pin first."""
    rows = (
        await session.execute(
            select(col(Post.id), col(Post.author_id), col(Post.title), col(Post.body_html), col(Post.published_at))
            .where(col(Post.channel_id) == channel_id, col(Post.pinned_at).is_not(None), col(Post.removed_at).is_(None))
            .order_by(col(Post.pinned_at).desc(), col(Post.id).desc())
        )
    ).all()
    if not rows:
        return []
    people = await cards(session, {row.author_id for row in rows})
    return [
        PinRow(row.id, people.get(row.author_id), row.title or plain_excerpt(row.body_html, 140), row.published_at)
        for row in rows
    ]


async def notes(session: AsyncSession, actor: Actor, channel_id: int, low: int, high: int) -> list[MovedNote]:
    """Return where the posts went whose numbers, above `low` and below `high`, stand empty; only those `actor` reads."""
    there = aliased(Channel)
    rows = (
        await session.execute(
            select(
                col(MovedPost.post_id),
                col(MovedPost.number),
                col(MovedPost.moved_by),
                col(there.id),
                col(there.name),
                col(there.kind),
            )
            .join(Post, col(Post.id) == MovedPost.post_id)
            .join(there, col(there.id) == Post.channel_id)
            .where(
                col(MovedPost.channel_id) == channel_id,
                col(MovedPost.number) > low,
                col(MovedPost.number) < high,
                col(Post.channel_id) != channel_id,
                col(Post.removed_at).is_(None),
                policy.visible(actor),
            )
            .order_by(col(MovedPost.number).desc())
            .limit(50)
        )
    ).all()
    people = await cards(session, {row.moved_by for row in rows})
    return [
        MovedNote(row.post_id, channel_id, row.number, ChannelRef(row.id, row.name, row.kind), people[row.moved_by])
        for row in rows
    ]


async def notes_beside(
    session: AsyncSession, actor: Actor, channel_id: int, shown: Sequence[Shown], *, low: int, high: int
) -> dict[int, list[MovedNote]]:
    """Return the notes above `low` and below `high` by the number of the post among `shown` they stand above, or 0.

    Nothing is asked unless a number is missing.
    """
    if not shown or sum(low < post.number < high for post in shown) == high - low - 1:
        return {}
    found: dict[int, list[MovedNote]] = {}
    for note in await notes(session, actor, channel_id, low, high):
        below = next((post.number for post in shown if post.number < note.number), 0)
        found.setdefault(below, []).append(note)
    return found


async def movable(session: AsyncSession, actor: Actor, source: Channel) -> list[ChannelRef]:
    """Return the channels that `actor`, who moderates `source`, may move a post to."""
    mine = select(col(Membership.channel_id)).where(
        col(Membership.person_id) == actor.person_id,
        col(Membership.until).is_(None),
        col(Membership.role).in_(("owner", "moderator")),
    )
    statement = (
        channel_policy.readable(actor)
        .where(col(Channel.kind) != "direct", col(Channel.archived_at).is_(None), col(Channel.id) != source.id)
        .order_by(col(Channel.name))
        .limit(OFFERED)
    )
    if not actor.has("moderator"):
        statement = statement.where(col(Channel.id).in_(mine))
    rows = (await session.execute(statement)).scalars().all()
    return list((await channels.refs(session, actor, rows)).values())


async def more_readers(session: AsyncSession, source: Channel, target: Channel) -> int:
    """Return how many active persons read `target` and do not read `source`."""
    statement = (
        select(func.count())
        .select_from(Person)
        .where(col(Person.active), policy.reads_channel(target), ~policy.reads_channel(source))
    )
    return int((await session.execute(statement)).scalar_one())


async def choices(session: AsyncSession, actor: Actor, post: Post, channel: Channel) -> list[str]:
    """Return what of move, split, pass-on, pin and unpin `actor` may do with a post."""
    if post.removed_at is not None or post.kind == "conversation" or channel.archived_at is not None:
        return []
    mine = await membership.of(session, channel.id, actor.person_id)
    found: list[str] = []
    try:
        policy.may_pass_on(actor, channel, mine)
        found.append("pass-on")
    except Forbidden:
        pass
    members = (await channels.member_counts(session, [channel.id or 0])).get(channel.id or 0, 0)
    try:
        policy.may_pin(actor, channel, mine, members)
        found.append("unpin" if post.pinned_at else "pin")
    except Forbidden:
        pass
    if channel.kind != "direct" and channel_policy.moderates(actor, mine):
        found += ["split"] if post.kind == "announcement" else ["move", "split"]
    return found


async def first_words(session: AsyncSession, actor: Actor, post: Post) -> list[tuple[int, str, str]]:
    """Return the comments of a post as a list to choose from: id, who, how it begins."""
    rows = (
        (
            await session.execute(
                policy.readable_comments(actor)
                .where(col(Comment.thread_id) == post.thread_id, col(Comment.removed_at).is_(None))
                .order_by(col(Comment.id).desc())
                .limit(200)
            )
        )
        .scalars()
        .all()
    )
    people = await cards(session, {row.author_id for row in rows})
    return [(row.id or 0, people[row.author_id].name, plain_excerpt(row.body_html, 100)) for row in reversed(rows)]
