"""Surfacing a conversation in a channel, and the streams that do it by themselves."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.pages.answers import after
from parley.customers.queries import conversations, refs, streams
from parley.customers.queries.places import postable
from parley.customers.service import streams as verbs
from parley.customers.service import surfacing
from parley.customers.views import StreamForm, SurfaceForm
from parley.kit.errors import Conflict, Invalid, NotFound, Problem
from parley.posts.service.words import client_uuid, prepare
from parley.web.forms import whole
from parley.web.visit import CustomerReader, CustomerWriter, Visit

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/conversations/{conversation_id}/surface")
async def surface_form(
    conversation_id: Id, visit: CustomerReader, channel_id: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """Offer channels, and say what surfacing in the chosen one would do."""
    chosen = whole(channel_id, "channel_id") if channel_id.isascii() and channel_id.isdigit() else None
    async with visit.reading() as session:
        form = await _form(session, visit, conversation_id, chosen)
        if visit.htmx:
            return visit.fragment("customers/_surface.html", surface=form)
        return await visit.page(
            session, "customers/surface.html", title=visit.say("Surface in a channel"), place="customers", surface=form
        )


@router.post("/conversations/{conversation_id}/surfacings")
async def surface(conversation_id: Id, visit: CustomerWriter) -> Response:
    """Show the conversation in a channel."""
    await visit.limit("post")
    form = await visit.form()
    body = form.text("body")
    try:
        channel_id = form.number("channel_id")
        words = prepare(body, required=False)
        client = client_uuid(form.text("client_id"))
        async with visit.unit() as unit:
            await surfacing.surface(unit, visit.actor, conversation_id, channel_id, words, client)
    except (Invalid, Conflict) as refusal:
        return await _refused(visit, conversation_id, refusal, body)
    return await after(visit, conversation_id, "facts")


async def _form(
    session: AsyncSession, visit: Visit, conversation_id: int, channel_id: int | None, **typed: object
) -> SurfaceForm:
    conversation = await conversations.get(session, visit.actor, conversation_id)
    refused = visit.say(surfacing.Restricted.sentence) if conversation.restricted else ""
    channels = [] if refused else await postable(session, visit.actor, conversation_id)
    effect = None
    if channel_id is not None and not refused:
        effect = await surfacing.effect(session, visit.actor, conversation_id, channel_id)
    return SurfaceForm(
        conversation_id,
        (await refs.contacts(session, [conversation.identity_id]))[conversation.identity_id],
        channels,
        channel_id,
        more_readers=effect.more_readers if effect else 0,
        comments=effect.comments if effect else 0,
        already=effect.already if effect else False,
        refused=refused,
        **typed,  # type: ignore[arg-type]  # what was typed, by field
    )


async def _refused(visit: Visit, conversation_id: int, refusal: Problem, body: str) -> Response:
    if not visit.htmx:
        raise refusal
    errors = visit.say_fields(refusal) or {"channel_id": visit.renderer.say(refusal, visit.language)}
    async with visit.reading() as session:
        form = await _form(session, visit, conversation_id, None, body=body, errors=errors)
    return visit.fragment("customers/_surface.html", status=422, surface=form)


@router.post("/channels/{channel_id}/streams")
async def add_stream(channel_id: Id, visit: CustomerWriter) -> Response:
    """Let the channel hear a source from now on, or try that on the past."""
    form = await visit.form()
    words = form.text("words")
    filled = StreamForm([], None, words)
    try:
        source_id = form.number("source_id")
        if form.on("preview"):
            async with visit.reading() as session:
                if not await streams.may_manage(session, visit.actor, channel_id):
                    raise NotFound
                tried = await streams.preview(session, visit.actor, source_id, words)
                filled = StreamForm(await streams.all_sources(session), source_id, words, tried)
        else:
            async with visit.unit() as unit:
                await verbs.add(unit, visit.actor, channel_id, source_id, words)
            return await _streams(visit, channel_id, None)
    except (Invalid, Conflict) as refusal:
        if not visit.htmx:
            raise
        errors = visit.say_fields(refusal) or {"source_id": visit.renderer.say(refusal, visit.language)}
        async with visit.reading() as session:
            filled = StreamForm(await streams.all_sources(session), None, words, errors=errors)
    return await _streams(visit, channel_id, filled)


async def _streams(visit: Visit, channel_id: int, form: StreamForm | None) -> Response:
    if not visit.htmx and form is None:
        return visit.seen(f"/channels/{channel_id}?tab=customers")
    async with visit.reading() as session:
        view = await streams.tab(session, visit.actor, channel_id, form=form)
    return visit.fragment("customers/_streams.html", customers=view)


@router.post("/streams/{stream_id}/remove")
async def remove_stream(stream_id: Id, visit: CustomerWriter) -> Response:
    """End a stream."""
    async with visit.unit() as unit:
        channel_id = await verbs.remove(unit, visit.actor, stream_id)
    return Response(status_code=200) if visit.htmx else visit.seen(f"/channels/{channel_id}?tab=customers")
