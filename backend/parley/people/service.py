"""The verbs of people: saying something about oneself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlmodel import col

from parley.core.unit import Unit
from parley.events.identity import PersonChanged
from parley.identity.service import accounts
from parley.kit.errors import Invalid, NotFound
from parley.kit.markup import render
from parley.kit.text import clean_line, clean_text
from parley.models.identity import Person
from parley.models.people import Profile
from parley.models.posts import File
from parley.people import teams
from parley.policy import audit

LINES = {"title": 120, "place": 80, "pronouns": 40, "phone": 40, "hours": 120, "status": 120}
"""The one-line fields of a profile and how many characters each takes."""
ABOUT = 2000
TOPICS, TOPIC = 20, 60
LANGUAGES, LANGUAGE = 12, 40


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What of a profile shall change; None leaves a field as it is. `photo_file_id` 0 takes the photo away."""

    name: str | None = None
    title: str | None = None
    team: str | None = None
    place: str | None = None
    pronouns: str | None = None
    phone: str | None = None
    hours: str | None = None
    status: str | None = None
    about: str | None = None
    ask_me_about: Sequence[str] | None = None
    languages: Sequence[str] | None = None
    photo_file_id: int | None = None


def checked(wanted: ProfileChange) -> ProfileChange:
    """Return `wanted` in its clean form, before any unit begins; raise `Invalid` with the fields that do not hold."""
    values = asdict(wanted)
    found: dict[str, str] = {}
    for name, longest in (*LINES.items(), ("team", 80)):
        if values[name] is not None:
            values[name] = clean_line(values[name])
            if len(values[name]) > longest:
                found[name] = "This is too long."
    for name, most, longest, shown in (
        ("ask_me_about", TOPICS, TOPIC, "knows"),
        ("languages", LANGUAGES, LANGUAGE, "languages"),
    ):
        if values[name] is not None:
            values[name] = list(dict.fromkeys(entry for entry in map(clean_line, values[name]) if entry))
            if len(values[name]) > most or any(len(entry) > longest for entry in values[name]):
                found[shown] = "These are too many, or one of them is too long."
    if wanted.about is not None:
        values["about"] = clean_text(wanted.about).strip()
        found |= _about_faults(values["about"])
    if found:
        raise Invalid(fields=found)
    return ProfileChange(**values)


async def change_profile(unit: Unit, person_id: int, wanted: ProfileChange, *, by: int, via: str) -> None:
    """Keep what is `wanted` (and was `checked`) of the profile of `person_id`.

    Raises `Invalid` for a photo that is not theirs, or a name that does not hold.
    """
    person = await unit.session.get(Person, person_id)
    if person is None:
        raise NotFound
    profile = await _profile(unit, person_id)
    changed = {
        name
        for name in (*LINES, "about", "ask_me_about", "languages")
        if getattr(wanted, name) is not None and _set(profile, name, getattr(wanted, name))
    }
    if wanted.name is not None and accounts.rename(unit, person, wanted.name):
        changed.add("name")
    if wanted.team is not None and await _change_team(unit, profile, wanted.team, by=by):
        changed.add("team")
    if wanted.photo_file_id is not None and _set(
        profile, "photo_file_id", await _photo(unit, person_id, wanted.photo_file_id)
    ):
        changed.add("photo")
    if not changed:
        return
    profile.updated_at = unit.now
    unit.session.add(profile)
    await unit.session.flush()
    await unit.emit(PersonChanged(person_id=person_id))
    await audit.record(
        unit, "profile.changed", actor_id=by, via=via, target=f"person:{person_id}", fields=sorted(changed)
    )


def topics(text: str) -> list[str]:
    """Return the topics of a line with commas between them."""
    return [part for part in (clean_line(part) for part in text.split(",")) if part]


def _about_faults(about: str) -> dict[str, str]:
    if len(about) > ABOUT:
        return {"about": "This is too long."}
    try:
        render(about)
    except Invalid as problem:
        return {"about": problem.sentence}
    return {}


def _set(profile: Profile, name: str, value: object) -> bool:
    if getattr(profile, name) == value:
        return False
    setattr(profile, name, value)
    return True


async def _profile(unit: Unit, person_id: int) -> Profile:
    profile = await unit.session.get(Profile, person_id)
    return profile or Profile(person_id=person_id, updated_at=unit.now)


async def _change_team(unit: Unit, profile: Profile, name: str, *, by: int) -> bool:
    team_id = await teams.named(unit, name) if name else None
    if team_id is not None and team_id != profile.team_id and by == profile.person_id:
        await teams.may_enter(unit, team_id)
    return await teams.move(unit, profile, team_id, by=by)


async def _photo(unit: Unit, person_id: int, file_id: int) -> int | None:
    """Return the file if it is a picture that this person uploaded and did not attach to anything."""
    if file_id == 0:
        return None
    found: int | None = (
        await unit.session.execute(
            select(col(File.id)).where(
                col(File.id) == file_id,
                col(File.owner_id) == person_id,
                col(File.width) > 0,
                col(File.post_id).is_(None),
                col(File.comment_id).is_(None),
            )
        )
    ).scalar_one_or_none()
    if found is None:
        raise Invalid(fields={"photo": "Choose a picture that you uploaded."})
    return found
