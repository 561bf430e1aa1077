"""The audit log: a page with filters, a file, and the same for programs."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from parley.admin.queries import audit as queries
from parley.admin.queries.audit import COLUMNS, Filters
from parley.admin.views import AuditView
from parley.core.database import Database
from parley.kit.errors import Invalid
from parley.kit.paging import DEFAULT_LIMIT
from parley.people.schemas import Moment
from parley.web import forms
from parley.web.api import PROBLEMS, Limit
from parley.web.visit import AuditReader

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["audit"], responses=PROBLEMS)
PAGE = 100
Text = Annotated[str, Query(max_length=320)]


class AuditOut(BaseModel):
    """One act on the record."""

    id: int
    at: Moment
    actor_id: int | None
    via: str
    event: str
    target: str
    address: str
    detail: dict[str, Any]


class AuditPage(BaseModel):
    """A part of the record, newest first."""

    items: list[AuditOut]
    next: str | None


@router.get("/admin/audit")
async def page(
    visit: AuditReader, actor: str = "", event: str = "", since: str = "", until: str = "", cursor: str | None = None
) -> Response:
    """Show the log; a date that is none is said at its field and narrows nothing."""
    errors: dict[str, str] = {}
    try:
        wanted = queries.filters(actor, event, since, until)
    except Invalid as problem:
        errors, wanted = visit.say_fields(problem), Filters(actor.strip()[:320], event[:64])
    asked = {"actor": wanted.actor, "event": wanted.event, "since": wanted.since, "until": wanted.until}
    async with visit.reading() as session:
        rows, more = await queries.rows(session, wanted, PAGE, cursor)
        view = AuditView(
            rows=await queries.entries(session, rows),
            actor=wanted.actor,
            event=wanted.event,
            since=since[:20],
            until=until[:20],
            events=await queries.events(session),
            next_url=forms.query("/admin/audit", **asked, cursor=more) if more else None,
            csv_url=forms.query("/admin/audit.csv", **asked),
            errors=errors,
        )
        if cursor and visit.htmx:
            return visit.fragment("admin/_audit_rows.html", audit=view)
        return await visit.page(
            session,
            "admin/audit.html",
            title=visit.say("Audit"),
            place="admin",
            status=422 if errors else 200,
            tab="audit",
            audit=view,
        )


@router.get("/admin/audit.csv")
async def file(visit: AuditReader, actor: str = "", event: str = "", since: str = "", until: str = "") -> Response:
    """Give the log as a file, row by row; cells that could be formulas are neutralised."""
    wanted = queries.filters(actor, event, since, until)
    return StreamingResponse(
        _csv(visit.machine.database, wanted),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"},
    )


@api.get("/audit")
async def listed(
    visit: AuditReader,
    actor: Text = "",
    event: Text = "",
    since: Text = "",
    until: Text = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> AuditPage:
    """Return a part of the audit log, newest first; `since` and `until` are dates."""
    wanted = queries.filters(actor, event, since, until)
    async with visit.reading() as session:
        rows, more = await queries.rows(session, wanted, limit, cursor)
    return AuditPage(items=[AuditOut.model_validate(row, from_attributes=True) for row in rows], next=more)


async def _csv(database: Database, wanted: Filters) -> AsyncIterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    async for cells in queries.lines(database, wanted):
        writer.writerow([queries.neutral(cell) for cell in cells])
        if buffer.tell() > 32_000:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
