"""Drafts and posts for later, for programs and for our own composers."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from parley.kit.errors import NotFound
from parley.models.writing import Draft, ScheduledPost
from parley.posts import waiting
from parley.posts.schemas import PostIn, PostOut
from parley.posts.service import drafts, scheduling
from parley.posts.service.drafts import Written
from parley.posts.service.scheduling import Later
from parley.posts.service.words import client_uuid, ready
from parley.web.api import PROBLEMS, BodyId, Moment, known
from parley.web.visit import Id, Reader, Writer

router = APIRouter(prefix="/api/v1", tags=["drafts"], responses=PROBLEMS)
Place = Annotated[str, Path(max_length=40)]
_STORABLE = AfterValidator(lambda text: text.replace("\0", ""))
"""PostgreSQL holds no NUL."""
Typed = Annotated[str, Field(max_length=drafts.FIELDS_LIMIT), _STORABLE]


class DraftIn(BaseModel):
    """What stands in a composer; `base` is the version it was made from, 0 for none."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[str, _STORABLE] = Field(default="", max_length=drafts.BODY_LIMIT)
    title: Annotated[str, _STORABLE] = Field(default="", max_length=200)
    kind: Annotated[str, _STORABLE] = Field(default="", max_length=16)
    channel_id: BodyId | None = None
    fields: dict[
        Annotated[str, Field(max_length=40), _STORABLE], Typed | Annotated[list[Typed], Field(max_length=100)]
    ] = Field(default={}, max_length=50)
    attachments: list[BodyId] = Field(default=[], max_length=10)
    client_id: str | None = Field(default=None, max_length=36)
    base: int = Field(default=0, ge=0, le=2**31 - 2)
    device: Annotated[str, _STORABLE] = Field(default="", max_length=36)


class DraftOut(BaseModel):
    """What is kept in a place: `home`, `channel:7`, `post:9` (a comment), `kept:4` (not published at its time)."""

    id: int
    place: str
    version: int
    body: str
    title: str
    kind: str
    channel_id: int | None
    fields: dict[str, Any]
    attachments: list[waiting.Attached]
    device: str
    reason: str
    written_at: Moment


class Drafts(BaseModel):
    """Everything that is kept, newest first; at most a hundred and those not published at their time."""

    items: list[DraftOut]
    next: None = None


class ScheduledIn(PostIn):
    """A post for later: when, and where."""

    channel_id: BodyId
    send_at: AwareDatetime


class ScheduledOut(BaseModel):
    """A post that waits for its time."""

    id: int
    channel_id: int
    kind: str
    title: str
    body: str
    send_at: Moment
    client_id: str
    attachments: list[int]


class Waiting(BaseModel):
    """The posts that wait, the next one first; at most a hundred."""

    items: list[ScheduledOut]
    next: None = None


@router.get("/drafts")
async def list_drafts(visit: Reader) -> Drafts:
    """Return one's drafts."""
    async with visit.reading() as session:
        found = await drafts.listing(session, visit.actor.person_id)
        files = await waiting.attached_to(session, visit.actor, [draft.file_ids for draft in found])
    return Drafts(items=[_draft(draft, files) for draft in found])


@router.get("/drafts/{place}")
async def read_draft(place: Place, visit: Reader) -> DraftOut:
    """Return what is kept in a place."""
    async with visit.reading() as session:
        found = await drafts.get(session, visit.actor.person_id, place)
        if found is None:
            raise NotFound
        return _draft(found, await waiting.attached_to(session, visit.actor, [found.file_ids]))


@router.put("/drafts/{place}", response_model=DraftOut | None)
async def keep_draft(place: Place, given: DraftIn, visit: Writer) -> DraftOut | None:
    """Keep what is written; empty lets go of it. 409 `draft_differs` when another device kept something else meanwhile."""
    written = Written(
        given.body,
        given.title,
        given.kind,
        given.channel_id,
        given.fields,
        tuple(given.attachments),
        client_uuid(given.client_id),
    )
    async with visit.unit() as unit:
        written = await waiting.known_channel(unit.session, visit.actor, written)
        kept = await drafts.keep(
            unit, visit.actor.person_id, drafts.tidy_place(place), written, base=given.base, device=given.device
        )
        return _draft(kept, await waiting.attached_to(unit.session, visit.actor, [kept.file_ids])) if kept else None


@router.delete("/drafts/{place}", status_code=204)
async def drop_draft(place: Place, visit: Writer) -> None:
    """Let go of what is kept in a place."""
    async with visit.unit() as unit:
        await drafts.drop(unit, visit.actor.person_id, drafts.tidy_place(place))


@router.get("/scheduled")
async def list_scheduled(visit: Reader) -> Waiting:
    """Return one's posts that wait for their time."""
    async with visit.reading() as session:
        found = await scheduling.listing(session, visit.actor.person_id)
    return Waiting(items=[_scheduled(row) for row in found])


@router.post("/scheduled", status_code=201, responses=known(ScheduledOut))
async def schedule(given: ScheduledIn, visit: Writer, response: Response) -> ScheduledOut:
    """Keep a post for its time: 201, or 200 with the stored one when the client id is known."""
    await visit.limit("post")
    later = await _later(given)
    async with visit.unit() as unit:
        row, new = await scheduling.schedule(unit, visit.actor, given.channel_id, later)
        out = _scheduled(row)
    response.status_code = 201 if new else 200
    return out


@router.put("/scheduled/{scheduled_id}")
async def change_scheduled(scheduled_id: Id, given: ScheduledIn, visit: Writer) -> ScheduledOut:
    """Change a post that waits, or its time."""
    await visit.limit("post")
    later = await _later(given)
    async with visit.unit() as unit:
        return _scheduled(await scheduling.change(unit, visit.actor, scheduled_id, given.channel_id, later))


@router.delete("/scheduled/{scheduled_id}", status_code=204)
async def cancel_scheduled(scheduled_id: Id, visit: Writer) -> None:
    """Take a post out of the waiting ones; its words are kept as a draft."""
    async with visit.unit() as unit:
        await scheduling.cancel(unit, visit.actor, scheduled_id)


@router.post("/scheduled/{scheduled_id}/publish", status_code=201)
async def publish_scheduled(scheduled_id: Id, visit: Writer) -> PostOut:
    """Publish a post that waits, now."""
    await visit.limit("post")
    post_id = await waiting.publish_now(visit, scheduled_id)
    return await waiting.post(visit, post_id)


async def _later(given: ScheduledIn) -> Later:
    files = tuple(given.attachments)
    words = await ready(given.body, title=given.title, kind=given.kind, files=files)
    return Later(
        words,
        given.kind,
        given.send_at.replace(microsecond=0),
        files,
        given=given.parts(),
        client_id=client_uuid(given.client_id),
    )


def _draft(draft: Draft, files: dict[int, waiting.Attached]) -> DraftOut:
    return DraftOut(
        id=draft.id or 0,
        place=draft.place,
        version=draft.version,
        body=draft.body,
        title=draft.title,
        kind=draft.kind,
        channel_id=draft.channel_id,
        fields=draft.fields,
        attachments=[files[file_id] for file_id in draft.file_ids if file_id in files],
        device=draft.device,
        reason=draft.reason,
        written_at=draft.written_at,
    )


def _scheduled(row: ScheduledPost) -> ScheduledOut:
    return ScheduledOut(
        id=row.id or 0,
        channel_id=row.channel_id,
        kind=row.kind,
        title=row.title,
        body=row.body,
        send_at=row.due_at,
        client_id=row.client_id,
        attachments=row.file_ids,
    )
