"""Reads about posts: rows of columns become views, a handful of statements for a whole feed."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.views import ChannelRef
from parley.kit import markup
from parley.kit.errors import NotFound
from parley.kit.markup import plain_excerpt
from parley.models.channels import Channel
from parley.models.customers import Conversation
from parley.models.kinds import AcceptedAnswer
from parley.models.posts import Comment, File, Post, Reaction, Thread, Wording
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts import attached, beside
from parley.posts.kinds.gather import Gathered, gather
from parley.posts.views import CommentView, FileView, LastComment, PostView, ReactionView, VersionView

SurfacedCards = Callable[[AsyncSession, Sequence[int]], Awaitable[Mapping[int, object]]]
"""(session, thread ids) → the card of each surfaced conversation by thread id; given by the customers' domain."""

ICONS = {"helpful": "lightbulb", "on-it": "hand", "seen": "eye", "customer-answered": "mail-check"}
LABELS = {"helpful": "Helpful", "on-it": "I’m on it", "seen": "Seen", "customer-answered": "Customer answered"}
POST_COLUMNS = (
    col(Post.id),
    col(Post.channel_id),
    col(Post.number),
    col(Post.kind),
    col(Post.author_id),
    col(Post.thread_id),
    col(Post.title),
    col(Post.body_html),
    col(Post.published_at),
    col(Post.edited_at),
    col(Post.removed_at),
    col(Post.client_id),
    col(Post.pinned_at),
    col(Post.origin_id),
)
_FOLD_CHARACTERS, _FOLD_BLOCKS = 1200, 12


async def get(session: AsyncSession, actor: Actor, post_id: int) -> Post:
    """Return a post that `actor` may read; raise `NotFound` for any other."""
    found: Post | None = (
        await session.execute(policy.readable(actor).where(col(Post.id) == post_id))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def get_comment(session: AsyncSession, actor: Actor, comment_id: int) -> Comment:
    """Return a comment that `actor` may read; raise `NotFound` for any other."""
    found: Comment | None = (
        await session.execute(policy.readable_comments(actor).where(col(Comment.id) == comment_id))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def views(session: AsyncSession, rows: Sequence[Any], surfaced: SurfacedCards) -> list[PostView]:
    """Turn rows of `POST_COLUMNS` into what a feed shows, in their order. The rows were chosen by `policy.readable`."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    threads = [row.thread_id for row in rows]
    names = await _channels(session, {row.channel_id for row in rows})
    spoken = (
        await session.execute(
            select(col(Thread.id), col(Thread.comment_count), col(Thread.resolved_at)).where(
                col(Thread.id).in_(threads), or_(col(Thread.comment_count) > 0, col(Thread.resolved_at).is_not(None))
            )
        )
    ).all()
    counts = {row.id: row.comment_count for row in spoken}
    resolved = {row.id for row in spoken if row.resolved_at is not None}
    talk = await _talk(session, list(counts))
    reactions = await _reactions(session, col(Reaction.post_id), ids)
    files = await attached.of(session, col(File.post_id), ids)
    conversations = await surfaced(session, [row.thread_id for row in rows if row.kind == "conversation"])
    kinds = await gather(session, rows)
    speakers = {author for _, author, _ in _speakers(talk)}
    people = await cards(session, {row.author_id for row in rows} | speakers | kinds.people)
    near = await beside.of(session, rows)
    shown = [
        _view(row, names[row.channel_id], people, reactions, files, counts, talk, conversations, near, kinds)
        for row in rows
    ]
    return [
        replace(post, resolved=True) if row.thread_id in resolved else post
        for row, post in zip(rows, shown, strict=True)
    ]


async def view(session: AsyncSession, post_id: int, surfaced: SurfacedCards) -> PostView | None:
    """Return what one post looks like, for readers who were judged before; None when it is not there."""
    rows = (await session.execute(select(*POST_COLUMNS).where(col(Post.id) == post_id))).all()
    found = await views(session, rows, surfaced)
    return found[0] if found else None


def _view(
    row: Any,  # noqa: ANN401  (a row of `POST_COLUMNS`)
    channel: ChannelRef,
    people: Mapping[int, PersonCard],
    reactions: Mapping[int, list[ReactionView]],
    files: Mapping[int, list[FileView]],
    counts: Mapping[int, int],
    talk: Mapping[int, list[Any]],
    conversations: Mapping[int, object],
    near: beside.Beside,
    kinds: Gathered,
) -> PostView:
    removed = row.removed_at is not None
    spoken = talk.get(row.thread_id, [])
    faces = [people[comment.author_id] for comment in _by_author(spoken) if comment.author_id in people][:3]
    last = spoken[0] if spoken else None
    last_comment = (
        LastComment(people[last.author_id].name.split()[0], plain_excerpt(last.body_html, 120))
        if last and last.author_id in people
        else None
    )
    folded = (
        len(row.body_html) > _FOLD_CHARACTERS or row.body_html.count("<p") + row.body_html.count("<li") > _FOLD_BLOCKS
    )
    return PostView(
        id=row.id,
        number=row.number,
        channel=channel,
        author=people.get(row.author_id),
        kind=row.kind,
        title="" if removed else row.title,
        body_html="" if removed else row.body_html,
        created_at=row.published_at,
        edited_at=row.edited_at,
        removed=removed,
        pinned=row.pinned_at is not None and not removed,
        folded=folded,
        reactions=[] if removed else reactions.get(row.id, []),
        files=[] if removed else files.get(row.id, []),
        comment_count=counts.get(row.thread_id, 0),
        faces=faces,
        last_comment=last_comment,
        conversation=None if removed else conversations.get(row.thread_id),
        of_kind=None if removed else kinds.view(row.id, row.kind, people),
        origin=None if removed else near.origins.get(row.id),
        links=[] if removed else near.links.get(row.id, []),
    )


async def _channels(session: AsyncSession, ids: Collection[int]) -> dict[int, ChannelRef]:
    rows = (
        await session.execute(
            select(col(Channel.id), col(Channel.name), col(Channel.kind)).where(col(Channel.id).in_(ids))
        )
    ).all()
    return {row.id: ChannelRef(row.id, row.name, row.kind) for row in rows}


async def _talk(session: AsyncSession, threads: Sequence[int]) -> dict[int, list[Any]]:
    """The newest few comments of each thread, newest first: faces and the last word."""
    if not threads:
        return {}
    place = func.row_number().over(partition_by=col(Comment.thread_id), order_by=col(Comment.id).desc())
    ranked = (
        select(col(Comment.thread_id), col(Comment.author_id), col(Comment.body_html), place.label("place"))
        .where(col(Comment.thread_id).in_(threads), col(Comment.removed_at).is_(None))
        .subquery()
    )
    rows = (await session.execute(select(ranked).where(ranked.c.place <= 6).order_by(ranked.c.place))).all()
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.thread_id, []).append(row)
    return found


def _speakers(talk: Mapping[int, list[Any]]) -> list[tuple[int, int, str]]:
    return [(thread, row.author_id, row.body_html) for thread, rows in talk.items() for row in rows]


def _by_author(rows: Sequence[Any]) -> list[Any]:
    return list({row.author_id: row for row in reversed(rows)}.values())[::-1]


async def _reactions(session: AsyncSession, target: Any, ids: Sequence[int]) -> dict[int, list[ReactionView]]:  # noqa: ANN401
    rows = (
        await session.execute(
            select(target.label("target"), col(Reaction.emoji), col(Reaction.person_id))
            .where(target.in_(ids))
            .order_by(col(Reaction.id))
        )
    ).all()
    if not rows:
        return {}
    people = await cards(session, {row.person_id for row in rows})
    gathered: dict[int, dict[str, list[int]]] = {}
    for row in rows:
        gathered.setdefault(row.target, {}).setdefault(row.emoji, []).append(row.person_id)
    return {
        target_id: [
            ReactionView(
                emoji,
                LABELS.get(emoji, emoji),
                ICONS.get(emoji),
                len(persons),
                persons,
                [people[person].name for person in persons[:20] if person in people],
            )
            for emoji, persons in sorted(
                kinds.items(), key=lambda item: list(ICONS).index(item[0]) if item[0] in ICONS else 9
            )
        ]
        for target_id, kinds in gathered.items()
    }


async def comments(
    session: AsyncSession, actor: Actor, thread_id: int, *, before: int | None = None, limit: int = 100
) -> tuple[list[CommentView], int | None]:
    """Return the newest `limit` comments of a thread, oldest first, and the id to ask `before` for earlier ones."""
    statement = policy.readable_comments(actor).where(col(Comment.thread_id) == thread_id)
    if before is not None:
        statement = statement.where(col(Comment.id) < before)
    rows = (await session.execute(statement.order_by(col(Comment.id).desc()).limit(limit + 1))).scalars().all()
    shown = list(reversed(rows[:limit]))
    return await comment_views(session, shown), shown[0].id if len(rows) > limit else None


async def after_comment(session: AsyncSession, thread_id: int, comment_id: int) -> int | None:
    """Return the comment before which a part that shows `comment_id` ends; None where it is among the newest anyway."""
    later = select(col(Comment.id)).where(col(Comment.thread_id) == thread_id, col(Comment.id) > comment_id)
    return (await session.execute(later.order_by(col(Comment.id)).offset(90).limit(1))).scalar_one_or_none()


async def comment_views(session: AsyncSession, rows: Sequence[Comment]) -> list[CommentView]:
    """Turn comments, chosen by `policy.readable_comments`, into what a thread shows."""
    if not rows:
        return []
    ids = [row.id for row in rows if row.id]
    people = await cards(session, {row.author_id for row in rows})
    reactions = await _reactions(session, col(Reaction.comment_id), ids)
    files = await attached.of(session, col(File.comment_id), ids)
    places = await _places(session, {row.thread_id for row in rows})
    return [
        CommentView(
            id=row.id or 0,
            post_id=places[row.thread_id].post_id,
            topic=places[row.thread_id].topic,
            asker=places[row.thread_id].asker,
            accepted=row.id == places[row.thread_id].accepted,
            author=people[row.author_id],
            body_html="" if row.removed_at else row.body_html,
            created_at=row.created_at,
            edited_at=row.edited_at,
            removed=row.removed_at is not None,
            reactions=[] if row.removed_at else reactions.get(row.id or 0, []),
            files=[] if row.removed_at else files.get(row.id or 0, []),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a thread is shown and heard; of a question also who asked, and which comment answered."""

    post_id: int
    topic: str
    asker: int | None = None
    accepted: int | None = None


async def _places(session: AsyncSession, threads: Collection[int]) -> dict[int, _Place]:
    """For each thread the first post that shows it and its topic; a discussion's topic is its conversation."""
    asker = case((col(Post.kind) == "question", col(Post.author_id)))
    posts = (
        await session.execute(
            select(
                col(Post.thread_id),
                func.min(Post.id).label("post_id"),
                func.min(Post.channel_id).label("channel_id"),
                func.min(asker).label("asker"),
                func.min(AcceptedAnswer.comment_id).label("accepted"),
            )
            .outerjoin(AcceptedAnswer, col(AcceptedAnswer.post_id) == Post.id)
            .where(col(Post.thread_id).in_(threads))
            .group_by(col(Post.thread_id))
        )
    ).all()
    found = {row.thread_id: _Place(row.post_id, f"channel:{row.channel_id}", row.asker, row.accepted) for row in posts}
    talks = (
        await session.execute(
            select(col(Conversation.thread_id), col(Conversation.id)).where(col(Conversation.thread_id).in_(threads))
        )
    ).all()
    for thread, conversation in talks:
        post_id = found[thread].post_id if thread in found else 0
        found[thread] = _Place(post_id, f"conversation:{conversation}")
    return found


async def history(session: AsyncSession, thing: Post | Comment) -> list[VersionView]:
    """Return the wordings of a post or comment that the caller has found readable, newest first: the present one leads."""
    target = col(Wording.post_id) if isinstance(thing, Post) else col(Wording.comment_id)
    statement = select(Wording).where(target == thing.id).order_by(col(Wording.id).desc()).limit(100)
    rows = (await session.execute(statement)).scalars().all()
    people = await cards(session, {row.replaced_by for row in rows} | {thing.author_id})
    written = thing.published_at if isinstance(thing, Post) else thing.created_at
    title = thing.title if isinstance(thing, Post) else ""
    earlier = [
        VersionView(
            row.written_at, people[row.replaced_by], row.title, markup.fill(markup.render(row.body).html, {}, {})
        )
        for row in rows
    ]
    if thing.author_id is None:  # surfaced by a stream: it says nothing itself
        return earlier
    return [VersionView(thing.edited_at or written, people[thing.author_id], title, thing.body_html), *earlier]
