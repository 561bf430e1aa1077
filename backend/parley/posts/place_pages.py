"""Pages about where a post stands: pinning, moving, splitting, passing on."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.views import ChannelRef
from parley.kit.errors import Conflict, Forbidden, Invalid, Problem
from parley.kit.markup import plain_excerpt
from parley.models.channels import Channel
from parley.models.posts import Post
from parley.posts import places, queries
from parley.posts.service import moving, passing, pinning
from parley.posts.service.words import client_uuid, ready
from parley.posts.views import PlaceForm
from parley.web.forms import whole
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
Act = Annotated[Literal["move", "split", "pass-on"], Path()]
_TITLES = {"move": "Move to another channel", "split": "Split off comments", "pass-on": "Pass on to another channel"}


@router.post("/posts/{post_id}/pin")
async def pin(post_id: Id, visit: Writer) -> Response:
    """Put a post at the head of its channel (`on`), or take it from there."""
    on = (await visit.form()).text("on") != "0"
    async with visit.unit() as unit:
        post = await pinning.pin(unit, visit.actor, post_id, on=on)
        channel_id = post.channel_id
    if not visit.htmx:
        return visit.seen(f"/channels/{channel_id}")
    return Response(status_code=204)


@router.get("/posts/{post_id}/moved-from/{channel_id}")
async def moved_from(post_id: Id, channel_id: Id, visit: Reader) -> Response:
    """Say where a post stands now that stood in a channel; nothing to those who may not read it there."""
    async with visit.reading() as session:
        channel = await channels.get(session, visit.actor, channel_id)
        found = await places.notes(session, visit.actor, channel_id, 0, channel.last_number + 1)
    note = next((note for note in found if note.post_id == post_id), None)
    if note is None:
        return Response(media_type="text/html")
    return visit.fragment("posts/_moved.html", note=note)


@router.get("/posts/{post_id}/place/{act}")
async def place_form(
    post_id: Id, act: Act, visit: Reader, channel_id: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """Offer channels for a post, and say how many more colleagues would read it in the chosen one."""
    chosen = whole(channel_id, "channel_id") if channel_id else None
    async with visit.reading() as session:
        form = await _form(session, visit, post_id, act, chosen)
        if visit.htmx:
            return visit.fragment("posts/_place.html", form=form)
        return await visit.page(session, "posts/place.html", title=visit.say(_TITLES[act]), place="channel", form=form)


@router.post("/posts/{post_id}/place/{act}")
async def place(post_id: Id, act: Act, visit: Writer) -> Response:
    """Move a post, split comments off it, or pass it on."""
    await visit.limit("post")
    form = await visit.form()
    body, title = form.text("body"), form.text("title")
    chosen: tuple[int, ...] = ()
    try:
        chosen = form.ids("comments")
        channel_id = form.number("channel_id")
        words = await ready(body, title=title, required=act == "split")
        client = client_uuid(form.text("client_id"))
        async with visit.unit() as unit:
            if act == "move":
                post = await moving.move(unit, visit.actor, post_id, channel_id)
            elif act == "split":
                post = await moving.split(unit, visit.actor, post_id, channel_id, chosen, words)
            else:
                post, _ = await passing.pass_on(unit, visit.actor, post_id, channel_id, words, client)
            there = post.id
    except (Invalid, Conflict, Forbidden) as refusal:
        if not visit.htmx:
            raise
        return await _refused(visit, refusal, post_id, act, title=title, body=body, chosen=chosen)
    return visit.seen(f"/posts/{there}")


async def _form(
    session: AsyncSession, visit: Visit, post_id: int, act: str, channel_id: int | None, **typed: object
) -> PlaceForm:
    post = await queries.get(session, visit.actor, post_id)
    source = await session.get_one(Channel, post.channel_id)
    if act not in await places.choices(session, visit.actor, post, source):
        raise Forbidden("This may not be done with this post here.", code="not_here")
    offered = await _offered(session, visit, act, source)
    target = None
    if channel_id is not None:
        target = await channels.get(session, visit.actor, channel_id)
    more = await places.more_readers(session, source, target) if target else None
    return PlaceForm(
        post_id,
        act,
        _name_of(post),
        offered,
        channel_id,
        more,
        private_source=source.kind == "private",
        comments=await places.first_words(session, visit.actor, post) if act == "split" else (),
        **typed,  # type: ignore[arg-type]  # what was typed, by field
    )


async def _offered(session: AsyncSession, visit: Visit, act: str, source: Channel) -> list[ChannelRef]:
    if act == "pass-on":
        return [ref for ref in await channels.postable(session, visit.actor) if ref.id != source.id]
    found = await places.movable(session, visit.actor, source)
    own = (await channels.refs(session, visit.actor, [source]))[source.id or 0]
    return [own, *found] if act == "split" else found


def _name_of(post: Post) -> str:
    return post.title or plain_excerpt(post.body_html, 100)


async def _refused(
    visit: Visit, refusal: Problem, post_id: int, act: str, *, title: str, body: str, chosen: tuple[int, ...]
) -> Response:
    errors = visit.say_fields(refusal) or {"channel_id": visit.renderer.say(refusal, visit.language)}
    async with visit.reading() as session:
        form = await _form(session, visit, post_id, act, None, title=title, body=body, chosen=chosen, errors=errors)
    return visit.fragment("posts/_place.html", status=422, form=form)
