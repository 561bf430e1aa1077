"""Who is told: within the transaction of what happened, one row a person and thing."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select, true, update
from sqlmodel import SQLModel, col

from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.channels import ChannelRead
from parley.events.customers import ConversationChanged, ReplyChanged
from parley.events.kinds import AcknowledgementMissed, EventNear, PersonsPraised, QuestionAnswered
from parley.events.notifications import NotificationsRead, Notified
from parley.events.posts import (
    CommentEdited,
    CommentPublished,
    CommentsSplit,
    MentionShared,
    PostEdited,
    PostPublished,
    ScheduledChanged,
)
from parley.events.threads import CatchUpTakenBack, CaughtUp, ThreadRead
from parley.models.notifications import Notification
from parley.models.posts import Comment, Post
from parley.models.threads import ThreadFollow

MAX_TOLD = 200


async def post_words(unit: Unit, event: PostPublished | PostEdited) -> None:
    """Tell those who are named in a post."""
    author = event.author_id if isinstance(event, PostPublished) else event.by_id
    await _tell(unit, event.mentioned, "mention", f"mention:post:{event.post_id}", author, post_id=event.post_id)


async def shared_words(unit: Unit, event: MentionShared) -> None:
    """Tell those who were named and have been let in since."""
    if event.post_id is not None:
        await _tell(
            unit, event.mentioned, "mention", f"mention:post:{event.post_id}", event.by_id, post_id=event.post_id
        )
        return
    post = await unit.session.execute(
        select(col(Post.id)).where(col(Post.thread_id) == event.thread_id).order_by(col(Post.id)).limit(1)
    )
    await _tell(
        unit,
        event.mentioned,
        "mention",
        f"comment:{event.comment_id}",
        event.by_id,
        comment_id=event.comment_id,
        post_id=post.scalar_one_or_none(),
    )


async def comment_words(unit: Unit, event: CommentPublished | CommentEdited) -> None:
    """Tell those who are named in a comment and, when it is new, those who take part in the thread."""
    author = event.author_id if isinstance(event, CommentPublished) else event.by_id
    post = (
        await unit.session.execute(
            select(col(Post.id), col(Post.author_id))
            .where(col(Post.thread_id) == event.thread_id)
            .order_by(col(Post.id))
            .limit(1)
        )
    ).one_or_none()
    target = {
        "comment_id": event.comment_id,
        "conversation_id": event.conversation_id,
        "post_id": post.id if post and event.conversation_id is None else None,
    }
    told = await _tell(unit, event.mentioned, "mention", f"comment:{event.comment_id}", author, **target)
    if not isinstance(event, CommentPublished):
        return
    followers = await unit.session.execute(
        select(col(ThreadFollow.person_id))
        .where(col(ThreadFollow.thread_id) == event.thread_id, col(ThreadFollow.following))
        .order_by(col(ThreadFollow.since).desc())
        .limit(MAX_TOLD)
    )
    await _tell(
        unit, sorted(set(followers.scalars()) - told), "comment", f"comment:{event.comment_id}", author, **target
    )


async def comments_split(unit: Unit, event: CommentsSplit) -> None:
    """What was told about comments leads to where they stand now."""
    await unit.session.execute(
        update(Notification)
        .where(col(Notification.comment_id).in_(event.comment_ids), col(Notification.post_id).is_not(None))
        .values(post_id=event.post_id)
    )


async def not_published(unit: Unit, event: ScheduledChanged) -> None:
    """Tell the author that a post could not be published at its time; the draft says why."""
    if event.what == "refused":
        await _tell(unit, [event.person_id], "not_published", f"scheduled:{event.scheduled_id}", None)


async def channel_read(unit: Unit, event: ChannelRead) -> None:
    """Who has read a channel up to a post has seen the posts in it that name them."""
    passed = select(col(Post.id)).where(col(Post.channel_id) == event.channel_id, col(Post.number) <= event.number)
    named = (col(Notification.kind) == "mention") & col(Notification.comment_id).is_(None)
    await _seen(unit, event.person_id, named & col(Notification.post_id).in_(passed))


async def thread_read(unit: Unit, event: ThreadRead) -> None:
    """Who has read a thread up to a comment has seen what named them or was said in it until there."""
    passed = select(col(Comment.id)).where(
        col(Comment.thread_id) == event.thread_id, col(Comment.id) <= event.comment_id
    )
    await _seen(unit, event.person_id, col(Notification.comment_id).in_(passed))


async def caught_up(unit: Unit, event: CaughtUp) -> None:
    """What is done in Catch-up rings no more."""
    given = (col(Notification.kind) == "assignment") & col(Notification.conversation_id).in_(event.conversation_ids)
    await _seen(unit, event.person_id, true() if event.everything else col(Notification.id).in_(event.ids) | given)


async def taken_back(unit: Unit, event: CatchUpTakenBack) -> None:
    """What was seen at that moment is unseen again."""
    await unit.session.execute(
        update(Notification)
        .where(col(Notification.person_id) == event.person_id, col(Notification.read_at) == event.at)
        .values(read_at=None)
    )
    await unit.emit(NotificationsRead(person_id=event.person_id))


async def _seen(unit: Unit, person_id: int, which: ColumnElement[bool]) -> None:
    changed = await unit.session.execute(
        update(Notification)
        .where(col(Notification.person_id) == person_id, col(Notification.read_at).is_(None), which)
        .values(read_at=unit.now)
        .returning(col(Notification.id))
    )
    if changed.first() is not None:
        await unit.emit(NotificationsRead(person_id=person_id))


async def assigned(unit: Unit, event: ConversationChanged) -> None:
    """Tell whom a conversation was given to."""
    if event.what == "assigned" and event.person_id:
        await _tell(
            unit,
            [event.person_id],
            "assignment",
            f"assigned:{event.conversation_id}:{unit.now.timestamp():.0f}",
            event.by_id,
            conversation_id=event.conversation_id,
        )


async def reply_trouble(unit: Unit, event: ReplyChanged) -> None:
    """Tell the author when a reply did not arrive, or nobody knows whether it did."""
    if event.state in {"bounced", "failed", "unknown"}:
        await _tell(
            unit,
            [event.author_id],
            f"reply_{event.state}",
            f"reply:{event.reply_id}:{event.state}",
            None,
            conversation_id=event.conversation_id,
        )


async def praised(unit: Unit, event: PersonsPraised) -> None:
    """Tell those whom a post praises; they are named in it too, and are told once."""
    about = f"mention:post:{event.post_id}"
    await _tell(unit, event.person_ids, "praise", about, event.by_id, post_id=event.post_id)


async def answer_accepted(unit: Unit, event: QuestionAnswered) -> None:
    """Tell whose comment was accepted as the answer."""
    if event.answered_by is not None:
        about = f"accepted:{event.comment_id}"
        target = {"post_id": event.post_id, "comment_id": event.comment_id}
        await _tell(unit, [event.answered_by], "accepted", about, event.by_id, **target)


async def acknowledgement_missed(unit: Unit, event: AcknowledgementMissed) -> None:
    """Remind those who have not acknowledged an announcement."""
    about = f"owed:{event.post_id}:{event.wave}"
    await _tell(unit, event.person_ids, "owed", about, event.by_id, post_id=event.post_id)


async def event_near(unit: Unit, event: EventNear) -> None:
    """Tell those who may come that an event begins soon, or at another time."""
    kind = "event_moved" if event.moved else "event_soon"
    about = f"{kind}:{event.post_id}:{event.sequence}"
    await _tell(unit, event.person_ids, kind, about, event.by_id, post_id=event.post_id)


async def _tell(
    unit: Unit, people: Iterable[int], kind: str, about: str, actor_id: int | None, **target: int | None
) -> set[int]:
    told = set()
    for person in people:
        if person == actor_id:
            continue
        told.add(person)
        statement = (
            upsert(unit.session, SQLModel.metadata.tables["notification"])
            .values(person_id=person, kind=kind, about=about, actor_id=actor_id, created_at=unit.now, **target)
            .on_conflict_do_nothing()
            .returning(col(Notification.id))
        )
        new = (await unit.session.execute(statement)).scalar_one_or_none()
        if new is not None:
            await unit.emit(Notified(person_id=person, notification_id=new))
    return told
