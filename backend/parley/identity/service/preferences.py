"""How a person wants to be shown things: language, look, time zone, single keys. Nobody else's affair, so no audit."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import update
from sqlmodel import col

from parley.core.unit import Unit
from parley.events.identity import PersonChanged
from parley.kit.errors import Invalid
from parley.models.identity import Person

THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What is to be changed; None leaves it as it is, an empty language or zone follows the browser."""

    language: str | None = None
    theme: str | None = None
    time_zone: str | None = None
    single_keys: bool | None = None


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


def check(wanted: Preferences, languages: Collection[str]) -> None:
    """Raise `Invalid` with the fields that do not hold; `languages` are those that exist."""
    fields: dict[str, str] = {}
    if wanted.language not in {None, "", *languages}:
        fields["language"] = "There is no such language here."
    if wanted.theme not in {None, *THEMES}:
        fields["theme"] = "Choose light, dark, or as the device has it."
    if wanted.time_zone and wanted.time_zone not in time_zones():
        fields["zone"] = "There is no such time zone."
    if fields:
        raise Invalid(fields=fields)


async def change(unit: Unit, person_id: int, wanted: Preferences) -> None:
    """Keep what `person_id` prefers."""
    values = {name: value for name, value in asdict(wanted).items() if value is not None}
    if values:
        await unit.session.execute(update(Person).where(col(Person.id) == person_id).values(**values))
        await unit.emit(PersonChanged(person_id=person_id))
