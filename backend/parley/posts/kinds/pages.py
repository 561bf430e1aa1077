"""Pages of the kinds: accepting, voting, coming, the questions nobody has answered, what was decided."""

from urllib.parse import quote

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.kit.errors import NotFound
from parley.kit.markup import plain_text
from parley.models.kinds import Occasion, Poll
from parley.models.posts import Comment, Post
from parley.policy import posts as policy
from parley.posts import queries
from parley.posts.kinds import clocks, events, lists, names, own, polls, questions
from parley.posts.kinds.answering import ballots, marked
from parley.posts.kinds.finding import OtherKind
from parley.posts.kinds.views import NamesView
from parley.posts.pages import one_comment
from parley.web.forms import query, whole
from parley.web.visit import Id, Number, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
MOST_MARKS = 200
STATES = ("open", "answered", "all")


@router.get("/own")
async def mine(visit: Reader, posts: str = "") -> Response:
    """Tell a page what its reader has done with the posts on it."""
    ids = {whole(number, "posts") for number in posts.split()[:MOST_MARKS]}
    async with visit.reading() as session:
        found = await own.own(session, visit.actor, ids, ballots(visit))
    return visit.fragment("posts/kinds/_owns.html", owns=found)


@router.get("/zones")
async def zones(visit: Reader) -> Response:
    """Offer the names of all time zones to the field that asks for one."""
    return visit.fragment("posts/kinds/_zones.html", zones=sorted(clocks.zones()))


@router.get("/questions")
async def question_list(visit: Reader, state: str = "open", channel: Number = None, before: Number = None) -> Response:
    """Show questions: those that nobody has answered yet, or others."""
    state = state if state in STATES else "open"
    async with visit.reading() as session:
        place = await channels.get(session, visit.actor, channel) if channel else None
        rows, more = await lists.questions(session, visit.actor, state=state, channel_id=channel, before=before)
        next_url = query("/questions", state=state, channel=channel, before=more) if more else None
        if visit.htmx:
            return visit.fragment("posts/kinds/_questions.html", questions=rows, next_url=next_url)
        return await visit.page(
            session,
            "posts/kinds/questions.html",
            title=visit.say("Questions"),
            place="questions",
            questions=rows,
            next_url=next_url,
            state=state,
            channel=place,
        )


@router.get("/channels/{channel_id}/decisions")
async def decision_choices(channel_id: Id, visit: Reader, before: Number = None) -> Response:
    """Offer the decisions that hold to a composer, or show older ones of the log; as a page it is a tab of the channel."""
    async with visit.reading() as session:
        await channels.get(session, visit.actor, channel_id)
        if not visit.htmx:
            return visit.seen(f"/channels/{channel_id}?tab=decisions")
        if before is not None:
            rows, more = await lists.decisions(session, visit.actor, channel_id, before=before)
            next_url = query(f"/channels/{channel_id}/decisions", before=more) if more else None
            return visit.fragment("posts/kinds/_decisions.html", decisions=rows, next_url=next_url)
        return visit.fragment(
            "posts/kinds/_choices.html", decisions=await lists.holding(session, visit.actor, channel_id), chosen=""
        )


@router.post("/comments/{comment_id}/accept")
async def accept(comment_id: Id, visit: Writer) -> Response:
    """Accept a comment as the answer to its question; the answer's header lets the page offer to undo."""
    async with visit.unit() as unit:
        post_id = await _question(visit, comment_id, unit.session)
        before = await questions.accept(unit, visit.actor, post_id, comment_id)
    back = f"/comments/{before}/accept" if before else f"/comments/{comment_id}/unaccept"
    return await _accepted(visit, comment_id, post_id, visit.say("Answer accepted"), back)


@router.post("/comments/{comment_id}/unaccept")
async def unaccept(comment_id: Id, visit: Writer) -> Response:
    """Take the answer back: the question is open again."""
    async with visit.unit() as unit:
        post_id = await _question(visit, comment_id, unit.session)
        await questions.accept(unit, visit.actor, post_id, None)
    return await _accepted(
        visit, comment_id, post_id, visit.say("The question is open again"), f"/comments/{comment_id}/accept"
    )


async def _question(visit: Visit, comment_id: int, session: AsyncSession) -> int:
    comment = (
        await session.execute(policy.readable_comments(visit.actor).where(col(Comment.id) == comment_id))
    ).scalar_one_or_none()
    if comment is None:
        raise NotFound
    rows = await session.execute(
        select(col(Post.id)).where(col(Post.thread_id) == comment.thread_id, col(Post.kind) == "question")
    )
    post_id = rows.scalar_one_or_none()
    if post_id is None:
        raise OtherKind
    return int(post_id)


async def _accepted(visit: Visit, comment_id: int, post_id: int, words: str, back: str) -> Response:
    if not visit.htmx:
        return visit.seen(f"/posts/{post_id}#comment-{comment_id}")
    return await one_comment(visit, comment_id, headers={"X-Parley-Toast": quote(words), "X-Parley-Undo": back})


@router.post("/posts/{post_id}/vote")
async def vote(post_id: Id, visit: Writer) -> Response:
    """Vote in a poll, change a vote or take it back."""
    await visit.limit("reaction")
    options = (await visit.form()).ids("option")
    async with visit.unit() as unit:
        await polls.vote(unit, visit.actor, post_id, options, ballots(visit))
    return await marked(visit, post_id)


@router.post("/posts/{post_id}/close")
async def close(post_id: Id, visit: Writer) -> Response:
    """Close a poll before its time."""
    async with visit.unit() as unit:
        await polls.close(unit, visit.actor, post_id)
    return await marked(visit, post_id)


@router.get("/posts/{post_id}/votes")
async def votes(post_id: Id, visit: Reader) -> Response:
    """Show who chose what in a poll; in an anonymous one only how many."""
    async with visit.reading() as session:
        post = await queries.get(session, visit.actor, post_id)
        poll = await session.get(Poll, post_id) if post.removed_at is None else None
        if poll is None:
            raise OtherKind
        if poll.anonymous:
            raise OtherKind("This poll is anonymous: who chose what is told to nobody.", code="anonymous")
        view = NamesView(post_id, await names.voters(session, post_id))
    return visit.fragment("posts/kinds/_names.html", names=view)


@router.post("/posts/{post_id}/attendance")
async def attend(post_id: Id, visit: Writer) -> Response:
    """Say whether one comes to an event."""
    await visit.limit("reaction")
    answer = (await visit.form()).text("answer")
    async with visit.unit() as unit:
        await events.attend(unit, visit.actor, post_id, answer)
    return await marked(visit, post_id)


@router.get("/posts/{post_id}/guests")
async def guests(post_id: Id, visit: Reader) -> Response:
    """Show who comes to an event."""
    words = {"yes": visit.say("Come"), "maybe": visit.say("Perhaps"), "no": visit.say("Do not come")}
    async with visit.reading() as session:
        post = await queries.get(session, visit.actor, post_id)
        if post.kind != "event" or post.removed_at is not None:
            raise OtherKind
        groups = [(words[name], count, people) for name, count, people in await names.guests(session, post_id)]
    return visit.fragment("posts/kinds/_names.html", names=NamesView(post_id, groups))


@router.get("/posts/{post_id}/event.ics")
async def calendar(post_id: Id, visit: Reader) -> Response:
    """Give an event as a file for calendars."""
    async with visit.reading() as session:
        post = await queries.get(session, visit.actor, post_id)
        occasion = await session.get(Occasion, post_id) if post.removed_at is None else None
        if occasion is None:
            raise OtherKind
    base = visit.machine.settings.public_url
    file = events.calendar(
        occasion,
        title=post.title,
        text=plain_text(post.body_html),
        url=f"{base}/posts/{post_id}",
        uid=f"post-{post_id}@{base.partition('://')[2]}",
        written=post.edited_at or post.published_at,
    )
    return Response(
        file,
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="event-{post_id}.ics"', "Cache-Control": "no-store"},
    )
