"""Channels come, change and rest."""

import re
from collections.abc import Mapping

from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from parley.channels.service import membership
from parley.core.eventlog import Hint
from parley.core.unit import Unit
from parley.events.channels import ChannelChanged
from parley.kit.errors import Conflict, Forbidden, Invalid
from parley.kit.text import clean_line
from parley.models.channels import Channel
from parley.models.identity import Person
from parley.policy import audit, channels, people
from parley.policy.actor import Actor

NAME_LIMIT, PURPOSE_LIMIT, CHANNELS_LIMIT = 64, 250, 5000
KINDS = ("open", "private", "announcement")
WHO = ("members", "moderators", "owners")
MOST_DIRECT, SMALLEST_GROUP = 9, 3
_SPACES = re.compile(r"[\s_]+")
_NOT_NAME = re.compile(r"[^\w.-]", re.UNICODE)


class NameTaken(Conflict):
    """409: another channel, perhaps one the person may not see, has the name."""

    code = "name_taken"
    sentence = "Another channel already has this name."


def tidy_name(name: str) -> str:
    """Return `name` as a channel's name: lower case, words joined by dashes; raise `Invalid` if nothing fits."""
    tidy = _NOT_NAME.sub("", _SPACES.sub("-", clean_line(name).lower().lstrip("#"))).strip("-.")
    if not any(letter.isalnum() for letter in tidy):
        raise Invalid(fields={"name": "Give the channel a name of letters or digits."})
    if len(tidy) > NAME_LIMIT:
        raise Invalid(fields={"name": "A channel's name has at most 64 characters."})
    return tidy


def tidy_purpose(purpose: str) -> str:
    """Return `purpose` on one line; raise `Invalid` when it is too long."""
    tidy = clean_line(purpose)
    if len(tidy) > PURPOSE_LIMIT:
        raise Invalid(fields={"purpose": "The purpose has at most 250 characters."})
    return tidy


async def create(
    unit: Unit,
    actor: Actor,
    *,
    name: str,
    kind: str,
    purpose: str = "",
    section: str = "",
    who_posts: str | None = None,
    who_comments: str | None = None,
    who_invites: str | None = None,
) -> Channel:
    """Make a channel that `actor` owns; the kind says who may what unless told. Raises `Invalid`, `NameTaken`.

    Guests are refused.
    """
    if actor.guest:
        raise Forbidden("Guests do not make channels.", code="guest")
    kind = _kind(kind)
    name = tidy_name(name)
    channel = Channel(
        name=name,
        name_norm=name,
        kind=kind,
        purpose=tidy_purpose(purpose),
        section=section,
        who_posts=_who("post", who_posts or ("moderators" if kind == "announcement" else "members")),
        who_comments=_who("comment", who_comments or "everybody"),
        who_invites=_who("invite", who_invites or ("owners" if kind == "private" else "members")),
        created_by=actor.person_id,
        created_at=unit.now,
    )
    await _save_name(unit, channel)
    await membership.let_in(unit, channel, actor.person_id, by=actor.person_id, role="owner")
    await unit.emit(ChannelChanged(channel_id=_id(channel)))
    return channel


async def change(
    unit: Unit,
    actor: Actor,
    channel: Channel,
    *,
    name: str | None = None,
    purpose: str | None = None,
    kind: str | None = None,
    who_posts: str | None = None,
    who_comments: str | None = None,
    who_invites: str | None = None,
    archived: bool | None = None,
) -> None:
    """Change what is given. Making a channel private lets go of everybody who is not a member.

    An archived channel has to be brought back first, which may be asked for in the same breath.
    """
    channels.may_manage(actor, channel, await membership.of(unit.session, channel.id, actor.person_id))
    wanted = {
        "name": None if name is None else tidy_name(name),
        "purpose": None if purpose is None else tidy_purpose(purpose),
        "kind": None if kind is None else _kind(kind),
        "who_posts": None if who_posts is None else _who("post", who_posts),
        "who_comments": None if who_comments is None else _who("comment", who_comments),
        "who_invites": None if who_invites is None else _who("invite", who_invites),
    }
    changes = {field: value for field, value in wanted.items() if value not in (None, getattr(channel, field))}
    if changes.get("kind") == "announcement" and channel.who_posts == "members":
        changes.setdefault("who_posts", "moderators")
    if archived is False:
        await _rest(unit, actor, channel, on=False)
    if changes:
        channels.must_be_alive(channel)
        await _apply(unit, actor, channel, changes)
    if archived:
        await _rest(unit, actor, channel, on=True)
    await unit.emit(ChannelChanged(channel_id=_id(channel)))


async def set_default(unit: Unit, actor: Actor, channel: Channel, *, on: bool) -> None:
    """Say whether newcomers find themselves in the channel; who is here already is not touched."""
    channels.may_set_default(actor, channel)
    if channel.is_default is on:
        return
    channel.is_default = on
    unit.session.add(channel)
    await audit.record(
        unit, "channel.default_changed", actor_id=actor.person_id, via=actor.via, target=f"channel:{channel.id}", on=on
    )
    await unit.emit(ChannelChanged(channel_id=_id(channel)))


async def make_private(unit: Unit, actor: Actor, channel: Channel, name: str) -> None:
    """Turn a direct channel of three or more into a private one that `actor` owns; its posts stay.

    The same persons get a new direct channel when they next write to each other.
    """
    mine = await membership.of(unit.session, channel.id, actor.person_id)
    if channel.kind != "direct" or mine is None or len((channel.direct_key or "").split(",")) < SMALLEST_GROUP:
        raise Forbidden("Only a direct channel of three or more becomes a private one.", code="not_direct")
    if actor.guest:
        raise Forbidden("Guests do not make channels.", code="guest")
    channel.name = channel.name_norm = tidy_name(name)
    channel.kind, channel.direct_key, channel.who_invites = "private", None, "owners"
    await _save_name(unit, channel)
    mine.role = "owner"
    unit.session.add(mine)
    await audit.record(
        unit,
        "channel.kind_changed",
        actor_id=actor.person_id,
        via=actor.via,
        target=f"channel:{channel.id}",
        before="direct",
        after="private",
    )
    await unit.emit(ChannelChanged(channel_id=_id(channel)))


async def _apply(unit: Unit, actor: Actor, channel: Channel, changes: Mapping[str, str | None]) -> None:
    if "kind" in changes:
        await audit.record(
            unit,
            "channel.kind_changed",
            actor_id=actor.person_id,
            via=actor.via,
            target=f"channel:{channel.id}",
            before=channel.kind,
            after=changes["kind"],
        )
        unit.tell(Hint("control", 0, "topic.recheck", {"topic": f"channel:{channel.id}", "person_id": None}))
        if changes["kind"] not in channels.OPEN:
            channel.is_default = False
    for field, value in changes.items():
        setattr(channel, field, value)
    channel.name_norm = channel.name
    await _save_name(unit, channel)


async def _rest(unit: Unit, actor: Actor, channel: Channel, *, on: bool) -> None:
    """Put a channel to rest (it can be read, not changed), or bring it back."""
    if on is (channel.archived_at is not None):
        return
    channel.archived_at = unit.now if on else None
    unit.session.add(channel)
    await unit.session.flush()
    await audit.record(
        unit,
        "channel.archived" if on else "channel.unarchived",
        actor_id=actor.person_id,
        via=actor.via,
        target=f"channel:{channel.id}",
    )


async def direct(unit: Unit, actor: Actor, person_ids: set[int]) -> Channel:
    """Return the direct channel of `actor` and `person_ids` (2 to 9 together), making it when it is new."""
    everybody = sorted({actor.person_id, *person_ids})
    if len(everybody) < 2:
        raise Invalid("A direct channel has two to nine persons.", fields={"members": "Choose one to eight persons."})
    if len(everybody) > MOST_DIRECT:
        raise Invalid(
            "A direct channel has two to nine persons.",
            fields={"members": "A direct channel has nine persons at most. Make a private channel for more."},
        )
    known = await unit.session.execute(
        select(func.count())
        .select_from(Person)
        .where(people.visible(actor), col(Person.id).in_(everybody), col(Person.active))
    )
    if known.scalar_one() != len(everybody):
        raise Invalid(fields={"members": "One of these persons is not there any more."})
    key = ",".join(str(person) for person in everybody)
    if found := await _direct(unit, key):
        return found
    channel = Channel(name="", kind="direct", direct_key=key, created_by=actor.person_id, created_at=unit.now)
    try:
        async with unit.session.begin_nested():
            unit.session.add(channel)
            await unit.session.flush()
    except IntegrityError:  # both wrote to each other at the same moment: it is one channel
        return await _direct(unit, key) or channel
    for person in everybody:
        await membership.let_in(unit, channel, person, by=actor.person_id)
    await unit.emit(ChannelChanged(channel_id=_id(channel)))
    return channel


async def _direct(unit: Unit, key: str) -> Channel | None:
    return (await unit.session.exec(select(Channel).where(Channel.direct_key == key))).first()


async def hold(unit: Unit, channel_id: int) -> None:
    """Let whoever else writes to this channel wait until this unit is over (on SQLite all writers do)."""
    await unit.session.execute(select(col(Channel.id)).where(col(Channel.id) == channel_id).with_for_update())


async def next_number(unit: Unit, channel_id: int) -> int:
    """Take the next post number of a channel; writers of one channel take turns on its row."""
    statement = (
        update(Channel)
        .where(col(Channel.id) == channel_id)
        .values(last_number=Channel.last_number + 1)
        .returning(col(Channel.last_number))
    )
    return int((await unit.session.execute(statement)).scalar_one())


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise Invalid(fields={"kind": "Choose open, private or announcement."})
    return kind


def _who(verb: str, who: str) -> str:
    if who not in WHO and not (verb == "comment" and who == "everybody"):
        raise Invalid(fields={f"who_may_{verb}": "Choose members, moderators or owners."})
    return who


async def _save_name(unit: Unit, channel: Channel) -> None:
    try:
        async with unit.session.begin_nested():
            unit.session.add(channel)
            await unit.session.flush()
    except IntegrityError as error:
        raise NameTaken(fields={"name": NameTaken.sentence}) from error


def _id(channel: Channel) -> int:
    assert channel.id is not None  # noqa: S101  (flushed)
    return channel.id
