"""The list of followed threads, and what one does with a thread: follow, read, settle."""

from urllib.parse import quote

from fastapi import APIRouter, Response

from parley.posts import threads
from parley.posts.service import following
from parley.posts.threads import ThreadsView
from parley.web.forms import query
from parley.web.visit import Id, Number, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)


@router.get("/threads")
async def listing(visit: Reader, unread: str = "", before: Number = None) -> Response:
    """Show the threads that the reader follows, the newest word first."""
    only = unread == "1"
    async with visit.reading() as session:
        rows, more = await threads.followed(session, visit.actor, only_unread=only, before=before)
        view = ThreadsView(
            rows,
            only,
            await threads.count_unread(session, visit.actor),
            query("/threads", unread="1" if only else "", before=more) if more else None,
        )
        if visit.htmx:
            return visit.fragment("posts/_thread_rows.html", threads=view)
        return await visit.page(
            session, "posts/threads.html", title=visit.say("Threads"), place="catch-up", threads=view
        )


@router.post("/threads/{thread_id}/follow")
async def follow(thread_id: Id, visit: Writer) -> Response:
    """Follow a thread or let go of it."""
    on = (await visit.form()).text("on") != "0"
    async with visit.unit() as unit:
        await following.follow(unit, visit.actor, thread_id, on=on)
    return await _state(visit, thread_id)


@router.post("/threads/{thread_id}/read")
async def read(thread_id: Id, visit: Writer) -> Response:
    """Mark a thread as read up to a comment."""
    comment = (await visit.form()).number("comment")
    async with visit.unit() as unit:
        await following.find(unit, visit.actor, thread_id)
        await following.read(unit, visit.actor.person_id, thread_id, comment)
    return Response(status_code=204) if visit.htmx else visit.seen("/threads")


@router.post("/comments/{comment_id}/unread-from")
async def unread_from(comment_id: Id, visit: Writer) -> Response:
    """Make a comment and all after it unread again; the thread is followed from now on."""
    async with visit.unit() as unit:
        await following.unread_from(unit, visit.actor, comment_id)
    if visit.htmx:
        words = visit.say("Unread from here; you follow this thread")
        return Response(status_code=204, headers={"X-Parley-Toast": quote(words)})
    return visit.seen("/threads")


@router.post("/threads/{thread_id}/resolve")
async def resolve(thread_id: Id, visit: Writer) -> Response:
    """Call a thread settled, or open it again."""
    on = (await visit.form()).text("on") != "0"
    async with visit.unit() as unit:
        await following.resolve(unit, visit.actor, thread_id, on=on)
    return await _state(visit, thread_id)


async def _state(visit: Visit, thread_id: int) -> Response:
    async with visit.reading() as session:
        state = await threads.state(session, visit.actor, thread_id)
    if visit.htmx and state is not None:
        return visit.fragment("posts/_thread_state.html", state=state)
    return visit.seen(f"/posts/{state.post_id}" if state else "/threads")
