"""Home and the channel's page."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels import unread as counting
from parley.channels.service import reading
from parley.feed import queries
from parley.feed.outside import outside_of
from parley.feed.views import HomeView
from parley.kit import clock
from parley.kit.errors import NotFound
from parley.models.channels import Channel
from parley.posts import attached, composing, places
from parley.posts import queries as posts
from parley.web.forms import query
from parley.web.visit import Id, Number, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
TABS = ("posts", "customers", "files", "about")


@router.get("/")
async def home(visit: Reader, filter: str = "all", before: Number = None) -> Response:  # noqa: A002  (the address says filter)
    """Show Home, or an older part of it."""
    kind = filter if filter in queries.FILTERS else "all"
    outside = outside_of(visit)
    async with visit.reading() as session:
        followed = await queries.followed(session, visit.actor)
        found = await queries.home(session, visit.actor, followed, kind=kind, before=before)
        shown = await queries.home_views(session, found, composing.surfaced(visit))
        older = query("/", filter=kind if kind != "all" else "", before=found.older) if found.older else None
        if visit.htmx:
            return visit.fragment("posts/_flow.html", posts=shown, older_url=older)
        waiting, count = await outside.waiting(session, visit.actor)
        view = HomeView(
            greeting=_greeting(visit),
            today=clock.now(),
            line=_line(visit, count, waiting),
            filter=kind,
            customers_open=count,
            lead=await queries.lead(session, followed, composing.surfaced(visit)) if kind == "all" else None,
            posts=shown,
            older_url=older,
            waiting=waiting,
            on_duty=[],
            questions=[],
            topics=[f"channel:{channel}" for channel in followed],
        )
        composer = composing.for_home(visit, await channels.postable(session, visit.actor))
        return await visit.page(
            session, "feed/home.html", title=visit.say("Home"), place="home", home=view, composer=composer
        )


def _greeting(visit: Visit) -> str:
    hour = _local(visit).hour
    words = "Good evening, %(name)s"
    if 4 <= hour < 12:
        words = "Good morning, %(name)s"
    elif 12 <= hour < 18:
        words = "Good afternoon, %(name)s"
    return visit.say(words) % {"name": visit.actor.name.split()[0]}


def _local(visit: Visit) -> datetime:
    try:
        return clock.now().astimezone(ZoneInfo(visit.actor.time_zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return clock.now()


def _line(visit: Visit, count: int, waiting: Any) -> str:  # noqa: ANN401  (rows of the customers' domain)
    if visit.actor.guest:
        return ""
    late = sum(1 for row in waiting if row.state == "late")
    if late:
        return (
            visit.say("One customer is waiting too long")
            if late == 1
            else visit.say("Some customers are waiting too long")
        )
    if count:
        return visit.say("Customers are waiting for an answer")
    return visit.say("No customer is waiting")


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
            "customers": None,
        }
        tab = tab if tab in TABS else "posts"
        if tab == "posts":
            context |= await _flow(session, visit, row, before, after, around)
            context["composer"] = composing.for_channel(visit, channel_id, head.name)
        elif tab == "files":
            context |= await _files(session, visit, channel_id, before)
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


async def _flow(
    session: AsyncSession, visit: Visit, row: Channel, before: int | None, after: int | None, around: int | None
) -> dict[str, Any]:
    assert row.id is not None  # noqa: S101  (a row)
    place = await counting.position(session, visit.actor, row)
    if around is not None:
        before = around + channels.PAGE // 2
    found = await posts.flow(session, visit.actor, row.id, composing.surfaced(visit), before=before, after=after)
    more = len(found) > channels.PAGE
    shown = found[-channels.PAGE :] if after is not None else found[: channels.PAGE]
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
