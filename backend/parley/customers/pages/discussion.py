"""The discussion: words among colleagues beside a conversation. They never leave the house."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.discussing import publish
from parley.customers.queries import conversations, refs
from parley.customers.rows import every
from parley.customers.views import DiscussionView
from parley.kit.errors import Invalid
from parley.models.customers import Conversation
from parley.models.posts import File, Thread
from parley.policy import posts as post_policy
from parley.posts import attached
from parley.posts import queries as posts
from parley.posts.service import following
from parley.posts.views import ComposerView
from parley.web.visit import CustomerReader, CustomerWriter, Visit

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


async def discussion(session: AsyncSession, visit: Visit, conversation: Conversation) -> DiscussionView:
    """Return the discussion of a conversation that the visitor may read."""
    shown, earlier = await posts.comments(session, visit.actor, conversation.thread_id)
    thread = await session.get_one(Thread, conversation.thread_id)
    older = f"/conversations/{conversation.id}/discussion?before={earlier}" if earlier else None
    follow = await following.state(session, visit.actor.person_id, conversation.thread_id)
    return DiscussionView(
        shown,
        thread.comment_count,
        composer(visit, conversation.id or 0),
        older,
        thread_id=conversation.thread_id,
        read_id=follow.read_id if follow else 0,
    )


def composer(visit: Visit, conversation_id: int, **typed: object) -> ComposerView:
    """Return the form for a comment to colleagues."""
    return ComposerView(
        action=f"/conversations/{conversation_id}/discussion",
        place=f"conversation:{conversation_id}",
        placeholder=visit.say("Ask or tell colleagues"),
        button=visit.say("Comment to colleagues"),
        target=f"#comments-conversation-{conversation_id}",
        **typed,  # type: ignore[arg-type]  # what was typed, by field
    )


@router.get("/conversations/{conversation_id}/discussion")
async def older(
    conversation_id: Id, visit: CustomerReader, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> Response:
    """Show earlier comments of the discussion."""
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        shown, earlier = await posts.comments(session, visit.actor, conversation.thread_id, before=before)
    url = f"/conversations/{conversation_id}/discussion?before={earlier}" if earlier else None
    return visit.fragment("customers/_comments.html", comments=shown, older_url=url)


@router.post("/conversations/{conversation_id}/discussion")
async def comment(conversation_id: Id, visit: CustomerWriter) -> Response:
    """Say something to colleagues."""
    await visit.limit("comment")
    form = await visit.form()
    body, files = form.text("body"), form.ids("attachments")
    try:
        confirmed = form.on("confirm_crowd")
        made, new = await publish(visit, conversation_id, body, form.text("client_id"), files, confirmed=confirmed)
    except Invalid as refusal:
        return await _refused(visit, conversation_id, refusal, body, files)
    if not visit.htmx:
        return visit.seen(f"/conversations/{conversation_id}?tab=discussion#comment-{made.id}")
    async with visit.reading() as session:
        view = (await posts.comment_views(session, [made]))[0]
    return visit.fragment("posts/_comment.html", status=201 if new else 200, comment=view)


async def _refused(visit: Visit, conversation_id: int, refusal: Invalid, body: str, files: tuple[int, ...]) -> Response:
    """Answer 422 with the composer as it was left."""
    if not visit.htmx:
        raise refusal
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        contact = (await refs.contacts(session, [conversation.identity_id]))[conversation.identity_id]
        kept = await every(session, post_policy.readable_files(visit.actor).where(col(File.id).in_(files)))
    errors = visit.say_fields(refusal) or {"body": visit.say(refusal.sentence)}
    again = composer(
        visit, conversation_id, body=body, files=[attached.file_view(file) for file in kept], errors=errors
    )
    return visit.fragment("customers/_discuss.html", status=422, composer=again, contact=contact)
