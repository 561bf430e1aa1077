"""Home."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.feed import duties, queries, reasons, top
from parley.feed.outside import outside_of
from parley.feed.views import HomeView
from parley.kit import clock
from parley.posts import composing, shelf, showing
from parley.web.forms import query
from parley.web.visit import Number, Reader, Visit

router = APIRouter(include_in_schema=False)
ORDERS = ("newest", "top")


@router.get("/")
async def home(
    visit: Reader,
    filter: str = "all",  # noqa: A002  (the address says filter)
    order: str = "newest",
    before: Number = None,
) -> Response:
    """Show Home, or an older part of it; `order` top is the week's posts by what they mean to the reader."""
    kind = filter if filter in queries.FILTERS else "all"
    order = order if order in ORDERS else "newest"
    outside = outside_of(visit)
    async with visit.reading() as session:
        wanted = await queries.follows(session, visit.actor)
        if order == "top":
            found, why = await _top(session, visit, wanted, kind)
        else:
            found = await queries.home(session, visit.actor, wanted, kind=kind, before=before)
            why = await reasons.of_newest(session, visit, wanted, found.marks)
        shown = await showing.shown(session, visit, found.marks, why)
        older = query("/", filter=kind if kind != "all" else "", before=found.older) if found.older else None
        if visit.htmx:
            return visit.fragment("feed/_flow.html", posts=shown, older_url=older)
        waiting, count = await outside.waiting(session, visit.actor)
        view = HomeView(
            greeting=_greeting(visit),
            today=clock.now(),
            line=_line(visit, count, waiting),
            filter=kind,
            order=order,
            customers_open=count,
            lead=await duties.lead(session, visit) if kind == "all" else None,
            posts=shown,
            older_url=older,
            waiting=waiting,
            on_duty=[],
            questions=await duties.open_questions(session, visit.actor),
            topics=[*(f"channel:{each}" for each in wanted.channels), *(f"author:{each}" for each in wanted.persons)],
        )
        composer = composing.for_home(visit, await channels.postable(session, visit.actor))
        return await visit.page(
            session, "feed/home.html", title=visit.say("Home"), place="home", home=view, composer=composer
        )


async def _top(
    session: AsyncSession, visit: Visit, wanted: queries.Follows, kind: str
) -> tuple[queries.Home, Mapping[int, list[str]]]:
    ids = await queries.newest(session, wanted, kind, None, top.CANDIDATES)
    marks = await shelf.marks(session, visit.actor, ids)
    known = await top.facts(session, visit.actor, ids)
    scored = top.ranked(marks, known, visit.actor.person_id, clock.now())
    return queries.Home([one.mark for one in scored], None), await reasons.of_top(session, visit, scored)


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
