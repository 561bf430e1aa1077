"""Questions: the one answer that whoever asked, or a moderator, accepted."""

from sqlalchemy import delete, select
from sqlmodel import col

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.kinds import QuestionAnswered
from parley.kit.errors import Invalid
from parley.models.kinds import AcceptedAnswer
from parley.models.posts import Comment
from parley.policy import kinds as policy
from parley.policy.actor import Actor
from parley.posts.kinds.finding import of_kind

_answer = metadata.tables["accepted_answer"]


async def accept(unit: Unit, actor: Actor, post_id: int, comment_id: int | None) -> int | None:
    """Accept a comment as the answer, or none; return the one that was accepted before. Doing it twice changes nothing."""
    found = await of_kind(unit, actor, post_id, "question")
    policy.may_accept(actor, found.post.author_id, found.mine)
    before = (
        await unit.session.execute(
            select(col(AcceptedAnswer.comment_id)).where(col(AcceptedAnswer.post_id) == post_id).with_for_update()
        )
    ).scalar_one_or_none()
    if before == comment_id:
        return before
    author = None
    if comment_id is None:
        await unit.session.execute(delete(AcceptedAnswer).where(col(AcceptedAnswer.post_id) == post_id))
    else:
        author = await _author(unit, found.post.thread_id, comment_id)
        values = {"comment_id": comment_id, "accepted_by": actor.person_id, "accepted_at": unit.now}
        statement = upsert(unit.session, _answer).values(post_id=post_id, **values)
        await unit.session.execute(statement.on_conflict_do_update(index_elements=["post_id"], set_=values))
    await unit.emit(
        QuestionAnswered(
            channel_id=found.post.channel_id,
            post_id=post_id,
            comment_id=comment_id,
            before_id=before,
            by_id=actor.person_id,
            answered_by=author,
        )
    )
    return before


async def _author(unit: Unit, thread_id: int, comment_id: int) -> int:
    author: int | None = (
        await unit.session.execute(
            select(col(Comment.author_id)).where(
                col(Comment.id) == comment_id, col(Comment.thread_id) == thread_id, col(Comment.removed_at).is_(None)
            )
        )
    ).scalar_one_or_none()
    if author is None:
        raise Invalid(fields={"comment_id": "Choose a comment under this question."})
    return author
