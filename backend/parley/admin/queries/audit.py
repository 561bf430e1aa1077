"""The audit log as auditors read it, page by page and as a file."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.admin.views import AuditEntry
from parley.core.database import Database
from parley.kit.clock import rfc3339
from parley.kit.errors import Invalid
from parley.kit.paging import decode_cursor, encode_cursor
from parley.kit.text import email_norm
from parley.models.admin import AuditRow
from parley.models.identity import Person
from parley.people.queries import cards

COLUMNS = ("id", "at", "actor", "via", "event", "target", "address", "detail")
_BATCH = 500
_PAGES = {
    "person": "/people/%s",
    "provider": "/admin/providers/%s",
    "source": "/admin/sources/%s",
    "channel": "/channels/%s",
    "conversation": "/conversations/%s",
    "post": "/posts/%s",
}

_PEOPLE = ("successor_id", "person_id")
"""Details that are ids of persons."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the log is narrowed to; `since` and `until` are whole days in UTC, both included."""

    actor: str = ""
    event: str = ""
    since: date | None = None
    until: date | None = None


def filters(actor: str, event: str, since: str, until: str) -> Filters:
    """Read the filters of a form; raise `Invalid` with the fields that are no dates."""
    faults: dict[str, str] = {}
    days: dict[str, date | None] = {"since": None, "until": None}
    for name, text in (("since", since), ("until", until)):
        if text:
            try:
                days[name] = date.fromisoformat(text)
            except ValueError:
                faults[name] = "This is not a date."
    if faults:
        raise Invalid(fields=faults)
    return Filters(actor.strip()[:320], event[:64], days["since"], days["until"])


async def rows(
    session: AsyncSession, wanted: Filters, limit: int, cursor: str | None = None
) -> tuple[Sequence[AuditRow], str | None]:
    """Return a part of the log, newest first, and the cursor of the rest."""
    statement = select(AuditRow).where(*_conditions(wanted)).order_by(col(AuditRow.id).desc())
    if cursor:
        statement = statement.where(col(AuditRow.id) < decode_cursor(cursor, int)[0])
    found = (await session.execute(statement.limit(limit + 1))).scalars().all()
    return found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None


async def entries(session: AsyncSession, found: Sequence[AuditRow]) -> Sequence[AuditEntry]:
    """Return how the rows are shown."""
    people = await cards(session, [person for row in found for person in (row.actor_id, *_named(row))])
    names = {person: card.name for person, card in people.items()}
    return [
        AuditEntry(
            id=row.id or 0,
            at=row.at,
            actor=people.get(row.actor_id) if row.actor_id else None,
            via=row.via,
            event=row.event,
            target=row.target,
            target_url=_url(row.target),
            address=row.address,
            detail=[
                (name.removesuffix("_id"), names[value])
                if name in _PEOPLE and value in names
                else (name, _plain(value))
                for name, value in row.detail.items()
                if value is not None
            ],
            target_name=names.get(_person(row.target) or 0, ""),
        )
        for row in found
    ]


async def events(session: AsyncSession) -> Sequence[str]:
    """Return every event name that the log holds."""
    return (await session.execute(select(col(AuditRow.event)).distinct().order_by(col(AuditRow.event)))).scalars().all()


async def lines(database: Database, wanted: Filters) -> AsyncIterator[Sequence[str]]:
    """Yield the cells of each row, newest first; each batch in a short reading of its own."""
    before: int | None = None
    while True:
        statement = (
            select(AuditRow, col(Person.email))
            .outerjoin(Person, col(Person.id) == AuditRow.actor_id)
            .where(*_conditions(wanted))
            .order_by(col(AuditRow.id).desc())
        )
        if before is not None:
            statement = statement.where(col(AuditRow.id) < before)
        async with database.reading() as session:
            found = (await session.execute(statement.limit(_BATCH))).all()
        for row, email in found:
            yield [
                str(row.id), rfc3339(row.at), email or "", row.via, row.event, row.target, row.address,
                json.dumps(row.detail, ensure_ascii=False, sort_keys=True),
            ]  # fmt: skip
        if len(found) < _BATCH:
            return
        before = found[-1][0].id


def neutral(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it for a formula."""
    return "'" + cell if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else cell


def _conditions(wanted: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.actor:
        who = wanted.actor.removeprefix("@")
        found.append(
            col(AuditRow.actor_id).in_(
                select(col(Person.id)).where(
                    or_(
                        col(Person.handle) == who,
                        col(Person.email_norm) == email_norm(who),
                        col(Person.name).icontains(who, autoescape=True),
                    )
                )
            )
        )
    if wanted.event:
        found.append(col(AuditRow.event) == wanted.event)
    if wanted.since:
        found.append(col(AuditRow.at) >= _midnight(wanted.since))
    if wanted.until:
        found.append(col(AuditRow.at) < _midnight(wanted.until) + timedelta(days=1))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _person(target: str) -> int | None:
    kind, _, number = target.partition(":")
    return int(number) if kind == "person" and number.isdigit() else None


def _named(row: AuditRow) -> list[int | None]:
    """The persons whom a row names beside its actor."""
    return [_person(row.target), *(value for name in _PEOPLE if isinstance(value := row.detail.get(name), int))]


def _url(target: str) -> str | None:
    kind, _, number = target.partition(":")
    return _PAGES[kind] % number if kind in _PAGES and number.isdigit() else None


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value)
    return str(value)
