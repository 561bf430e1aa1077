"""Comments: publish, edit, take away, bring back. A comment on a surfaced conversation is its discussion."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from parley.channels.service import membership
from parley.core.unit import Unit
from parley.events.posts import CommentEdited, CommentPublished, CommentRemoved
from parley.kit.errors import Conflict, Forbidden, NotFound
from parley.models.channels import Channel
from parley.models.posts import Comment, Thread, Wording
from parley.policy import audit
from parley.policy import channels as channel_policy
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.service import files, threads
from parley.posts.service.threads import Place
from parley.posts.service.words import OtherContent, Words, readers_of, readers_of_talk, settle


async def publish(
    unit: Unit,
    actor: Actor,
    *,
    thread_id: int,
    words: Words,
    client_id: str | None = None,
    file_ids: tuple[int, ...] = (),
) -> tuple[Comment, bool]:
    """Publish a comment in a thread that the caller has found readable; return it and whether it is new.

    A mention of somebody who may not read the thread tells nobody. Raises `Forbidden`, `OtherContent`.
    """
    await threads.hold(unit, thread_id)
    if known := await _known(unit, actor, thread_id, words, client_id):
        return known, False
    place = await threads.place(unit.session, thread_id)
    may_use(actor, place)
    if place.channel is not None:
        mine = await membership.of(unit.session, place.channel.id, actor.person_id)
        channel_policy.may_comment(actor, place.channel, mine)
    readers = await _readers(unit, place, words)
    html, mentioned = await settle(unit, words, readers, by=actor.person_id)
    comment = Comment(
        thread_id=thread_id,
        author_id=actor.person_id,
        body=words.body,
        body_html=html,
        client_id=client_id,
        content_hash=words.hash,
        created_at=unit.now,
    )
    try:
        async with unit.session.begin_nested():
            unit.session.add(comment)
            await unit.session.flush()
    except IntegrityError as error:  # the same client id at the same moment in another thread
        raise OtherContent from error
    await files.attach(unit, actor, file_ids, comment_id=comment.id)
    await _count(unit, thread_id, 1)
    await unit.emit(
        CommentPublished(
            thread_id=thread_id,
            comment_id=_id(comment),
            channel_ids=place.channel_ids,
            conversation_id=place.conversation_id,
            author_id=actor.person_id,
            mentioned=mentioned,
        )
    )
    return comment, True


async def edit(unit: Unit, actor: Actor, comment_id: int, words: Words) -> Comment:
    """Change the words of a comment and keep the earlier ones."""
    comment, place = await find(unit, actor, comment_id)
    may_use(actor, place)
    policy.may_edit(actor, comment.author_id, place.channel)
    if comment.removed_at is not None:
        raise Conflict("This comment was removed.", code="removed")
    if comment.body == words.body:
        return comment
    readers = await _readers(unit, place, words)
    html, mentioned = await settle(unit, words, readers, by=actor.person_id, about=f"comment:{comment.id}")
    unit.session.add(
        Wording(
            comment_id=comment.id,
            body=comment.body,
            replaced_by=actor.person_id,
            written_at=comment.edited_at or comment.created_at,
            replaced_at=unit.now,
        )
    )
    comment.body, comment.body_html = words.body, html
    comment.edited_at, comment.version = unit.now, comment.version + 1
    unit.session.add(comment)
    await unit.emit(
        CommentEdited(
            thread_id=comment.thread_id,
            comment_id=_id(comment),
            channel_ids=place.channel_ids,
            conversation_id=place.conversation_id,
            by_id=actor.person_id,
            mentioned=mentioned,
        )
    )
    return comment


async def remove(unit: Unit, actor: Actor, comment_id: int, *, undo: bool = False) -> Comment:
    """Take a comment away and leave a tombstone, or undo that."""
    comment, place = await find(unit, actor, comment_id)
    may_use(actor, place)
    channel: Channel | None = place.channel
    mine = await membership.of(unit.session, channel.id, actor.person_id) if channel else None
    policy.may_remove(actor, comment.removed_by if undo else comment.author_id, channel, mine)
    if (comment.removed_at is None) is undo:
        return comment
    comment.removed_at, comment.removed_by = (None, None) if undo else (unit.now, actor.person_id)
    comment.version += 1
    unit.session.add(comment)
    await _count(unit, comment.thread_id, 1 if undo else -1)
    if comment.author_id != actor.person_id:
        await audit.record(
            unit,
            "comment.restored" if undo else "comment.removed",
            actor_id=actor.person_id,
            via=actor.via,
            target=f"comment:{comment.id}",
        )
    await unit.emit(
        CommentRemoved(
            thread_id=comment.thread_id,
            comment_id=_id(comment),
            channel_ids=place.channel_ids,
            conversation_id=place.conversation_id,
            by_id=actor.person_id,
        )
    )
    return comment


async def find(unit: Unit, actor: Actor, comment_id: int) -> tuple[Comment, Place]:
    """Return a comment that `actor` may read and where it stands; raise `NotFound` for any other."""
    found = (
        await unit.session.execute(policy.readable_comments(actor).where(col(Comment.id) == comment_id))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found, await threads.place(unit.session, found.thread_id)


async def _known(unit: Unit, actor: Actor, thread_id: int, words: Words, client_id: str | None) -> Comment | None:
    if client_id is None:
        return None
    known: Comment | None = (
        await unit.session.execute(
            select(Comment).where(col(Comment.author_id) == actor.person_id, col(Comment.client_id) == client_id)
        )
    ).scalar_one_or_none()
    if known is not None and (known.content_hash != words.hash or known.thread_id != thread_id):
        raise OtherContent
    return known


def may_use(actor: Actor, place: Place) -> None:
    """Refuse a token that may not write to customers' matters; a discussion is one, whichever address leads to it."""
    if place.conversation_id is not None and not actor.may_use("customers:write"):
        raise Forbidden("This token was not given the scope %(scope)s.", code="missing_scope", scope="customers:write")


async def _readers(unit: Unit, place: Place, words: Words) -> frozenset[int]:
    if place.conversation_id is not None:
        return await readers_of_talk(unit, place.conversation_id, words.named)
    assert place.channel is not None  # noqa: S101  (a thread is a discussion or in a channel)
    return await readers_of(unit, place.channel, words.named)


async def _count(unit: Unit, thread_id: int, change: int) -> None:
    values: dict[str, object] = {"comment_count": col(Thread.comment_count) + change}
    if change > 0:
        values["last_comment_at"] = unit.now
    await unit.session.execute(update(Thread).where(col(Thread.id) == thread_id).values(**values))


def _id(comment: Comment) -> int:
    assert comment.id is not None  # noqa: S101  (flushed)
    return comment.id
