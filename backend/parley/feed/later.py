"""When something that is put off comes back: times of day as the reader's clock has them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parley.kit import clock
from parley.kit.errors import Invalid

MORNING = time(8, 30)


@dataclass(frozen=True, slots=True)
class Later:
    """One choice: its name and the moment it means."""

    name: str
    at: datetime


def zone_of(name: str) -> ZoneInfo:
    """Return a person's time zone; one that nobody knows is UTC."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def choices(zone: str, now: datetime) -> list[Later]:
    """Return in an hour, tomorrow morning, and Monday morning unless that is tomorrow."""
    here = now.astimezone(zone_of(zone))
    tomorrow = datetime.combine(here.date() + timedelta(days=1), MORNING, here.tzinfo)
    monday = datetime.combine(here.date() + timedelta(days=7 - here.weekday()), MORNING, here.tzinfo)
    found = [Later("hour", now + timedelta(hours=1)), Later("tomorrow", tomorrow)]
    return [*found, Later("monday", monday)] if monday != tomorrow else found


def chosen(text: str, zone: str) -> datetime:
    """Return the moment that a form means: the name of a choice, or a local date and time. Raises `Invalid`."""
    now = clock.now()
    for choice in choices(zone, now):
        if choice.name == text:
            return choice.at.astimezone(now.tzinfo)
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(fields={"until": "Choose a date and a time."}, code="bad_time") from error
    return (local if local.tzinfo else local.replace(tzinfo=zone_of(zone))).astimezone(now.tzinfo)
