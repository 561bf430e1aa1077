"""The lists of conversations."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from parley.customers.queries import counts, lists
from parley.customers.queries.counts import LISTS
from parley.customers.views import Waiting
from parley.kit.errors import NotFound
from parley.web.visit import CustomerReader

router = APIRouter(include_in_schema=False)
Channel = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("/customers")
async def queue(
    visit: CustomerReader,
    name: Annotated[str, Query(alias="list")] = "unclaimed",
    channel: Channel = None,
    cursor: Cursor = None,
) -> Response:
    """Show one list of conversations, or what comes after a cursor."""
    if name not in LISTS or visit.actor.guest:
        raise NotFound
    async with visit.reading() as session:
        view = await lists.queue(session, visit.actor, name, channel, cursor)
        if visit.htmx and cursor:
            return visit.fragment("customers/_rows.html", queue=view)
        topics = [f"channel:{each.id}" for each in view.channels]
        return await visit.page(
            session, "customers/queue.html", title=visit.say("Customers"), place="customers", topics=topics, queue=view
        )


@router.get("/customers/numbers")
async def numbers(visit: CustomerReader, channel: Channel = None) -> Response:
    """Say how many wait, in the rail and above the lists; pages ask when they hear that something moved."""
    if visit.actor.guest:
        raise NotFound
    async with visit.reading() as session:
        unclaimed, late = await counts.unclaimed_and_late(session, visit.actor)
        in_lists = await counts.of_lists(session, visit.actor, channel)
        waiting = Waiting(*await counts.waiting(session, visit.actor, channel))
    return visit.fragment(
        "customers/_numbers.html", unclaimed=unclaimed, late=late, counts=in_lists, channel_id=channel, waiting=waiting
    )
