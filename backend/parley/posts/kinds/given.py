"""What somebody enters for a kind of post, from a form or a program, checked as far as it can be without looking anything up."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from parley.kit.errors import Invalid
from parley.kit.text import clean_line
from parley.posts.kinds import clocks
from parley.web.api import BodyId

KINDS = ("update", "question", "announcement", "poll", "praise", "event", "decision")
"""What a person may publish; a conversation's place is made by surfacing it."""
OPTION_LIMIT, MOST_OPTIONS, MOST_PRAISED, PLACE_LIMIT = 120, 10, 20, 300
FIELDS = (
    "due_at",
    "options",
    "multiple",
    "anonymous",
    "closes_at",
    "people",
    "starts_at",
    "ends_at",
    "zone",
    "location",
    "supersedes",
)
"""The fields of the form, of all kinds."""
Written = Mapping[str, Sequence[str]]
"""What stands in those fields, as it was typed."""
_LINE = AfterValidator(clean_line)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnnouncementIn(_Part):
    """Until when it is to be acknowledged."""

    due_at: AwareDatetime | None = None


class PollIn(_Part):
    """What can be chosen, and how."""

    options: Annotated[tuple[Annotated[str, Field(max_length=1000)], ...], Field(max_length=50)] = ()
    multiple: bool = False
    anonymous: bool = False
    closes_at: AwareDatetime | None = None


class PraiseIn(_Part):
    """Who is praised, by id or by handle."""

    person_ids: Annotated[tuple[BodyId, ...], Field(max_length=50)] = ()
    handles: Annotated[tuple[Annotated[str, Field(max_length=80), _LINE], ...], Field(max_length=50)] = ()


class EventIn(_Part):
    """When, in which time zone, and where: a place or a link."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    zone: Annotated[str, Field(max_length=64)] = "UTC"
    location: Annotated[str, Field(max_length=PLACE_LIMIT), _LINE] = ""


class DecisionIn(_Part):
    """The decision of the same channel whose place it takes."""

    supersedes: BodyId | None = None


class Given(BaseModel):
    """What is given beside the words; only the part of the post's own kind may be there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    announcement: AnnouncementIn | None = None
    poll: PollIn | None = None
    praise: PraiseIn | None = None
    event: EventIn | None = None
    decision: DecisionIn | None = None

    def of(self, kind: str) -> Self:
        """Return this for a post of `kind`, with what may be left out; raise `Invalid` for what does not fit it."""
        if kind not in KINDS:
            raise Invalid(fields={"kind": "This kind of post is not known."})
        for name in type(self).model_fields:
            if name in _PARTS and name != kind and getattr(self, name) is not None:
                raise Invalid(fields={name: "This belongs to another kind of post."})
        if kind == "event" and self.event is None:
            raise Invalid(fields={"starts_at": "Say when the event begins."})
        if kind in _OPTIONAL and getattr(self, kind) is None:
            return self.model_copy(update={kind: _OPTIONAL[kind]()})
        return self

    def parts(self) -> "Given":
        """Return only this, of what may be more."""
        return Given(**{name: getattr(self, name) for name in _PARTS})

    @property
    def empty(self) -> bool:
        """Whether nothing is given."""
        return all(getattr(self, name) is None for name in _PARTS)

    def digest(self, words: str) -> str:
        """Return the hash of `words` together with what is given, so that the same post is known when it comes again."""
        more = self.parts().model_dump_json(exclude_defaults=True)
        return words if more == "{}" else hashlib.sha256(f"{words}\0{more}".encode()).hexdigest()


_OPTIONAL: Mapping[str, type[_Part]] = {
    "announcement": AnnouncementIn,
    "poll": PollIn,
    "praise": PraiseIn,
    "decision": DecisionIn,
}
_PARTS = (*_OPTIONAL, "event")
NOTHING = Given()


def from_form(kind: str, written: Written, zone: str) -> Given:
    """Return what a form says for `kind`; its times are on the clocks of `zone`, the event's on those of its own.

    Raises `Invalid` with the fields that are wrong, all of them at once.
    """
    read = {"announcement": _announcement, "poll": _poll, "praise": _praise, "event": _event, "decision": _decision}
    return read[kind](written, zone or "UTC") if kind in read else NOTHING


def clean_options(options: Sequence[str]) -> tuple[str, ...]:
    """Return the options of a poll, empty ones left out; raise `Invalid` unless they are two to ten different ones."""
    tidy = tuple(option for option in (clean_line(option) for option in options) if option)
    if len(tidy) < 2 or len(tidy) > MOST_OPTIONS:
        raise Invalid(fields={"options": "A poll has two to ten options."})
    if len({option.casefold() for option in tidy}) < len(tidy):
        raise Invalid(fields={"options": "Two options are the same."})
    if max(len(option) for option in tidy) > OPTION_LIMIT:
        raise Invalid(fields={"options": "An option has at most 120 characters."})
    return tidy


def _announcement(written: Written, zone: str) -> Given:
    return Given(announcement=AnnouncementIn(due_at=_moment(written, "due_at", zone)))


def _poll(written: Written, zone: str) -> Given:
    closes = _moment(written, "closes_at", zone)
    options = clean_options(written.get("options", ()))
    return Given(
        poll=PollIn(
            options=options,
            multiple=bool(_one(written, "multiple")),
            anonymous=bool(_one(written, "anonymous")),
            closes_at=closes,
        )
    )


def _praise(written: Written, _zone: str) -> Given:
    names = [word.strip("@,;") for word in _one(written, "people").lower().split()]
    handles = tuple(dict.fromkeys(name for name in names if name))
    if len(handles) > MOST_PRAISED or any(len(handle) > 80 for handle in handles):
        raise Invalid(fields={"people": "Praise at most 20 persons at once."})
    return Given(praise=PraiseIn(handles=handles))


def _event(written: Written, zone: str) -> Given:
    place = clocks.known_zone(_one(written, "zone") or zone)
    wrong: dict[str, str] = {}
    times: dict[str, datetime | None] = {}
    for name, missing in (("starts_at", "Say when the event begins."), ("ends_at", "Say when the event ends.")):
        try:
            times[name] = _moment(written, name, place)
        except Invalid as refusal:
            wrong.update(refusal.fields)
            continue
        if times[name] is None:
            wrong[name] = missing
    location = clean_line(_one(written, "location"))
    if len(location) > PLACE_LIMIT:
        wrong["location"] = "A place has at most 300 characters."
    starts, ends = times.get("starts_at"), times.get("ends_at")
    if wrong or starts is None or ends is None:
        raise Invalid(fields=wrong)
    return Given(event=EventIn(starts_at=starts, ends_at=ends, zone=place, location=location))


def _decision(written: Written, _zone: str) -> Given:
    chosen = _one(written, "supersedes")
    if chosen and not (chosen.isascii() and chosen.isdigit() and 0 < int(chosen[:10]) < 2**31):
        raise Invalid(fields={"supersedes": "Choose a decision of this channel."})
    return Given(decision=DecisionIn(supersedes=int(chosen) if chosen else None))


def _one(written: Written, name: str) -> str:
    values = written.get(name, ())
    return values[0].strip() if values else ""


def _moment(written: Written, name: str, zone: str) -> datetime | None:
    wall = _one(written, name)
    return clocks.instant(wall, zone, name) if wall else None
