"""The page of a channel."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels import unread as counting
from parley.channels.service import reading
from parley.feed.outside import outside_of
from parley.kit.errors import NotFound
from parley.models.channels import Channel
from parley.posts import attached, composing, places, shelf, showing
from parley.posts.kinds import lists
from parley.web.forms import query
from parley.web.visit import Id, Number, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
TABS = ("posts", "customers", "decisions", "files", "about")


@router.get("/channels/{channel_id}")
async def channel(
    channel_id: Id,
    visit: Reader,
    tab: str = "posts",
    before: Number = None,
    after: Number = None,
    around: Number = None,
) -> Response:
    """Show a channel: its posts, customers, files, or what it is."""
    outside = outside_of(visit)
    async with visit.reading() as session:
        row = await channels.get(session, visit.actor, channel_id)
        if visit.htmx and tab == "files":
            return visit.fragment("channels/_files.html", **await _files(session, visit, channel_id, before))
        if visit.htmx and tab == "posts":
            return visit.fragment("channels/_flow.html", **await _flow(session, visit, row, before, after, around))
        open_count = await outside.channel_count(session, visit.actor, channel_id)
        head = replace(await channels.head(session, visit.actor, row), customers_open=open_count)
        head = replace(head, why_not_post=visit.say(head.why_not_post) if head.why_not_post else "")
        context: dict[str, Any] = {
            "posts": [],
            "moved": {},
            "pins": await places.pins(session, channel_id) if tab not in TABS[1:] else [],
            "flow": None,
            "composer": None,
            "files": [],
            "older_url": None,
            "about": None,
            "decisions": [],
            "next_url": None,
            "customers": None,
        }
        tab = tab if tab in TABS else "posts"
        if tab == "posts":
            context |= await _flow(session, visit, row, before, after, around)
            context["composer"] = composing.for_channel(visit, channel_id, head.name)
        elif tab == "files":
            context |= await _files(session, visit, channel_id, before)
        elif tab == "decisions":
            context |= await _decisions(session, visit, channel_id)
        elif tab == "about":
            context["about"] = await channels.about(session, row)
        elif visit.actor.guest:
            raise NotFound
        else:
            context |= await outside.channel_tab(session, visit, row)
        return await visit.page(
            session,
            "channels/page.html",
            title=head.name if head.kind == "direct" else f"#{head.name}",
            place="channel",
            topics=[f"channel:{channel_id}"],
            channel_id=channel_id,
            channel=head,
            tab=tab,
            **context,
        )


async def _files(session: AsyncSession, visit: Visit, channel_id: int, before: int | None) -> dict[str, Any]:
    files, older = await attached.channel_files(session, visit.actor, channel_id, before=before)
    return {"files": files, "older_url": query(f"/channels/{channel_id}", tab="files", before=older) if older else None}


async def _decisions(session: AsyncSession, visit: Visit, channel_id: int) -> dict[str, Any]:
    rows, more = await lists.decisions(session, visit.actor, channel_id)
    return {"decisions": rows, "next_url": query(f"/channels/{channel_id}/decisions", before=more) if more else None}


async def _flow(
    session: AsyncSession, visit: Visit, row: Channel, before: int | None, after: int | None, around: int | None
) -> dict[str, Any]:
    assert row.id is not None  # noqa: S101  (a row)
    place = await counting.position(session, visit.actor, row)
    if around is not None:
        before = around + channels.PAGE // 2
    found = await shelf.flow(session, visit.actor, row.id, channels.PAGE + 1, before=before, after=after)
    more = len(found) > channels.PAGE
    some = found[-channels.PAGE :] if after is not None else found[: channels.PAGE]
    shown = await showing.shown(session, visit, some)
    path = f"/channels/{row.id}"
    older = query(path, before=shown[-1].number) if shown and more and after is None else None
    newer = None
    if (
        shown
        and shown[0].number < row.last_number
        and (after is not None or around is not None or before is not None)
        and not visit.htmx
    ):
        newer = query(path, after=shown[0].number)
    moved = {}
    if shown:
        newest = row.last_number + 1 if after is None else shown[0].number + 1
        moved = await places.notes_beside(
            session,
            visit.actor,
            row.id,
            shown,
            low=shown[-1].number if older or after is not None else 0,
            high=newest if before is None else min(before, newest),
        )
    return {"posts": shown, "flow": replace(place, older_url=older, newer_url=newer), "moved": moved}


@router.post("/channels/{channel_id}/read")
async def read(channel_id: Id, visit: Writer) -> Response:
    """Mark a channel as read up to a post."""
    number = (await visit.form()).number("number")
    async with visit.unit() as unit:
        await reading.read(
            unit, await channels.get(unit.session, visit.actor, channel_id), visit.actor.person_id, number
        )
    return Response(status_code=204) if visit.htmx else visit.seen(f"/channels/{channel_id}")


@router.post("/channels/{channel_id}/unread-from")
async def unread_from(channel_id: Id, visit: Writer) -> Response:
    """Make a post and all after it unread again."""
    number = (await visit.form()).number("number")
    async with visit.unit() as unit:
        await reading.unread_from(
            unit, await channels.get(unit.session, visit.actor, channel_id), visit.actor.person_id, number
        )
    return Response(status_code=204) if visit.htmx else visit.seen(f"/channels/{channel_id}")
