"""Keeping what a kind of post has beside its words: with the post when it is published, and when it is edited."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import delete, exists, insert, literal, select, update
from sqlmodel import col

from parley.core.unit import Unit
from parley.events.kinds import DecisionSuperseded, EventNear, PersonsPraised
from parley.kit.errors import Invalid
from parley.models.channels import Channel, Membership
from parley.models.identity import Person
from parley.models.kinds import Addressee, Announcement, Attendance, Occasion, Poll, PollOption, Praised, Supersession
from parley.models.posts import Post
from parley.policy import people as people_policy
from parley.policy.actor import Actor
from parley.posts.kinds import clocks
from parley.posts.kinds.given import MOST_PRAISED, EventIn, Given, clean_options
from parley.posts.service.words import readers_of

LONGEST = timedelta(days=62)
NOTICE = timedelta(minutes=15)
"""Who comes to an event is reminded so long before it begins."""


async def store(unit: Unit, actor: Actor, channel: Channel, post: Post, given: Given) -> None:
    """Keep what is `given` for a post that was just written, within its transaction; `given` fits its kind. Raises `Invalid`."""
    keep: dict[str, Callable[[Unit, Actor, Channel, Post, Given], Awaitable[None]]] = {
        "announcement": _announce,
        "poll": _poll,
        "praise": _praise,
        "event": _event,
        "decision": _decide,
    }
    _titled(post)
    if post.kind in keep:
        await keep[post.kind](unit, actor, channel, post, given)


async def change(unit: Unit, actor: Actor, channel: Channel, post: Post, given: Given) -> bool:
    """Take what is `given` for a post that is edited; return whether anything is different now. Raises `Invalid`."""
    given = given.of(post.kind)
    if given.announcement is not None:
        return await _change_due(unit, post, given)
    if given.poll is not None:
        return await _change_poll(unit, post, given)
    if given.praise is not None:
        return await _change_praise(unit, actor, channel, post, given)
    if given.event is not None:
        return await _change_event(unit, actor, post, given.event)
    if given.decision is not None:
        return await _change_decision(unit, post, given)
    return False


async def reworded(unit: Unit, post: Post) -> None:
    """Note, where a post's words were changed, how many had acknowledged the earlier ones. Raises `Invalid`."""
    _titled(post)
    if post.kind == "announcement":
        await unit.session.execute(
            update(Announcement)
            .where(col(Announcement.post_id) == post.id)
            .values(changed_after=col(Announcement.acknowledged))
        )


def _titled(post: Post) -> None:
    """Refuse what is known by its title without one."""
    if post.kind == "event" and not post.title:
        raise Invalid(fields={"title": "Give the event a name."})
    if post.kind == "decision" and not post.title:
        raise Invalid(fields={"title": "Say in the title what was decided."})


async def _announce(unit: Unit, actor: Actor, channel: Channel, post: Post, given: Given) -> None:
    assert given.announcement is not None  # noqa: S101  (of its kind)
    due = clocks.ahead(given.announcement.due_at, unit.now, "due_at")
    row = Announcement(post_id=_id(post), due_at=due)
    unit.session.add(row)
    await unit.session.flush()
    members = (
        select(literal(_id(post)), col(Membership.person_id), literal(False))
        .join(Person, col(Person.id) == Membership.person_id)
        .where(
            col(Membership.channel_id) == channel.id,
            col(Membership.until).is_(None),
            col(Person.active),
            col(Membership.person_id) != actor.person_id,
        )
    )
    asked = await unit.session.execute(
        insert(Addressee).from_select(["post_id", "person_id", "later"], members).returning(col(Addressee.person_id))
    )
    row.audience = len(asked.all())
    unit.session.add(row)
    await unit.session.flush()


async def _change_due(unit: Unit, post: Post, given: Given) -> bool:
    assert given.announcement is not None  # noqa: S101  (of its kind)
    row = await unit.session.get(Announcement, post.id)
    due = given.announcement.due_at
    if row is None or row.due_at == due:
        return False
    row.due_at, row.called_at = clocks.ahead(due, unit.now, "due_at"), None
    unit.session.add(row)
    return True


async def _poll(unit: Unit, _actor: Actor, _channel: Channel, post: Post, given: Given) -> None:
    assert given.poll is not None  # noqa: S101  (of its kind)
    options = clean_options(given.poll.options)
    unit.session.add(
        Poll(
            post_id=_id(post),
            multiple=given.poll.multiple,
            anonymous=given.poll.anonymous,
            closes_at=clocks.ahead(given.poll.closes_at, unit.now, "closes_at"),
        )
    )
    await unit.session.flush()
    await _write_options(unit, post, options)


async def _write_options(unit: Unit, post: Post, options: tuple[str, ...]) -> None:
    unit.session.add_all(
        [PollOption(post_id=_id(post), place=place, words=words) for place, words in enumerate(options)]
    )
    await unit.session.flush()


async def _change_poll(unit: Unit, post: Post, given: Given) -> bool:
    """Options and rules can be changed until somebody votes; after that only when it closes."""
    assert given.poll is not None  # noqa: S101  (of its kind)
    wanted = given.poll
    row = (
        await unit.session.execute(select(Poll).where(col(Poll.post_id) == post.id).with_for_update())
    ).scalar_one_or_none()
    if row is None:
        return False
    options = clean_options(wanted.options)
    known = (await unit.session.execute(select(PollOption).where(col(PollOption.post_id) == post.id))).scalars().all()
    before = tuple(option.words for option in sorted(known, key=lambda option: option.place))
    rules = (options, wanted.multiple, wanted.anonymous) != (before, row.multiple, row.anonymous)
    if rules and row.voters:
        raise Invalid(fields={"options": "Somebody has voted. What they chose from stays as it is."})
    if row.anonymous and not wanted.anonymous:
        # Also before the first vote: one that is on its way now was chosen under this promise.
        raise Invalid(fields={"options": "An anonymous poll stays anonymous. Write a new one to see who chose what."})
    if not rules and row.closes_at == wanted.closes_at:
        return False
    if row.closed_at is not None:
        raise Invalid(fields={"closes_at": "This poll is closed."})
    row.multiple, row.anonymous = wanted.multiple, wanted.anonymous
    if row.closes_at != wanted.closes_at:
        row.closes_at = clocks.ahead(wanted.closes_at, unit.now, "closes_at")
    unit.session.add(row)
    if options != before:
        await unit.session.execute(delete(PollOption).where(col(PollOption.post_id) == post.id))
        await _write_options(unit, post, options)
    return True


async def _praise(unit: Unit, actor: Actor, channel: Channel, post: Post, given: Given) -> None:
    people = await _praised(unit, actor, channel, given)
    unit.session.add_all([Praised(post_id=_id(post), person_id=person) for person in people])
    await unit.session.flush()
    await unit.emit(PersonsPraised(post_id=_id(post), by_id=actor.person_id, person_ids=people))


async def _praised(unit: Unit, actor: Actor, channel: Channel, given: Given) -> tuple[int, ...]:
    """Return those who are praised: colleagues who may read the channel, and not oneself."""
    assert given.praise is not None  # noqa: S101  (of its kind)
    ids, handles = set(given.praise.person_ids), set(given.praise.handles)
    if not ids and not handles:
        raise Invalid(fields={"people": "Say whom you praise: type @ and a name."})
    if len(ids) + len(handles) > MOST_PRAISED:
        raise Invalid(fields={"people": "Praise at most 20 persons at once."})
    rows = await unit.session.execute(
        select(col(Person.id), col(Person.handle)).where(
            people_policy.visible(actor), col(Person.active), col(Person.id).in_(ids) | col(Person.handle).in_(handles)
        )
    )
    found = {row.handle: row.id for row in rows.all()}
    if not handles <= set(found) or not ids <= set(found.values()):
        raise Invalid(fields={"people": "One of these names is not known. Type @ and choose from the list."})
    if actor.person_id in found.values():
        raise Invalid(fields={"people": "Praise is for others."})
    if await readers_of(unit, channel, frozenset(found)) != set(found.values()):
        raise Invalid(fields={"people": "One of these persons cannot read this channel."})
    return tuple(sorted(found.values()))


async def _change_praise(unit: Unit, actor: Actor, channel: Channel, post: Post, given: Given) -> bool:
    people = set(await _praised(unit, actor, channel, given))
    known = set(
        (await unit.session.execute(select(col(Praised.person_id)).where(col(Praised.post_id) == post.id))).scalars()
    )
    if people == known:
        return False
    gone, new = known - people, tuple(sorted(people - known))
    await unit.session.execute(delete(Praised).where(col(Praised.post_id) == post.id, col(Praised.person_id).in_(gone)))
    unit.session.add_all([Praised(post_id=_id(post), person_id=person) for person in new])
    await unit.session.flush()
    await unit.emit(PersonsPraised(post_id=_id(post), by_id=actor.person_id, person_ids=new))
    return True


async def _event(unit: Unit, _actor: Actor, _channel: Channel, post: Post, given: Given) -> None:
    assert given.event is not None  # noqa: S101  (of its kind)
    wanted = _checked(unit, given.event)
    clocks.ahead(wanted.ends_at, unit.now, "ends_at")
    unit.session.add(
        Occasion(
            post_id=_id(post),
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            zone=wanted.zone,
            place=wanted.location,
        )
    )
    await unit.session.flush()


def _checked(unit: Unit, wanted: EventIn) -> EventIn:
    clocks.known_zone(wanted.zone)
    clocks.near(wanted.starts_at, unit.now, "starts_at")
    if wanted.ends_at <= wanted.starts_at:
        raise Invalid(fields={"ends_at": "The end comes after the beginning."})
    if wanted.ends_at - wanted.starts_at > LONGEST:
        raise Invalid(fields={"ends_at": "An event lasts at most two months."})
    return wanted


async def _change_event(unit: Unit, actor: Actor, post: Post, event: EventIn) -> bool:
    row = await unit.session.get(Occasion, post.id)
    wanted = _checked(unit, event)
    if row is None:
        return False
    before = (row.starts_at, row.ends_at, row.zone, row.place)
    if before == (wanted.starts_at, wanted.ends_at, wanted.zone, wanted.location):
        return False
    moved = before[:2] != (wanted.starts_at, wanted.ends_at)
    row.starts_at, row.ends_at, row.zone, row.place = wanted.starts_at, wanted.ends_at, wanted.zone, wanted.location
    row.sequence += 1
    if moved and wanted.starts_at - NOTICE > unit.now:
        row.reminded_at = None
    unit.session.add(row)
    if moved:
        people = await coming(unit, _id(post))
        await unit.emit(
            EventNear(post_id=_id(post), sequence=row.sequence, by_id=actor.person_id, moved=True, person_ids=people)
        )
    return True


async def coming(unit: Unit, post_id: int) -> tuple[int, ...]:
    """Return those who said yes or maybe to an event and are still here."""
    rows = await unit.session.execute(
        select(col(Attendance.person_id))
        .join(Person, col(Person.id) == Attendance.person_id)
        .where(col(Attendance.post_id) == post_id, col(Attendance.answer) != "no", col(Person.active))
        .order_by(col(Attendance.person_id))
    )
    return tuple(rows.scalars())


async def _decide(unit: Unit, _actor: Actor, _channel: Channel, post: Post, given: Given) -> None:
    assert given.decision is not None  # noqa: S101  (of its kind)
    if given.decision.supersedes is not None:
        await _supersede(unit, post, given.decision.supersedes)


async def _supersede(unit: Unit, post: Post, old_id: int) -> None:
    """Let `post` take the place of an earlier decision of its channel. The channel is held, so the chain stands still."""
    known = await unit.session.execute(
        select(col(Post.id)).where(
            col(Post.id) == old_id,
            col(Post.channel_id) == post.channel_id,
            col(Post.kind) == "decision",
            col(Post.removed_at).is_(None),
            col(Post.id) != post.id,
            ~exists().where(col(Supersession.old_id) == Post.id).correlate(Post),
        )
    )
    if known.scalar_one_or_none() is None:
        raise Invalid(fields={"supersedes": "Choose a decision of this channel that still holds."})
    later: int | None = post.id
    while later is not None:
        later = (
            await unit.session.execute(select(col(Supersession.new_id)).where(col(Supersession.old_id) == later))
        ).scalar_one_or_none()
        if later == old_id:
            raise Invalid(fields={"supersedes": "That decision took the place of this one, so it cannot be both."})
    unit.session.add(Supersession(old_id=old_id, new_id=_id(post)))
    await unit.session.flush()
    await unit.emit(DecisionSuperseded(channel_id=post.channel_id, post_id=old_id))


async def _change_decision(unit: Unit, post: Post, given: Given) -> bool:
    assert given.decision is not None  # noqa: S101  (of its kind)
    await unit.session.execute(select(col(Channel.id)).where(col(Channel.id) == post.channel_id).with_for_update())
    known = (
        await unit.session.execute(select(col(Supersession.old_id)).where(col(Supersession.new_id) == post.id))
    ).scalar_one_or_none()
    wanted = given.decision.supersedes
    if known == wanted:
        return False
    if known is not None:
        await unit.session.execute(delete(Supersession).where(col(Supersession.new_id) == post.id))
        await unit.emit(DecisionSuperseded(channel_id=post.channel_id, post_id=known))
    if wanted is not None:
        await _supersede(unit, post, wanted)
    return True


def _id(post: Post) -> int:
    assert post.id is not None  # noqa: S101  (flushed)
    return post.id
