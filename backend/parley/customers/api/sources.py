"""Sources and streams for programs."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import col

from parley.channels import queries as channels
from parley.customers.house import sealer
from parley.customers.presenting import source_out, stream_out
from parley.customers.requests import SourceChange, SourceIn, StreamIn
from parley.customers.rows import every
from parley.customers.schemas import HealthOut, PreviewOut, SourceOut, StreamOut
from parley.customers.service import sources, streams
from parley.customers.service.sources import SourceDraft
from parley.customers.trial import try_source
from parley.kit.errors import NotFound
from parley.models.customers import Source, Stream
from parley.policy import customers as policy
from parley.web.api import PROBLEMS
from parley.web.visit import CustomerReader, CustomerWriter, SourceReader, SourceWriter

router = APIRouter(prefix="/api/v1", tags=["sources"], responses=PROBLEMS)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Sources(BaseModel):
    """All sources."""

    items: list[SourceOut]
    next: str | None = None


class Streams(BaseModel):
    """All streams of a channel."""

    items: list[StreamOut]
    next: str | None = None


@router.get("/sources")
async def list_sources(visit: SourceReader) -> Sources:
    """Return the sources with how they fare; passwords are never given."""
    async with visit.reading() as session:
        return Sources(items=[source_out(row) for row in await every(session, select(Source).order_by(col(Source.id)))])


@router.post("/sources", status_code=201)
async def connect(given: SourceIn, visit: SourceWriter) -> SourceOut:
    """Connect a mailbox; `channel_id` hears all of it from the start."""
    draft = SourceDraft(**given.model_dump(exclude={"channel_id"}))
    async with visit.unit() as unit:
        source = await sources.create(
            unit, visit.actor, draft, sealer(visit.machine.settings), channel_id=given.channel_id, via="api"
        )
    return source_out(source)


@router.get("/sources/{source_id}")
async def read(source_id: Id, visit: SourceReader) -> SourceOut:
    """Return one source."""
    async with visit.reading() as session:
        source = await session.get(Source, source_id)
    if source is None:
        raise NotFound
    return source_out(source)


@router.patch("/sources/{source_id}")
async def change(source_id: Id, given: SourceChange, visit: SourceWriter) -> SourceOut:
    """Pause a source, or let it go on."""
    async with visit.unit() as unit:
        source = await sources.set_paused(unit, visit.actor, source_id, paused=given.state == "paused")
    return source_out(source)


@router.post("/sources/{source_id}/test")
async def test(source_id: Id, visit: SourceWriter) -> HealthOut:
    """Try the connections of a source and say in words what was found."""
    await visit.limit("preview")
    async with visit.reading() as session:
        source = await session.get(Source, source_id)
    if source is None:
        raise NotFound
    health = await try_source(visit.machine.settings, source)
    return HealthOut(ok=health.ok, words=health.words, details=dict(health.details))


@router.get("/channels/{channel_id}/streams")
async def list_streams(channel_id: Id, visit: CustomerReader) -> Streams:
    """Return what a channel hears."""
    async with visit.reading() as session:
        await channels.get(session, visit.actor, channel_id)
        rows = await every(
            session,
            policy.readable_streams(visit.actor).where(col(Stream.channel_id) == channel_id).order_by(col(Stream.id)),
        )
    return Streams(items=[stream_out(row) for row in rows])


@router.post("/channels/{channel_id}/streams", status_code=201)
async def add_stream(channel_id: Id, given: StreamIn, visit: CustomerWriter) -> StreamOut:
    """Let a channel hear a source from now on."""
    async with visit.unit() as unit:
        stream = await streams.add(unit, visit.actor, channel_id, given.source_id, given.words)
    return stream_out(stream)


@router.delete("/streams/{stream_id}", status_code=204)
async def remove_stream(stream_id: Id, visit: CustomerWriter) -> None:
    """End a stream; what it surfaced stays."""
    async with visit.unit() as unit:
        await streams.remove(unit, visit.actor, stream_id)


@router.post("/streams/preview")
async def preview(given: StreamIn, visit: CustomerReader) -> PreviewOut:
    """Try a stream on the latest conversations that the caller may read."""
    await visit.limit("preview")
    async with visit.reading() as session:
        found = await streams.preview(session, visit.actor, given.source_id, given.words)
    return PreviewOut(
        looked_at=found.looked_at, taken=len(found.conversation_ids), conversation_ids=list(found.conversation_ids)
    )
