"""The rail as its person arranges it: menus, sections, what stands where."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from parley.channels import queries
from parley.channels.rails import rail_view
from parley.channels.service import arranging, membership, reading
from parley.channels.views import ChannelMenu
from parley.kit.errors import NotFound
from parley.web.forms import whole
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
Key = Annotated[str, Path(max_length=48)]
_STEPS = {"up": -1, "down": 1}


@router.get("/rail/menu")
async def menu(visit: Reader) -> Response:
    """Show what can be done with the rail as a whole."""
    async with visit.reading() as session:
        return visit.fragment("channels/_rail_menu.html", rail=await rail_view(session, visit.actor, visit.say))


@router.post("/rail")
async def change(visit: Writer) -> Response:
    """Show only channels with something unread, or all."""
    on = (await visit.form()).on("unread_only")
    async with visit.unit() as unit:
        await arranging.show_unread_only(unit, visit.actor, on=on)
    return await _rail(visit)


@router.post("/rail/sections")
async def make(visit: Writer) -> Response:
    """Make a section, with a channel in it if one is named."""
    form = await visit.form()
    channel_id = form.number("channel_id") if form.text("channel_id") else None
    async with visit.unit() as unit:
        channel = None if channel_id is None else await queries.get(unit.session, visit.actor, channel_id)
        await arranging.make(unit, visit.actor, form.text("title"), channel)
    return await _rail(visit)


@router.get("/rail/sections/{key}/menu")
async def section_menu(key: Key, visit: Reader) -> Response:
    """Show what can be done with a section."""
    async with visit.reading() as session:
        rail = await rail_view(session, visit.actor, visit.say)
    section = next((one for one in rail.sections if one.key == key), None)
    if section is None:
        raise NotFound
    return visit.fragment("channels/_section_menu.html", section=section)


@router.post("/rail/sections/{key}")
async def change_section(key: Key, visit: Writer) -> Response:
    """Rename a section, order it, shut it, move it, or remove it."""
    form = await visit.form()
    async with visit.unit() as unit:
        if form.on("remove"):
            await arranging.remove(unit, visit.actor, key)
        elif form.text("step") in _STEPS:
            await arranging.step(unit, visit.actor, key, _STEPS[form.text("step")])
        else:
            await arranging.change(
                unit,
                visit.actor,
                key,
                title=form.text("title") or None,
                own=form.on("own") if form.text("own") else None,
                shut=form.on("shut") if form.text("shut") else None,
            )
    return await _rail(visit)


@router.get("/rail/channels/{channel_id}/menu")
async def channel_menu(channel_id: Id, visit: Reader) -> Response:
    """Show what the reader may do with a channel from where it stands."""
    async with visit.reading() as session:
        channel = await queries.get(session, visit.actor, channel_id)
        mine = await membership.of(session, channel_id, visit.actor.person_id)
        rail = await rail_view(session, visit.actor, visit.say)
        head = await queries.head(session, visit.actor, channel)
    section = next((one for one in rail.sections if channel_id in [entry.id for entry in one.channels]), None)
    view = ChannelMenu(head, section, rail.sections, mine is not None, channel.last_number)
    return visit.fragment("channels/_channel_menu.html", menu=view)


@router.post("/rail/channels/{channel_id}")
async def place(channel_id: Id, visit: Writer) -> Response:
    """Put a channel into a section, before another or at the end; or move it a step."""
    form = await visit.form()
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        if form.text("step") in _STEPS:
            await arranging.nudge(unit, visit.actor, channel, _STEPS[form.text("step")])
        else:
            before = whole(form.text("before"), "before") if form.text("before") else None
            await arranging.put(unit, visit.actor, channel, form.text("section"), before)
    return await _rail(visit)


@router.post("/rail/channels/{channel_id}/read")
async def read(channel_id: Id, visit: Writer) -> Response:
    """Mark everything in a channel as read."""
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        await reading.read(unit, channel, visit.actor.person_id, channel.last_number)
    return await _rail(visit)


async def _rail(visit: Visit) -> Response:
    if not visit.htmx:
        return visit.seen("/channels")
    async with visit.reading() as session:
        rail = await rail_view(session, visit.actor, visit.say)
    return visit.fragment("layout/_rail_groups.html", rail=rail.sections, unread_only=rail.unread_only, topics={})
