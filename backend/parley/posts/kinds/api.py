"""The kinds of posts for programs."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.kit.paging import DEFAULT_LIMIT, encode_cursor
from parley.models.kinds import Poll
from parley.models.posts import Post
from parley.posts import queries
from parley.posts.api import Posts
from parley.posts.kinds import announcements, events, lists, names, polls, questions
from parley.posts.kinds.answering import ballots
from parley.posts.kinds.finding import OtherKind
from parley.posts.kinds.progress import found
from parley.posts.kinds.schemas import (
    AcceptIn,
    AcknowledgementOut,
    Acknowledgements,
    AttendanceIn,
    Names,
    NamesOut,
    Reminded,
    VoteIn,
    person_out,
)
from parley.posts.schemas import PostOut, post_out, posts_out
from parley.web.api import PROBLEMS, Cursor, Limit, place
from parley.web.visit import MAX_ID, Id, Reader, Visit, Writer

router = APIRouter(prefix="/api/v1", tags=["posts"], responses=PROBLEMS)


@router.put("/posts/{post_id}/accepted-comment")
async def accept(post_id: Id, given: AcceptIn, visit: Writer) -> PostOut:
    """Accept a comment as the answer to a question."""
    async with visit.unit() as unit:
        await questions.accept(unit, visit.actor, post_id, given.comment_id)
    return await _post(visit, post_id)


@router.delete("/posts/{post_id}/accepted-comment", status_code=204)
async def unaccept(post_id: Id, visit: Writer) -> None:
    """Take the accepted answer back: the question is open again."""
    async with visit.unit() as unit:
        await questions.accept(unit, visit.actor, post_id, None)


@router.get("/questions")
async def question_list(
    visit: Reader,
    state: Annotated[Literal["open", "answered", "all"], Query()] = "open",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Posts:
    """Return questions that the caller may read, newest first: by default those without an accepted answer."""
    before = place(cursor, MAX_ID)
    async with visit.reading() as session:
        rows, more = await lists.questions(session, visit.actor, state=state, before=before, limit=limit)
        return await _posts(session, [row.id for row in rows], more)


@router.get("/channels/{channel_id}/decisions")
async def decision_list(channel_id: Id, visit: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Posts:
    """Return the decisions of a channel, newest first."""
    before = place(cursor, MAX_ID)
    async with visit.reading() as session:
        await channels.get(session, visit.actor, channel_id)
        rows, more = await lists.decisions(session, visit.actor, channel_id, before=before, limit=limit)
        return await _posts(session, [row.id for row in rows], more)


@router.post("/posts/{post_id}/acknowledgement", status_code=204)
async def acknowledge(post_id: Id, visit: Writer) -> None:
    """Acknowledge an announcement; twice is once."""
    async with visit.unit() as unit:
        await announcements.acknowledge(unit, visit.actor, post_id)


@router.delete("/posts/{post_id}/acknowledgement", status_code=204)
async def take_back(post_id: Id, visit: Writer) -> None:
    """Take an acknowledgement back, within five minutes."""
    async with visit.unit() as unit:
        await announcements.take_back(unit, visit.actor, post_id)


@router.get("/posts/{post_id}/acknowledgements")
async def progress(
    post_id: Id,
    visit: Reader,
    show: Annotated[Literal["missing", "done", "later"], Query()] = "missing",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Acknowledgements:
    """Return who has (not) acknowledged, by name: for its author and the moderators."""
    after = names.after(cursor)
    async with visit.reading() as session:
        post, row = await found(session, visit, post_id)
        rows, more = await names.addressee_rows(session, post_id, post.channel_id, show, after=after, limit=limit)
    items = [
        AcknowledgementOut(person=person_out(each.person), acknowledged_at=each.at, later=show == "later")
        for each in rows
    ]
    return Acknowledgements(
        items=items, next=encode_cursor(*more) if more else None, audience=row.audience, acknowledged=row.acknowledged
    )


@router.post("/posts/{post_id}/reminders", status_code=202)
async def remind(post_id: Id, visit: Writer) -> Reminded:
    """Remind those who have not acknowledged, at most twice a day."""
    async with visit.unit() as unit:
        return Reminded(reminded=await announcements.remind(unit, visit.actor, post_id))


@router.put("/posts/{post_id}/vote")
async def vote(post_id: Id, given: VoteIn, visit: Writer) -> PostOut:
    """Vote in a poll: what is given takes the place of what was chosen before."""
    await visit.limit("reaction")
    async with visit.unit() as unit:
        await polls.vote(unit, visit.actor, post_id, given.option_ids, ballots(visit))
    return await _post(visit, post_id)


@router.get("/posts/{post_id}/votes")
async def votes(post_id: Id, visit: Reader) -> Names:
    """Return who chose what in a poll; of an anonymous one nobody is told."""
    async with visit.reading() as session:
        post = await queries.get(session, visit.actor, post_id)
        poll = await session.get(Poll, post_id) if post.removed_at is None else None
        if poll is None or poll.anonymous:
            raise OtherKind
        return _names(await names.voters(session, post_id))


@router.post("/posts/{post_id}/close")
async def close(post_id: Id, visit: Writer) -> PostOut:
    """Close a poll before its time."""
    async with visit.unit() as unit:
        await polls.close(unit, visit.actor, post_id)
    return await _post(visit, post_id)


@router.put("/posts/{post_id}/attendance")
async def attend(post_id: Id, given: AttendanceIn, visit: Writer) -> PostOut:
    """Say whether one comes to an event."""
    await visit.limit("reaction")
    async with visit.unit() as unit:
        await events.attend(unit, visit.actor, post_id, given.answer)
    return await _post(visit, post_id)


@router.get("/posts/{post_id}/guests")
async def guests(post_id: Id, visit: Reader) -> Names:
    """Return who comes to an event, may come, and does not."""
    async with visit.reading() as session:
        post = await queries.get(session, visit.actor, post_id)
        if post.kind != "event" or post.removed_at is not None:
            raise OtherKind
        return _names(await names.guests(session, post_id))


def _names(groups: names.Groups) -> Names:
    items = [
        NamesOut(name=name, count=count, people=[person_out(card) for card in people]) for name, count, people in groups
    ]
    return Names(items=items)


async def _posts(session: AsyncSession, ids: list[int], more: int | None) -> Posts:
    rows = (
        (await session.execute(select(Post).where(col(Post.id).in_(ids)).order_by(col(Post.id).desc()))).scalars().all()
    )
    return Posts(items=await posts_out(session, rows), next=encode_cursor(more) if more else None)


async def _post(visit: Visit, post_id: int) -> PostOut:
    async with visit.reading() as session:
        return await post_out(session, await queries.get(session, visit.actor, post_id))
