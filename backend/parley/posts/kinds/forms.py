"""The fields of the kinds in composers and edit forms: as somebody typed them, or as a post has them."""

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.models.identity import Person
from parley.models.kinds import Announcement, Occasion, Poll, PollOption, Praised, Supersession
from parley.models.posts import Post
from parley.posts.kinds import clocks, lists
from parley.posts.kinds.given import FIELDS, Written
from parley.posts.kinds.views import KindForm
from parley.web.forms import Form
from parley.web.visit import Visit


def zone_of(visit: Visit) -> str:
    """Return the time zone of the reader's own clocks."""
    zone = visit.actor.time_zone
    return zone if zone in clocks.zones() else "UTC"


def written(form: Form) -> Written:
    """Return what stands in the fields of the kinds."""
    return {name: values for name in FIELDS if (values := form.texts(name))}


def empty(visit: Visit) -> KindForm:
    """Return the fields of a new post."""
    return KindForm(zone=zone_of(visit))


def typed(visit: Visit, kind: str, fields: Written, post: KindForm | None = None) -> KindForm:
    """Return the fields as they were typed; of a `post` that is edited, with what it can choose from."""
    return KindForm(kind, fields, zone_of(visit), post.decisions if post else ())


async def known(session: AsyncSession, visit: Visit, post: Post) -> KindForm:
    """Return the fields of a post that is edited."""
    read = {"announcement": _announcement, "poll": _poll, "praise": _praise, "event": _event, "decision": _decision}
    values = await read[post.kind](session, post, zone_of(visit)) if post.kind in read else {}
    decisions = (
        await lists.holding(session, visit.actor, post.channel_id, besides=post.id) if post.kind == "decision" else []
    )
    return KindForm(post.kind, values, zone_of(visit), decisions)


async def _announcement(session: AsyncSession, post: Post, zone: str) -> Written:
    row = await session.get(Announcement, post.id)
    if row is None or row.due_at is None:
        return {}
    return {"due_at": [clocks.wall(row.due_at, zone)]}


async def _poll(session: AsyncSession, post: Post, zone: str) -> Written:
    row = await session.get(Poll, post.id)
    if row is None:
        return {}
    options = await session.execute(
        select(col(PollOption.words)).where(col(PollOption.post_id) == post.id).order_by(col(PollOption.place))
    )
    return {
        "options": list(options.scalars()),
        "multiple": ["1"] if row.multiple else [],
        "anonymous": ["1"] if row.anonymous else [],
        "closes_at": [clocks.wall(row.closes_at, zone)] if row.closes_at else [],
        "voted": ["1"] if row.voters else [],
    }


async def _praise(session: AsyncSession, post: Post, _zone: str) -> Written:
    handles = await session.execute(
        select(col(Person.handle))
        .join(Praised, col(Praised.person_id) == Person.id)
        .where(col(Praised.post_id) == post.id)
        .order_by(col(Person.name))
    )
    return {"people": [" ".join(f"@{handle}" for handle in handles.scalars())]}


async def _event(session: AsyncSession, post: Post, _zone: str) -> Written:
    row = await session.get(Occasion, post.id)
    if row is None:
        return {}
    return {
        "starts_at": [clocks.wall(row.starts_at, row.zone)],
        "ends_at": [clocks.wall(row.ends_at, row.zone)],
        "zone": [row.zone],
        "location": [row.place],
    }


async def _decision(session: AsyncSession, post: Post, _zone: str) -> Written:
    old = await session.execute(select(col(Supersession.old_id)).where(col(Supersession.new_id) == post.id))
    found = old.scalar_one_or_none()
    return {"supersedes": [str(found)]} if found else {}
