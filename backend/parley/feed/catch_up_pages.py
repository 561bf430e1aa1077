"""The page Catch-up, and its acts."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response

from parley.channels import unread as counting
from parley.feed import catch_up, catch_up_rows, later
from parley.feed import catch_up_service as service
from parley.feed.outside import outside_of
from parley.kit import clock
from parley.kit.errors import Invalid
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)


@router.get("/catch-up")
async def page(visit: Reader, part: str = "") -> Response:
    """Show what waits for the reader; for the script the list or the number alone."""
    async with visit.reading() as session:
        if visit.htmx and part == "count":
            unread = {row.channel_id: row.count for row in await counting.unread(session, visit.actor)}
            found = await catch_up.numbers(session, visit.actor, unread)
            return visit.fragment("feed/_catch_up_count.html", numbers=found, number=found.total(unread))
        view = await catch_up_rows.view(session, visit, outside_of(visit))
        if visit.htmx:
            return visit.fragment("feed/_catch_up.html", catch_up=view)
        return await visit.page(
            session, "feed/catch_up.html", title=visit.say("Catch-up"), place="catch-up", catch_up=view
        )


@router.get("/catch-up/later")
async def choices(visit: Reader, kind: str = "", thing: str = "") -> Response:
    """Show the times until which a thing can be put off."""
    return await _choices(visit, kind, thing)


@router.post("/catch-up/done")
async def done(visit: Writer) -> Response:
    """Be done with one thing; what it stands for is read."""
    form = await visit.form()
    async with visit.unit() as unit:
        act = await service.done(unit, visit.actor, [(form.text("kind"), form.number("thing"))])
    return _acted(visit, act, visit.say("Done"))


@router.post("/catch-up/later")
async def put_off(visit: Writer) -> Response:
    """Put one thing off."""
    form = await visit.form()
    try:
        until = later.chosen(form.text("until") or form.text("at"), visit.actor.time_zone)
        async with visit.unit() as unit:
            act = await service.later(unit, visit.actor, form.text("kind"), form.number("thing"), until)
    except Invalid as refusal:
        return await _choices(visit, form.text("kind"), form.text("thing"), form.text("at"), refusal)
    return _acted(visit, act, visit.say("Put off"))


@router.post("/catch-up/read")
async def read_all(visit: Writer) -> Response:
    """Mark as read: `threads`, `channels` (those named in `channel`, or all) or `everything`."""
    form = await visit.form()
    scope = form.text("scope")
    if scope not in service.SCOPES:
        raise Invalid(fields={"scope": "Choose threads, channels or everything."}, code="bad_scope")
    only = form.ids("channel") or None
    async with visit.unit() as unit:
        act = await service.read_all(unit, visit.actor, scope, only)
    return _acted(visit, act, visit.say("All read"))


@router.post("/catch-up/acts/{act_id}/undo")
async def undo(act_id: Id, visit: Writer) -> Response:
    """Take an act back."""
    async with visit.unit() as unit:
        await service.take_back(unit, visit.actor, act_id)
    return Response(status_code=204) if visit.htmx else visit.seen("/catch-up")


def _acted(visit: Visit, act: int, words: str) -> Response:
    if not visit.htmx:
        return visit.seen("/catch-up")
    headers = {"X-Parley-Undo": f"/catch-up/acts/{act}/undo", "X-Parley-Toast": quote(words)}
    return Response(status_code=204, headers=headers)


async def _choices(visit: Visit, kind: str, thing: str, at: str = "", refusal: Invalid | None = None) -> Response:
    now = clock.now()
    context: dict[str, Any] = {
        "kind": kind,
        "thing": thing,
        "choices": later.choices(visit.actor.time_zone, now),
        "here": now.astimezone(later.zone_of(visit.actor.time_zone)),
        "errors": visit.say_fields(refusal) if refusal else {},
        "at": at,
    }
    status = 422 if refusal else 200
    if visit.htmx:
        return visit.fragment("feed/_later.html", status=status, **context)
    async with visit.reading() as session:
        return await visit.page(
            session, "feed/later.html", title=visit.say("Later"), place="catch-up", status=status, **context
        )
