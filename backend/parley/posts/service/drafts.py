"""What somebody writes is kept while they write, in one place the same on all their devices."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.unit import Unit
from parley.events.posts import DraftChanged
from parley.kit.errors import Conflict, Invalid, NotFound
from parley.models.posts import Comment, Post
from parley.models.writing import Draft

MOST = 100
BODY_LIMIT, FIELDS_LIMIT = 20_000, 20_000
_PLACE = re.compile(r"home|(?:channel|post|conversation|kept):[1-9][0-9]{0,9}")


class Differs(Conflict):
    """409: another device has kept something else in this place since; nothing is overwritten."""

    code = "draft_differs"
    sentence = "Another text was kept here on another device."


class Published(Conflict):
    """409: what would be kept is published already."""

    code = "published"
    sentence = "This is published already."


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a composer."""

    body: str = ""
    title: str = ""
    kind: str = ""
    channel_id: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    file_ids: tuple[int, ...] = ()
    client_id: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is worth keeping."""
        return not (self.body.strip() or self.title.strip() or self.file_ids)


def tidy_place(place: str) -> str:
    """Return `place`; raise `NotFound` unless it is one where somebody writes."""
    if not _PLACE.fullmatch(place):
        raise NotFound
    return place


async def get(session: AsyncSession, person_id: int, place: str) -> Draft | None:
    """Return what a person has kept in a place."""
    found = await session.execute(
        select(Draft).where(col(Draft.person_id) == person_id, col(Draft.place) == tidy_place(place))
    )
    return found.scalar_one_or_none()


async def listing(session: AsyncSession, person_id: int) -> list[Draft]:
    """Return everything a person has kept, the newest first; there are at most a hundred."""
    found = await session.execute(
        select(Draft).where(col(Draft.person_id) == person_id).order_by(col(Draft.written_at).desc(), col(Draft.id))
    )
    return list(found.scalars().all())


async def keep(
    unit: Unit, person_id: int, place: str, written: Written, *, base: int = 0, device: str = "", reason: str = ""
) -> Draft | None:
    """Keep `written`, which was made from version `base` (0: from nothing); an empty one is let go of, and None returned.

    Raises `Differs` when something else was kept meanwhile, `Published`, `Invalid` when it is too much.
    """
    _measure(written)
    if written.client_id and await _published(unit, person_id, written.client_id):
        raise Published
    known = await get(unit.session, person_id, place)
    if known is not None and known.version != base and not _same(known, written):
        raise Differs
    if written.empty:
        if known is not None:
            await _forget(unit, person_id, place, device)
        return None
    if known is None:
        known = await _new(unit, person_id, place)
    elif _same(known, written):
        return known
    known.body, known.title, known.kind = written.body, written.title, written.kind
    known.channel_id, known.file_ids = written.channel_id, list(written.file_ids)
    known.fields = {**written.fields, "client_id": written.client_id or ""}
    known.version = max(known.version, base) + 1
    known.device, known.reason, known.written_at = device, reason, unit.now
    unit.session.add(known)
    try:
        async with unit.session.begin_nested():
            await unit.session.flush()
    except IntegrityError as error:  # two devices began here at the same moment
        raise Differs from error
    await unit.emit(DraftChanged(person_id=person_id, place=place, version=known.version, device=device))
    return known


async def drop(unit: Unit, person_id: int, place: str, device: str = "") -> None:
    """Let go of what is kept in a place; nothing happens where there is nothing."""
    if await get(unit.session, person_id, place) is not None:
        await _forget(unit, person_id, place, device)


async def published(unit: Unit, person_id: int, place: str, version: int, device: str) -> None:
    """Let go of the draft of what is published in this unit; another text that another device kept there stays."""
    known = await get(unit.session, person_id, place) if _PLACE.fullmatch(place) else None
    if known is not None and (known.version == version or (device and known.device == device)):
        await _forget(unit, person_id, place, device)


async def count(session: AsyncSession, person_id: int) -> int:
    """Return how much a person has kept."""
    found = await session.execute(select(func.count()).where(col(Draft.person_id) == person_id))
    return int(found.scalar_one())


async def _new(unit: Unit, person_id: int, place: str) -> Draft:
    if not place.startswith("kept:") and await count(unit.session, person_id) >= MOST:
        raise Invalid("You have a hundred drafts. Let go of some first.", code="too_many_drafts")
    return Draft(person_id=person_id, place=place, version=0, written_at=unit.now)


async def _forget(unit: Unit, person_id: int, place: str, device: str) -> None:
    await unit.session.execute(delete(Draft).where(col(Draft.person_id) == person_id, col(Draft.place) == place))
    await unit.emit(DraftChanged(person_id=person_id, place=place, version=0, device=device))


async def _published(unit: Unit, person_id: int, client_id: str) -> bool:
    """A save that was on its way while its text was published must not bring it back as a draft."""
    post = select(col(Post.id)).where(col(Post.author_id) == person_id, col(Post.client_id) == client_id)
    said = select(col(Comment.id)).where(col(Comment.author_id) == person_id, col(Comment.client_id) == client_id)
    found = await unit.session.execute(select(or_(post.exists(), said.exists())))
    return bool(found.scalar())


def _measure(written: Written) -> None:
    if len(written.body) > BODY_LIMIT or len(json.dumps(written.fields)) > FIELDS_LIMIT:
        raise Invalid(fields={"body": "This is too long to be kept. Shorten it; on this device it stays as it is."})


def _same(known: Draft, written: Written) -> bool:
    fields = {name: value for name, value in known.fields.items() if name != "client_id"}
    return (known.body, known.title, known.kind, known.channel_id, known.file_ids, fields) == (
        written.body,
        written.title,
        written.kind,
        written.channel_id,
        list(written.file_ids),
        written.fields,
    )
