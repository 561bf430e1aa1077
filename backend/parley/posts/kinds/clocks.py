"""Times on the wall of a place, and the instants they mean."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from parley.kit.errors import Invalid

FARTHEST = timedelta(days=3 * 366)
"""Nothing is planned further ahead: a year with a digit too many is noticed."""


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones that are places."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")) | {"UTC"}


def known_zone(name: str, field: str = "zone") -> str:
    """Return `name` if it is a time zone; raise `Invalid` for `field` otherwise."""
    if name not in zones():
        raise Invalid(fields={field: "Choose a time zone from the list, like Europe/London."})
    return name


def instant(wall: str, zone: str, field: str) -> datetime:
    """Return the instant at which the clocks of `zone` show `wall`; of a time that comes twice, the first.

    Raises `Invalid` for `field` when it is no time, or one that the clocks leave out.
    """
    try:
        shown = datetime.fromisoformat(wall.strip())
    except ValueError as error:
        raise Invalid(fields={field: "Enter a date and a time."}) from error
    try:
        if shown.tzinfo is not None:
            return shown.astimezone(UTC)
        moment = shown.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        back = moment.astimezone(ZoneInfo(zone))
    except (OverflowError, ValueError) as error:
        raise Invalid(fields={field: "Enter a date and a time."}) from error
    if back.replace(tzinfo=None) != shown:
        raise Invalid(
            fields={field: "The clocks go forward and leave out this time on that day. Choose an hour later."}
        )
    return moment


def wall(moment: datetime, zone: str) -> str:
    """Return what the clocks of `zone` show at `moment`, as a form's field holds it."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def comes_twice(moment: datetime, zone: str) -> int:
    """Return 0, or whether `moment` is the first (1) or second (2) time the clocks of `zone` show what they show."""
    shown = moment.astimezone(ZoneInfo(zone))
    if shown.replace(fold=0).utcoffset() == shown.replace(fold=1).utcoffset():
        return 0
    return shown.fold + 1


def near(moment: datetime, now: datetime, field: str) -> datetime:
    """Return `moment`; raise `Invalid` for `field` when it is absurdly far away."""
    if abs(moment - now) > FARTHEST:
        raise Invalid(fields={field: "This is too far away. Check the year."})
    return moment


def ahead(moment: datetime | None, now: datetime, field: str) -> datetime | None:
    """Return `moment`; raise `Invalid` for `field` when it is over already, or absurdly far away."""
    if moment is not None and moment <= now:
        raise Invalid(fields={field: "This time is over already. Choose one to come."})
    return near(moment, now, field) if moment is not None else None
