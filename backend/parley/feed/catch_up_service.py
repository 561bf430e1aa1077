"""What one does in Catch-up: done, later, all read; and taking each of them back.

Done clears what the thing stands for: the channel or the thread is read, the notice seen. So the numbers elsewhere agree
at once, and what was done elsewhere is gone from here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import col

from parley.channels import unread as counting
from parley.channels.service import reading
from parley.core import jobs
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.channels import ChannelRead
from parley.events.threads import CatchUpChanged, CatchUpTakenBack, CaughtUp
from parley.feed import catch_up
from parley.feed.catch_up import Thing
from parley.kit.errors import Invalid, NotFound
from parley.models.catch_up import CatchUpAct, CatchUpMark
from parley.models.channels import Channel, ReadingPosition
from parley.models.customers import Conversation
from parley.models.notifications import Notification
from parley.models.posts import Post, Thread
from parley.models.threads import ThreadFollow
from parley.policy import channels, customers, posts, threads
from parley.policy.actor import Actor
from parley.posts.service import following

DUE = "feed.catch_up_due"
FURTHEST = timedelta(days=366)
KEPT = timedelta(days=1)
"""How long an act can be taken back."""
SCOPES = ("threads", "channels", "everything")
_mark = metadata.tables["catch_up_mark"]


class _Before:
    """What an act changes, noted before it does."""

    def __init__(self) -> None:
        self.channels: dict[str, int] = {}
        self.threads: dict[str, int] = {}
        self.marks: list[list[Any]] = []

    def data(self) -> dict[str, Any]:
        return {"channels": self.channels, "threads": self.threads, "marks": self.marks}


async def done(unit: Unit, actor: Actor, things: Iterable[tuple[str, int]]) -> int:
    """Be done with some things and clear what they stand for; return the act, which can be taken back.

    Raises `NotFound` for what is unknown or may not be read.
    """
    before = _Before()
    notices: list[int] = []
    talks: list[int] = []
    for kind, thing_id in things:
        await _clear(unit, actor, kind, thing_id, before, notices, talks)
    if notices or talks:
        await unit.emit(CaughtUp(person_id=actor.person_id, ids=tuple(notices), conversation_ids=tuple(talks)))
    return await _note(unit, actor, before)


async def later(unit: Unit, actor: Actor, kind: str, thing_id: int, until: datetime) -> int:
    """Put a thing off: it is gone until that time, and then stays until it is done; return the act."""
    if not unit.now < until < unit.now + FURTHEST:
        raise Invalid(fields={"until": "Choose a time between now and a year from now."}, code="bad_time")
    await find(unit, actor, kind, thing_id)
    before = _Before()
    await _remember(unit, actor, kind, thing_id, before)
    await _put(unit, actor.person_id, kind, thing_id, {"until": until})
    await jobs.enqueue(unit.session, DUE, {"person_id": actor.person_id}, run_at=until)
    return await _note(unit, actor, before)


async def read_all(unit: Unit, actor: Actor, scope: str, channel_ids: Iterable[int] | None = None) -> int:
    """Mark as read every followed thread, some or all channels, or everything that waits and rings; return the act."""
    rows = await counting.unread(unit.session, actor)
    wanted = None if channel_ids is None else set(channel_ids)
    loud = [
        Thing("channel", row.channel_id, "channels")
        for row in rows
        if (row.count or row.mentions) and (wanted is None or row.channel_id in wanted)
    ]
    before = _Before()
    marked: list[Thing] = loud if scope in {"channels", "everything"} else []
    if scope in {"threads", "everything"}:
        marked = [*marked, *[Thing("thread", thread_id, "threads") for thread_id in await _unread_threads(unit, actor)]]
    talks: list[int] = []
    if scope == "everything":
        known = {(thing.kind, thing.id) for thing in marked}
        waiting = await catch_up.things(unit.session, actor, rows)
        marked += [thing for thing in waiting if (thing.kind, thing.id) not in known]
    for thing in marked:
        await _clear(unit, actor, thing.kind, thing.id, before, [], talks)
    if scope == "everything":
        await unit.emit(CaughtUp(person_id=actor.person_id, everything=True))
    return await _note(unit, actor, before)


async def take_back(unit: Unit, actor: Actor, act_id: int) -> None:
    """Make an act of the last day undone; again, or somebody else's, raises `NotFound`."""
    act = await unit.session.get(CatchUpAct, act_id)
    if act is None or act.person_id != actor.person_id:
        raise NotFound
    me, before = actor.person_id, act.before
    for channel_id, number in before["channels"].items():
        await unit.session.execute(
            update(ReadingPosition)
            .where(
                col(ReadingPosition.person_id) == me,
                col(ReadingPosition.channel_id) == int(channel_id),
                col(ReadingPosition.number) > number,
            )
            .values(number=number)
        )
        await unit.emit(ChannelRead(channel_id=int(channel_id), person_id=me, number=number))
    for thread_id, read_id in before["threads"].items():
        await following.go_back(unit, me, int(thread_id), read_id)
    for kind, thing_id, until, seen in before["marks"]:
        moment = datetime.fromisoformat(until) if until else None
        await _put(unit, me, kind, thing_id, {"until": moment, "seen": seen})
    await unit.emit(CatchUpTakenBack(person_id=me, at=act.at))
    await unit.session.delete(act)
    await unit.emit(CatchUpChanged(person_id=me))


async def find(unit: Unit, actor: Actor, kind: str, thing_id: int) -> Any:  # noqa: ANN401  (a row of any of five tables)
    """Return what a thing stands for, if `actor` may open it; raise `NotFound` for any other."""
    statements: dict[str, Any] = {
        "notice": select(Notification).where(col(Notification.id) == thing_id, threads.notices(actor)),
        "thread": select(Thread).where(col(Thread.id) == thing_id, threads.visible(actor)),
        "channel": select(Channel).where(col(Channel.id) == thing_id, channels.is_member(actor.person_id)),
        "conversation": customers.readable(actor).where(col(Conversation.id) == thing_id),
        "post": posts.readable(actor).where(col(Post.id) == thing_id, col(Post.removed_at).is_(None)),
    }
    if kind not in statements:
        raise NotFound
    found = (await unit.session.execute(statements[kind])).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def _clear(
    unit: Unit, actor: Actor, kind: str, thing_id: int, before: _Before, notices: list[int], talks: list[int]
) -> None:
    me = actor.person_id
    thing = await find(unit, actor, kind, thing_id)
    mark = await _remember(unit, actor, kind, thing_id, before)
    seen = 0
    if kind == "notice":
        notices.append(thing_id)
    elif kind == "thread":
        known = await following.state(unit.session, me, thing_id)
        if known is not None:
            before.threads.setdefault(str(thing_id), known.read_id)
        await following.read(unit, me, thing_id, await following.newest(unit, thing_id))
    elif kind == "channel":
        position = await unit.session.get(ReadingPosition, (me, thing_id))
        before.channels.setdefault(str(thing_id), position.number if position else 0)
        await reading.read(unit, thing, me, thing.last_number)
    elif kind == "conversation":
        talks.append(thing_id)
        seen = thing.last_message_id or 0
    else:
        seen = 1
    if seen or mark is not None:
        await _put(unit, me, kind, thing_id, {"until": None, "seen": seen})


async def _remember(unit: Unit, actor: Actor, kind: str, thing_id: int, before: _Before) -> Any:  # noqa: ANN401
    """Note the mark of a thing as it is, and return it."""
    mark = (
        await unit.session.execute(
            select(_mark.c.until, _mark.c.seen).where(
                _mark.c.person_id == actor.person_id, _mark.c.kind == kind, _mark.c.thing_id == thing_id
            )
        )
    ).one_or_none()
    until = mark.until.isoformat() if mark and mark.until else None
    before.marks.append([kind, thing_id, until, mark.seen if mark else 0])
    return mark


async def _put(unit: Unit, person_id: int, kind: str, thing_id: int, values: dict[str, Any]) -> None:
    new = upsert(unit.session, _mark).values(
        person_id=person_id, kind=kind, thing_id=thing_id, **{"until": None, "seen": 0, **values}
    )
    await unit.session.execute(new.on_conflict_do_update(index_elements=["person_id", "kind", "thing_id"], set_=values))
    await unit.session.execute(
        delete(CatchUpMark).where(
            col(CatchUpMark.person_id) == person_id,
            col(CatchUpMark.kind) == kind,
            col(CatchUpMark.thing_id) == thing_id,
            col(CatchUpMark.until).is_(None),
            col(CatchUpMark.seen) == 0,
        )
    )


async def _note(unit: Unit, actor: Actor, before: _Before) -> int:
    await unit.session.execute(
        delete(CatchUpAct).where(col(CatchUpAct.person_id) == actor.person_id, col(CatchUpAct.at) < unit.now - KEPT)
    )
    act = CatchUpAct(person_id=actor.person_id, at=unit.now, before=before.data())
    unit.session.add(act)
    await unit.session.flush()
    await unit.emit(CatchUpChanged(person_id=actor.person_id))
    assert act.id is not None  # noqa: S101  (flushed)
    return act.id


async def _unread_threads(unit: Unit, actor: Actor) -> list[int]:
    rows = await unit.session.execute(
        select(col(ThreadFollow.thread_id)).where(threads.followed(actor), col(ThreadFollow.news))
    )
    return list(rows.scalars())
