"""What becomes of the names in a text: who was told, who could not be, and letting those in. For pages and programs."""

from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.models.identity import Person
from parley.models.notifications import Notification
from parley.models.posts import Comment, Post
from parley.people.queries import cards
from parley.posts import queries
from parley.posts.service import sharing
from parley.posts.views import ShareView
from parley.web.api import PROBLEMS, BodyId
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["posts"], responses=PROBLEMS)
Noun = Literal["posts", "comments"]
_NAMES = 5


async def outcome(visit: Visit, noun: str, thing_id: int) -> dict[str, str]:
    """Return the headers that say whom an edit told, and ask about those who may not read what names them."""
    headers: dict[str, str] = {}
    async with visit.reading() as session:
        thing = await find(session, visit, noun, thing_id)
        if "@" not in thing.body:
            return headers
        if thing.edited_at is not None and (names := await _told(session, noun, thing)):
            headers["X-Parley-Toast"] = quote(visit.say("Told now: %(names)s") % {"names": _list(names)})
        if (await sharing.unreached(session, visit.actor, thing)).person_ids:
            headers["X-Parley-Ask"] = f"/{noun}/{thing_id}/share"
    return headers


async def _told(session: AsyncSession, noun: str, thing: Post | Comment) -> Sequence[str]:
    """The names of those whom the last wording told for the first time."""
    about = f"mention:post:{thing.id}" if noun == "posts" else f"comment:{thing.id}"
    rows = await session.execute(
        select(col(Person.name))
        .join(Notification, col(Notification.person_id) == Person.id)
        .where(col(Notification.about) == about, col(Notification.created_at) == thing.edited_at)
        .order_by(col(Person.name))
    )
    return rows.scalars().all()


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMES]) + (f" + {len(names) - _NAMES}" if len(names) > _NAMES else "")


async def find(session: AsyncSession, visit: Visit, noun: str, thing_id: int) -> Post | Comment:
    """Return a post or comment that the reader may read."""
    if noun == "posts":
        return await queries.get(session, visit.actor, thing_id)
    return await queries.get_comment(session, visit.actor, thing_id)


@router.get("/{noun}/{thing_id}/share")
async def ask(noun: Noun, thing_id: Id, visit: Reader) -> Response:
    """Ask the author whether those who were named and may not read shall be let in."""
    async with visit.reading() as session:
        thing = await find(session, visit, noun, thing_id)
        found = await sharing.unreached(session, visit.actor, thing)
        if thing.author_id != visit.actor.person_id:
            found = sharing.Unreached((), None, "")
        people = await cards(session, found.person_ids)
        view = ShareView(
            f"/{noun}/{thing_id}",
            [people[person] for person in found.person_ids],
            found.channel.name if found.channel else "",
            visit.say(found.why_not) if found.why_not else "",
        )
        if visit.htmx:
            return visit.fragment("posts/_share.html", share=view)
        return await visit.page(
            session, "posts/share.html", title=visit.say("Share with them?"), place="channel", share=view
        )


@router.post("/{noun}/{thing_id}/share")
async def share(noun: Noun, thing_id: Id, visit: Writer) -> Response:
    """Let those in whom the author chose, and tell them."""
    await visit.limit("invite")
    form = await visit.form()
    ids = form.ids("people")
    async with visit.unit() as unit:
        thing = await find(unit.session, visit, noun, thing_id)
        told = await sharing.share(unit, visit.actor, thing, ids)
    if not visit.htmx:
        return visit.seen(f"/{noun}/{thing_id}")
    async with visit.reading() as session:
        people = await cards(session, told)
    words = visit.say("Let in and told: %(names)s") % {"names": _list([people[person].name for person in told])}
    return Response(status_code=204, headers={"X-Parley-Toast": quote(words)} if told else {})


class Unreached(BaseModel):
    """Somebody whom a text names and who may not read it."""

    person_id: int
    handle: str
    name: str


class Mentions(BaseModel):
    """What became of the names in a text; `why_not` says why the caller may not let these persons in."""

    without_access: list[Unreached]
    may_add: bool
    why_not: str


class ShareIn(BaseModel):
    """Whom to let into the channel."""

    model_config = ConfigDict(extra="forbid")

    people: list[BodyId] = Field(min_length=1, max_length=200)


@api.get("/{noun}/{thing_id}/mentions")
async def read(noun: Noun, thing_id: Id, visit: Reader) -> Mentions:
    """Return whom the caller's own text names in vain."""
    return await _mentions(visit, noun, thing_id)


@api.post("/{noun}/{thing_id}/mentions")
async def add(noun: Noun, thing_id: Id, given: ShareIn, visit: Writer) -> Mentions:
    """Let persons in whom the caller's text names, and tell them; return who is left."""
    await visit.limit("invite")
    async with visit.unit() as unit:
        thing = await find(unit.session, visit, noun, thing_id)
        await sharing.share(unit, visit.actor, thing, given.people)
    return await _mentions(visit, noun, thing_id)


async def _mentions(visit: Visit, noun: str, thing_id: int) -> Mentions:
    async with visit.reading() as session:
        thing = await find(session, visit, noun, thing_id)
        found = sharing.Unreached((), None, "")
        if thing.author_id == visit.actor.person_id:
            found = await sharing.unreached(session, visit.actor, thing)
        people = await cards(session, found.person_ids)
    return Mentions(
        without_access=[
            Unreached(person_id=person, handle=people[person].handle, name=people[person].name)
            for person in found.person_ids
        ],
        may_add=bool(found.person_ids) and not found.why_not,
        why_not=found.why_not,
    )
