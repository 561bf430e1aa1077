"""Posts for later: kept until their time, published then exactly once, given back as drafts when they may not be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.service import membership
from parley.core import jobs
from parley.core.unit import Unit
from parley.events.posts import ScheduledChanged
from parley.kit.errors import Invalid, NotFound
from parley.models.channels import Channel
from parley.models.identity import Person, RoleGrant
from parley.models.posts import File, Post
from parley.models.writing import Draft, ScheduledPost
from parley.policy import channels as channel_policy
from parley.policy.actor import Actor
from parley.posts.kinds.given import Given
from parley.posts.service import drafts, publishing
from parley.posts.service.words import OtherContent, Words

JOB = "posts.due"
MOST = 100
FARTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Later:
    """A post for a time to come. `written` holds the fields of its kind as they were typed, for editing it again."""

    words: Words
    kind: str
    due_at: datetime
    file_ids: tuple[int, ...] = ()
    given: Given = field(default_factory=Given)
    written: Mapping[str, Sequence[str]] = field(default_factory=dict)
    client_id: str | None = None


async def schedule(unit: Unit, actor: Actor, channel_id: int, later: Later) -> tuple[ScheduledPost, bool]:
    """Keep a post for its time; return it and whether it is new. Raises what publishing it now would raise."""
    if later.client_id and (known := await _known(unit, actor, later.client_id)):
        if _content(known) != _content_of(later, channel_id):
            raise OtherContent
        return known, False
    await _judge(unit, actor, channel_id, later)
    if await count(unit.session, actor.person_id) >= MOST:
        raise Invalid("A hundred posts of yours wait already. Publish or cancel one first.", code="too_many_scheduled")
    row = ScheduledPost(
        person_id=actor.person_id,
        channel_id=channel_id,
        client_id=later.client_id or str(uuid4()),
        due_at=later.due_at,
        created_at=unit.now,
    )
    _fill(row, later)
    unit.session.add(row)
    await unit.session.flush()
    await jobs.enqueue(unit.session, JOB, {}, run_at=row.due_at, key="due")
    await _tell(unit, row, "made")
    return row, True


async def change(unit: Unit, actor: Actor, scheduled_id: int, channel_id: int, later: Later) -> ScheduledPost:
    """Change a post that waits, or its time."""
    row = await find(unit.session, actor, scheduled_id, lock=True)
    await _judge(unit, actor, channel_id, later)
    row.channel_id, row.due_at = channel_id, later.due_at
    _fill(row, later)
    unit.session.add(row)
    await unit.session.flush()
    await jobs.enqueue(unit.session, JOB, {}, run_at=row.due_at, key="due")
    await _tell(unit, row, "changed")
    return row


async def cancel(unit: Unit, actor: Actor, scheduled_id: int) -> Draft | None:
    """Take a post out of the waiting ones; its words are kept as a draft."""
    row = await find(unit.session, actor, scheduled_id, lock=True)
    draft = await _give_back(unit, row, "")
    await _tell(unit, row, "cancelled", draft)
    return draft


async def publish(unit: Unit, actor: Actor, row: ScheduledPost, words: Words) -> Post:
    """Publish a post that waits, as its author may now, and forget that it waited: both or neither."""
    given = Given.model_validate(row.fields.get("given", {}))
    draft = publishing.Draft(words, row.kind, row.client_id, tuple(row.file_ids), given=given)
    post, _ = await publishing.publish(unit, actor, row.channel_id, draft)
    await unit.session.delete(row)
    await unit.session.flush()
    await _tell(unit, row, "published")
    return post


async def refuse(unit: Unit, scheduled_id: int, reason: str) -> None:
    """Give a post back to its author as a draft, with the reason why it was not published."""
    row = await unit.session.get(ScheduledPost, scheduled_id, with_for_update=True)
    if row is not None:
        await _tell(unit, row, "refused", await _give_back(unit, row, reason))


async def find(session: AsyncSession, actor: Actor, scheduled_id: int, *, lock: bool = False) -> ScheduledPost:
    """Return a post of one's own that waits; raise `NotFound` for any other."""
    statement = select(ScheduledPost).where(
        col(ScheduledPost.id) == scheduled_id, col(ScheduledPost.person_id) == actor.person_id
    )
    found: ScheduledPost | None = (
        await session.execute(statement.with_for_update() if lock else statement)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def listing(session: AsyncSession, person_id: int) -> list[ScheduledPost]:
    """Return the posts of a person that wait, the next one first; there are at most a hundred."""
    found = await session.execute(
        select(ScheduledPost)
        .where(col(ScheduledPost.person_id) == person_id)
        .order_by(col(ScheduledPost.due_at), col(ScheduledPost.id))
    )
    return list(found.scalars().all())


async def count(session: AsyncSession, person_id: int) -> int:
    """Return how many posts of a person wait."""
    found = await session.execute(select(func.count()).where(col(ScheduledPost.person_id) == person_id))
    return int(found.scalar_one())


async def next_due(session: AsyncSession) -> ScheduledPost | None:
    """Return the post whose time is, or was, first."""
    order = (col(ScheduledPost.due_at), col(ScheduledPost.id))
    return (await session.execute(select(ScheduledPost).order_by(*order).limit(1))).scalar_one_or_none()


async def author(session: AsyncSession, person_id: int) -> Actor | None:
    """Return who a waiting post is published as, with the rights they have now; None when they are gone."""
    person = await session.get(Person, person_id)
    if person is None or not person.active:
        return None
    roles = await session.execute(select(col(RoleGrant.role)).where(col(RoleGrant.person_id) == person_id))
    return Actor(person_id, person.handle, person.name, frozenset(roles.scalars()), time_zone=person.time_zone)


async def _judge(unit: Unit, actor: Actor, channel_id: int, later: Later) -> None:
    if not unit.now < later.due_at < unit.now + FARTHEST:
        raise Invalid(fields={"send_at": "Choose a time to come, within a year."})
    channel: Channel = await channels.get(unit.session, actor, channel_id)
    mine = await membership.of(unit.session, channel_id, actor.person_id)
    channel_policy.may_post(actor, channel, mine)
    later.given.of(later.kind)
    if later.kind == "announcement":
        channel_policy.may_announce(actor, mine)
    if later.file_ids:
        own = select(func.count()).where(
            col(File.id).in_(later.file_ids),
            col(File.owner_id) == actor.person_id,
            col(File.post_id).is_(None),
            col(File.comment_id).is_(None),
        )
        if (await unit.session.execute(own)).scalar_one() != len(set(later.file_ids)):
            raise Invalid(fields={"attachments": "One of the files is not there any more. Attach it again."})


def _fill(row: ScheduledPost, later: Later) -> None:
    row.kind, row.title, row.body = later.kind, later.words.title, later.words.body
    row.file_ids = list(later.file_ids)
    row.fields = {
        "given": later.given.of(later.kind).parts().model_dump(mode="json", exclude_none=True),
        "written": {name: list(values) for name, values in later.written.items()},
    }


async def _known(unit: Unit, actor: Actor, client_id: str) -> ScheduledPost | None:
    found = await unit.session.execute(
        select(ScheduledPost).where(
            col(ScheduledPost.person_id) == actor.person_id, col(ScheduledPost.client_id) == client_id
        )
    )
    return found.scalar_one_or_none()


def _content(row: ScheduledPost) -> tuple[object, ...]:
    return row.channel_id, row.kind, row.title, row.body, row.due_at, tuple(row.file_ids)


def _content_of(later: Later, channel_id: int) -> tuple[object, ...]:
    return channel_id, later.kind, later.words.title, later.words.body, later.due_at, later.file_ids


async def _give_back(unit: Unit, row: ScheduledPost, reason: str) -> Draft | None:
    written = drafts.Written(
        row.body, row.title, row.kind, row.channel_id, row.fields.get("written", {}), tuple(row.file_ids)
    )
    await unit.session.delete(row)
    await unit.session.flush()
    return await drafts.keep(unit, row.person_id, f"kept:{row.id}", written, reason=reason)


async def _tell(unit: Unit, row: ScheduledPost, what: str, draft: Draft | None = None) -> None:
    await unit.emit(
        ScheduledChanged(
            person_id=row.person_id, scheduled_id=row.id or 0, what=what, draft_id=draft.id if draft else None
        )
    )
