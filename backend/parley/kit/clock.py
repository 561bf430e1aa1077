"""Time, always aware and in UTC. The only place that asks the machine for it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return datetime.now(UTC)


def aware(moment: datetime) -> datetime:
    """Return `moment` in UTC; a naive one (SQLite gives them back so) is taken to be UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    """Write `moment` as RFC 3339 in UTC with a Z, the form of the API."""
    return aware(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")
