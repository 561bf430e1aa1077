"""Catch-up for programs."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from parley.channels import unread as counting
from parley.feed import catch_up, catch_up_rows
from parley.feed import catch_up_service as service
from parley.feed.catch_up_rows import CatchUpRow
from parley.feed.outside import outside_of
from parley.web.api import PROBLEMS, BodyId, Moment
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(prefix="/api/v1/feed/catch-up", tags=["feeds"], responses=PROBLEMS)
Kind = Literal["notice", "thread", "channel", "conversation", "post"]


class CatchUpItem(BaseModel):
    """One thing that waits, or is put off until a time. `kind` and `id` name it in the acts."""

    kind: Kind
    id: int
    url: str
    title: str
    note: str
    text: str
    at: Moment | None
    unread: int
    mentions: int
    until: Moment | None


class CatchUpPart(BaseModel):
    """A group: mentions, assigned, customers, inner, threads or channels. `total` may be more than the items shown."""

    name: str
    total: int
    items: list[CatchUpItem]


class CatchUpOut(BaseModel):
    """Everything that waits, and what comes back later."""

    total: int
    groups: list[CatchUpPart]
    later: list[CatchUpItem]


class ThingIn(BaseModel):
    """Which thing."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    id: BodyId


class LaterIn(ThingIn):
    """Which thing, and when it comes back."""

    until: AwareDatetime


class ScopeIn(BaseModel):
    """What is marked as read; `channel_ids` narrows the channels."""

    model_config = ConfigDict(extra="forbid")

    scope: Literal["threads", "channels", "everything"]
    channel_ids: list[BodyId] | None = Field(default=None, max_length=1000)


class ActOut(BaseModel):
    """An act, which can be taken back for a day, and how many things wait now."""

    act: int
    total: int


@router.get("")
async def read(visit: Reader) -> CatchUpOut:
    """Return what waits for the caller, in groups, and what is put off."""
    async with visit.reading() as session:
        view = await catch_up_rows.view(session, visit, outside_of(visit))
    return CatchUpOut(
        total=view.total,
        groups=[
            CatchUpPart(name=group.name, total=group.total, items=[_item(row) for row in group.rows])
            for group in view.groups
        ],
        later=[_item(row) for row in view.later],
    )


@router.post("/done")
async def done(given: ThingIn, visit: Writer) -> ActOut:
    """Be done with a thing: what it stands for is read, so that all other counts agree."""
    async with visit.unit() as unit:
        act = await service.done(unit, visit.actor, [(given.kind, given.id)])
    return await _acted(visit, act)


@router.post("/later")
async def later(given: LaterIn, visit: Writer) -> ActOut:
    """Put a thing off; it comes back at that time, whether or not it is read meanwhile."""
    until: datetime = given.until
    async with visit.unit() as unit:
        act = await service.later(unit, visit.actor, given.kind, given.id, until)
    return await _acted(visit, act)


@router.post("/read")
async def read_all(given: ScopeIn, visit: Writer) -> ActOut:
    """Mark as read all followed threads, some or all channels, or everything with the bell."""
    async with visit.unit() as unit:
        act = await service.read_all(unit, visit.actor, given.scope, given.channel_ids)
    return await _acted(visit, act)


@router.post("/acts/{act_id}/undo", status_code=204)
async def undo(act_id: Id, visit: Writer) -> None:
    """Take an act of the last day back."""
    async with visit.unit() as unit:
        await service.take_back(unit, visit.actor, act_id)


async def _acted(visit: Visit, act: int) -> ActOut:
    async with visit.reading() as session:
        unread = {row.channel_id: row.count for row in await counting.unread(session, visit.actor)}
        found = await catch_up.numbers(session, visit.actor, unread)
    return ActOut(act=act, total=found.total(unread))


def _item(row: CatchUpRow) -> CatchUpItem:
    return CatchUpItem(
        kind=row.kind,
        id=row.id,
        url=row.url,
        title=row.head,
        note=row.note,
        text=row.text,
        at=row.at,
        unread=row.count,
        mentions=row.mentions,
        until=row.until,
    )
