"""The bell and its page."""

from fastapi import APIRouter, Response

from parley.notifications import queries, service
from parley.web.visit import Number, Reader, Writer

router = APIRouter(include_in_schema=False)


@router.get("/notifications")
async def listing(visit: Reader, unread: str = "", before: Number = None, part: str = "") -> Response:
    """Show what concerns the reader."""
    async with visit.reading() as session:
        view = await queries.listing(
            session,
            visit.actor,
            visit.say,
            only_unread=unread == "1",
            before=before,
            limit=8 if part == "popover" else queries.PAGE,
        )
        if visit.htmx:
            return visit.fragment(
                f"notifications/_{'popover' if part == 'popover' else 'rows'}.html", notifications=view
            )
        return await visit.page(
            session,
            "notifications/page.html",
            title=visit.say("Notifications"),
            place="notifications",
            notifications=view,
        )


@router.post("/notifications/read")
async def read(visit: Writer) -> Response:
    """Mark what concerns one post or conversation as seen, or everything."""
    form = await visit.form()
    async with visit.unit() as unit:
        if form.text("post"):
            await service.read_thing(unit, visit.actor, post_id=form.number("post"))
        elif form.text("conversation"):
            await service.read_thing(unit, visit.actor, conversation_id=form.number("conversation"))
        else:
            await service.read(unit, visit.actor)
    return Response(status_code=204) if visit.htmx else visit.seen("/notifications")
