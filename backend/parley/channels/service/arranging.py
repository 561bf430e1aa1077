"""A person's own arrangement of the rail: sections, their order, what stands where. One row a person, kept for all devices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col

from parley.channels.arrangement import OWN
from parley.channels.service import membership
from parley.channels.unread import rail
from parley.channels.views import RailSection
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.channels import RailChanged
from parley.kit.errors import Forbidden, Invalid, NotFound
from parley.kit.text import clean_line
from parley.models.channels import Channel, Membership, RailLayout
from parley.policy.actor import Actor

MOST, TITLE = 30, 40
_layout = metadata.tables["rail_layout"]
_NAMES = {"channels": "channels", "direct": "direct"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A section as a program asks for it; without a key it is a new one."""

    key: str | None
    title: str
    own: bool
    shut: bool
    channels: Sequence[int] = field(default=())


async def make(unit: Unit, actor: Actor, title: str, channel: Channel | None = None) -> str:
    """Make a section, with `channel` in it if given; return its key."""
    title = _title(title)
    layout = await _held(unit, actor)
    own = [entry for entry in layout.sections if str(entry["key"]).startswith(OWN)]
    if len(own) >= MOST:
        raise Invalid(fields={"title": "Thirty sections are enough. Remove one first."})
    number = 1 + max((int(str(entry["key"]).removeprefix(OWN)) for entry in own), default=0)
    key = f"{OWN}{number}"
    layout.sections = [{"key": key, "title": title, "own": False, "shut": False}, *layout.sections]
    if channel is not None:
        await _put(unit, actor, channel, key, 0)
    await _kept(unit, actor, layout)
    return key


async def change(
    unit: Unit, actor: Actor, key: str, *, title: str | None = None, own: bool | None = None, shut: bool | None = None
) -> None:
    """Rename a section of one's own; order any by name or in an own order; shut or open it."""
    layout = await _whole(unit, actor, key)
    entry = _entry(layout, key)
    if title is not None:
        if not key.startswith(OWN):
            raise Forbidden("This section is the company's. Make one of your own.", code="not_own_section")
        entry["title"] = _title(title)
    if own is not None:
        if own and not entry["own"]:
            await _number(unit, actor, [channel.id for channel in (await _section(unit, actor, layout, key)).channels])
        entry["own"] = own
    if shut is not None:
        entry["shut"] = shut
    await _kept(unit, actor, layout)


async def step(unit: Unit, actor: Actor, key: str, by: int) -> None:
    """Move a section `by` places down (up when it is negative); at the end it stays."""
    layout = await _whole(unit, actor, key)
    layout.sections = _moved(layout.sections, next(i for i, one in enumerate(layout.sections) if one["key"] == key), by)
    await _kept(unit, actor, layout)


async def remove(unit: Unit, actor: Actor, key: str) -> None:
    """Remove a section of one's own; its channels stand again where the house puts them."""
    layout = await _whole(unit, actor, key)
    if not key.startswith(OWN):
        raise Forbidden("This section is the company's. Make one of your own.", code="not_own_section")
    layout.sections = [entry for entry in layout.sections if entry["key"] != key]
    await unit.session.execute(
        update(Membership)
        .where(col(Membership.person_id) == actor.person_id, col(Membership.section) == key)
        .values(section="", place=0)
    )
    await _kept(unit, actor, layout)


async def put(unit: Unit, actor: Actor, channel: Channel, key: str, before: int | None = None) -> None:
    """Put a channel into a section: before another one, which gives the section an order of its own, or at the end."""
    layout = await _whole(unit, actor, key)
    ids = [one.id for one in (await _section(unit, actor, layout, key)).channels if one.id != channel.id]
    if before is not None and before not in ids:
        raise Invalid(fields={"before": "This channel is not in that section."})
    if before is not None:
        _entry(layout, key)["own"] = True
    at = len(ids) if before is None else ids.index(before)
    await _put(unit, actor, channel, key, at)
    if _entry(layout, key)["own"]:
        await _number(unit, actor, [*ids[:at], channel.id, *ids[at:]])
    await _kept(unit, actor, layout)


async def nudge(unit: Unit, actor: Actor, channel: Channel, by: int) -> None:
    """Move a channel `by` places within its section, which has an order of its own from then on."""
    await _mine(unit, actor, channel)
    layout = await _held(unit, actor)
    sections = await rail(unit.session, actor, None, _NAMES, layout.sections)
    section = next((one for one in sections if channel.id in [entry.id for entry in one.channels]), None)
    if section is None:  # archived
        raise NotFound
    layout.sections = _all(layout, sections)
    ids = [one.id for one in section.channels]
    _entry(layout, section.key)["own"] = True
    await _number(unit, actor, _moved(ids, ids.index(channel.id or 0), by))
    await _kept(unit, actor, layout)


async def show_unread_only(unit: Unit, actor: Actor, *, on: bool) -> None:
    """Let the rail show only channels with something unread, or all again."""
    layout = await _held(unit, actor)
    layout.unread_only = on
    await _kept(unit, actor, layout)


async def replace(unit: Unit, actor: Actor, wanted: Sequence[Wanted], *, unread_only: bool) -> None:
    """Arrange everything anew: these sections in this order, with these channels; what is not named goes home."""
    layout = await _held(unit, actor)
    known = {section.key for section in await rail(unit.session, actor, None, _NAMES, layout.sections)}
    sections: list[dict[str, object]] = []
    free = 1 + max((int(key.removeprefix(OWN)) for key in known if key.startswith(OWN)), default=0)
    if len(wanted) > MOST:
        raise Invalid(fields={"sections": "Thirty sections are enough. Remove one first."})
    mine = {row.channel_id: row for row in await membership.all_of(unit.session, actor.person_id)}
    for row in mine.values():
        row.section, row.place = "", 0
    for one in wanted:
        if one.key is not None and (one.key not in known or one.key in [entry["key"] for entry in sections]):
            raise Invalid(fields={"sections": "There is no such section, or it is named twice."})
        key, free = (one.key, free) if one.key else (f"{OWN}{free}", free + 1)
        title = _title(one.title) if key.startswith(OWN) else ""
        sections.append({"key": key, "title": title, "own": one.own, "shut": one.shut})
        for place, channel_id in enumerate(one.channels):
            if channel_id not in mine:
                raise Invalid(fields={"sections": "One of these channels is not yours."})
            mine[channel_id].section, mine[channel_id].place = key, place
    unit.session.add_all(mine.values())
    layout.sections, layout.unread_only = sections, unread_only
    await _kept(unit, actor, layout)


async def _held(unit: Unit, actor: Actor) -> RailLayout:
    """Return the person's row, held until the unit is over: two devices arrange one after the other."""
    new = upsert(unit.session, _layout).values(person_id=actor.person_id, sections=[], unread_only=False)
    await unit.session.execute(new.on_conflict_do_nothing())
    return await unit.session.get_one(RailLayout, actor.person_id, with_for_update=True, populate_existing=True)


async def _whole(unit: Unit, actor: Actor, key: str) -> RailLayout:
    """Return the row with every section that is shown named in it; raise `NotFound` unless `key` is one of them."""
    layout = await _held(unit, actor)
    layout.sections = _all(layout, await rail(unit.session, actor, None, _NAMES, layout.sections))
    if key not in [entry["key"] for entry in layout.sections]:
        raise NotFound
    return layout


def _all(layout: RailLayout, sections: Sequence[RailSection]) -> list[dict[str, object]]:
    known = {str(entry["key"]): dict(entry) for entry in layout.sections}
    shown = [
        known.pop(section.key, {"key": section.key, "title": "", "own": False, "shut": False}) for section in sections
    ]
    return [*shown, *known.values()]


async def _kept(unit: Unit, actor: Actor, layout: RailLayout) -> None:
    # Its entries were changed in place.
    flag_modified(layout, "sections")
    unit.session.add(layout)
    await unit.session.flush()
    await unit.emit(RailChanged(person_id=actor.person_id))


def _entry(layout: RailLayout, key: str) -> dict[str, object]:
    return next(entry for entry in layout.sections if entry["key"] == key)


async def _section(unit: Unit, actor: Actor, layout: RailLayout, key: str) -> RailSection:
    sections = await rail(unit.session, actor, None, _NAMES, layout.sections)
    return next((section for section in sections if section.key == key), RailSection("", [], key=key))


def _moved(row: Sequence[Any], at: int, by: int) -> list[Any]:
    rest = [*row[:at], *row[at + 1 :]]
    to = max(0, min(len(rest), at + by))
    return [*rest[:to], row[at], *rest[to:]]


async def _mine(unit: Unit, actor: Actor, channel: Channel) -> Membership:
    mine = await membership.of(unit.session, channel.id, actor.person_id)
    if mine is None:
        raise Forbidden("Join this channel to follow it.", code="not_a_member")
    return mine


async def _put(unit: Unit, actor: Actor, channel: Channel, key: str, place: int) -> None:
    mine = await _mine(unit, actor, channel)
    mine.section, mine.place = key, place
    unit.session.add(mine)
    await unit.session.flush()


async def _number(unit: Unit, actor: Actor, ids: Sequence[int | None]) -> None:
    places: Mapping[int | None, int] = {channel_id: place for place, channel_id in enumerate(ids)}
    for row in await membership.all_of(unit.session, actor.person_id):
        if row.channel_id in places:
            row.place = places[row.channel_id]
            unit.session.add(row)
    await unit.session.flush()


def _title(title: str) -> str:
    tidy = clean_line(title)
    if not 1 <= len(tidy) <= TITLE:
        raise Invalid(fields={"title": "A section's name has 1 to 40 characters."})
    return tidy
