"""What the kinds of posts do, within the transaction, when something happens to a post or comment they show."""

from sqlalchemy import delete, select
from sqlmodel import col

from parley.core.unit import Unit
from parley.events.kinds import DecisionSuperseded, QuestionAnswered
from parley.events.posts import (
    CommentEdited,
    CommentRemoved,
    CommentsSplit,
    PostEdited,
    PostMoved,
    PostRemoved,
    PostRestored,
)
from parley.models.kinds import AcceptedAnswer, Supersession
from parley.models.posts import Post


async def decision_changed(unit: Unit, event: PostEdited | PostRemoved | PostRestored | PostMoved) -> None:
    """The decisions before and after one name it, and say so differently when it changed or is gone."""
    post = await unit.session.get(Post, event.post_id)
    if post is None or post.kind != "decision":
        return
    beside = await unit.session.execute(
        select(col(Post.id), col(Post.channel_id))
        .join(Supersession, (col(Supersession.old_id) == Post.id) | (col(Supersession.new_id) == Post.id))
        .where(
            (col(Supersession.old_id) == event.post_id) | (col(Supersession.new_id) == event.post_id),
            col(Post.id) != event.post_id,
        )
    )
    for post_id, channel_id in beside.all():
        await unit.emit(DecisionSuperseded(channel_id=channel_id, post_id=post_id))


async def answer_changed(unit: Unit, event: CommentEdited | CommentRemoved) -> None:
    """A question shows the words of its answer, and is open again while its answer is removed."""
    found = await unit.session.execute(
        select(col(Post.id), col(Post.channel_id))
        .join(AcceptedAnswer, col(AcceptedAnswer.post_id) == Post.id)
        .where(col(AcceptedAnswer.comment_id) == event.comment_id)
    )
    for post_id, channel_id in found.all():
        await unit.emit(
            QuestionAnswered(
                channel_id=channel_id,
                post_id=post_id,
                comment_id=event.comment_id,
                before_id=None,
                by_id=event.by_id,
                answered_by=None,
            )
        )


async def answer_left(unit: Unit, event: CommentsSplit) -> None:
    """A comment that went to another post, which others may read, answers its question no more."""
    gone = delete(AcceptedAnswer).where(col(AcceptedAnswer.comment_id).in_(event.comment_ids))
    left = await unit.session.execute(gone.returning(col(AcceptedAnswer.post_id)))
    asked = await unit.session.execute(
        select(col(Post.id), col(Post.channel_id)).where(col(Post.id).in_(left.scalars().all()))
    )
    for post_id, channel_id in asked.all():
        await unit.emit(
            QuestionAnswered(
                channel_id=channel_id,
                post_id=post_id,
                comment_id=None,
                before_id=None,
                by_id=event.by_id,
                answered_by=None,
            )
        )
