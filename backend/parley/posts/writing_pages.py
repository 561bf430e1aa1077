"""Pages about what is not published yet: drafts, and posts for later."""

from datetime import UTC
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.core.unit import Unit
from parley.kit import clock
from parley.kit.errors import Invalid, NotFound
from parley.models.writing import Draft, ScheduledPost
from parley.posts import composing, waiting
from parley.posts.kinds import clocks, forms
from parley.posts.kinds.given import KINDS, from_form
from parley.posts.service import drafts, scheduling
from parley.posts.service.scheduling import Later
from parley.posts.service.words import client_uuid, ready
from parley.posts.views import ComposerView
from parley.web.forms import Form, whole
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)


@router.get("/drafts")
async def drafts_page(visit: Reader) -> Response:
    """Show what waits for its time, and what was begun."""
    async with visit.reading() as session:
        me = visit.actor
        later = await waiting.scheduled_rows(session, me, await scheduling.listing(session, me.person_id))
        begun = await waiting.draft_rows(session, me, await drafts.listing(session, me.person_id))
        if visit.htmx:
            return visit.fragment("posts/_drafts.html", later=later, drafts=begun)
        return await visit.page(
            session, "posts/drafts.html", title=visit.say("Drafts and later"), place="drafts", later=later, drafts=begun
        )


@router.get("/drafts/{draft_id}")
async def draft(draft_id: Id, visit: Reader) -> Response:
    """Go on writing a draft whose place is no page of its own."""
    async with visit.reading() as session:
        found = await _draft(session, visit, draft_id)
        composer = await _composer(session, visit, found)
        if composer is None:
            raise NotFound
        return await visit.page(
            session,
            "posts/draft.html",
            title=visit.say("Draft"),
            place="drafts",
            composer=composer,
            reason=visit.say(found.reason) if found.reason else "",
            body=found.body,
        )


@router.post("/drafts/{draft_id}/discard")
async def discard(draft_id: Id, visit: Writer) -> Response:
    """Let go of a draft."""
    async with visit.unit() as unit:
        found = await _draft(unit.session, visit, draft_id)
        await drafts.drop(unit, visit.actor.person_id, found.place)
    return await _list(visit)


@router.get("/later")
async def later_menu(visit: Reader) -> Response:
    """Offer times to send a post at, on the reader's own clocks."""
    zone = forms.zone_of(visit)
    now = clock.now()
    return visit.fragment(
        "posts/_later.html",
        presets=waiting.presets(now, zone),
        zone=zone,
        earliest=clocks.wall(now, zone),
        latest=clocks.wall(now + scheduling.FARTHEST, zone),
    )


@router.get("/scheduled/{scheduled_id}")
async def scheduled(scheduled_id: Id, visit: Reader) -> Response:
    """Show a post that waits, to change it or its time."""
    async with visit.reading() as session:
        row = await scheduling.find(session, visit.actor, scheduled_id)
        composer = await _composer(session, visit, row)
        if composer is None:
            raise NotFound
        return await visit.page(
            session, "posts/draft.html", title=visit.say("For later"), place="drafts", composer=composer, reason="",
            body=row.body,
        )  # fmt: skip


@router.post("/scheduled/{scheduled_id}")
async def change(scheduled_id: Id, visit: Writer) -> Response:
    """Change a post that waits, or its time."""
    await visit.limit("post")
    form = await visit.form()
    try:
        later, channel_id = await read_later(visit, form), form.number("channel_id")
        async with visit.unit() as unit:
            await scheduling.change(unit, visit.actor, scheduled_id, channel_id, later)
    except Invalid as refusal:
        if not visit.htmx:
            raise
        chosen = next(iter(form.ids("channel_id")), None)
        return await composing.refused(visit, refusal, channel_id=chosen, **typed(form))
    return visit.seen("/drafts")


@router.post("/scheduled/{scheduled_id}/publish")
async def publish(scheduled_id: Id, visit: Writer) -> Response:
    """Publish a post that waits, now."""
    await visit.limit("post")
    return visit.seen(f"/posts/{await waiting.publish_now(visit, scheduled_id)}")


@router.post("/scheduled/{scheduled_id}/cancel")
async def cancel(scheduled_id: Id, visit: Writer) -> Response:
    """Take a post out of the waiting ones; its words are kept as a draft."""
    async with visit.unit() as unit:
        await scheduling.cancel(unit, visit.actor, scheduled_id)
    return await _list(visit)


async def schedule(visit: Visit, form: Form, channel_id: int) -> Response:
    """Keep what a composer sends for a later time; its draft is let go of in the same moment."""
    try:
        later = await read_later(visit, form)
        async with visit.unit() as unit:
            row, _ = await scheduling.schedule(unit, visit.actor, channel_id, later)
            await forget_draft(unit, visit, form)
            scheduled_id = row.id
    except Invalid as refusal:
        return await composing.refused(visit, refusal, channel_id=channel_id, **typed(form))
    if not visit.htmx:
        return visit.seen("/drafts")
    when = clocks.wall(later.due_at, forms.zone_of(visit)).replace("T", " ")
    said = visit.say("Will be published %(when)s") % {"when": when}
    headers = {"X-Parley-Toast": quote(said), "X-Parley-Undo": f"/scheduled/{scheduled_id}/cancel"}
    return Response(status_code=201, headers=headers, media_type="text/html")


async def read_later(visit: Visit, form: Form) -> Later:
    """Read a post for later from a form; its time is on the reader's own clocks. Raises `Invalid`."""
    kind, files, written = form.text("kind") or "update", form.ids("attachments"), forms.written(form)
    zone = forms.zone_of(visit)
    words = await ready(form.text("body"), title=form.text("title"), kind=kind, files=files)
    due = clocks.instant(form.text("send_at"), zone, "send_at").astimezone(UTC)
    given = from_form(kind, written, zone)
    return Later(words, kind, due, files, given, written, client_uuid(form.text("client_id")))


async def forget_draft(unit: Unit, visit: Visit, form: Form) -> None:
    """Let go of the draft of what a form publishes."""
    version = whole(form.text("draft_version") or "0", "draft_version")
    await drafts.published(unit, visit.actor.person_id, form.text("draft"), version, form.text("device")[:36])


def typed(form: Form) -> dict[str, Any]:
    """What stands in a composer, for showing it again as it was left."""
    return {
        "place": form.text("draft"),
        "body": form.text("body"),
        "title": form.text("title"),
        "files": form.ids("attachments"),
        "kind": form.text("kind") or "update",
        "fields": forms.written(form),
        "send_at": form.text("send_at"),
    }


async def _draft(session: AsyncSession, visit: Visit, draft_id: int) -> Draft:
    found = await session.execute(
        select(Draft).where(col(Draft.id) == draft_id, col(Draft.person_id) == visit.actor.person_id)
    )
    row: Draft | None = found.scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


async def _composer(session: AsyncSession, visit: Visit, row: Draft | ScheduledPost) -> ComposerView | None:
    """The form for a post into one of the reader's channels, filled with `row`; None when they have none."""
    offered = await channels.postable(session, visit.actor)
    if not offered:
        return None
    chosen = row.channel_id if any(ref.id == row.channel_id for ref in offered) else offered[0].id
    kept = isinstance(row, Draft)
    files = await waiting.attached_to(session, visit.actor, [row.file_ids])
    written = row.fields.get("written", {}) if isinstance(row, ScheduledPost) else row.fields
    return ComposerView(
        action=f"/channels/{chosen}/posts" if kept else f"/scheduled/{row.id}",
        place=row.place if isinstance(row, Draft) else f"scheduled:{row.id}",
        placeholder=visit.say("Share something useful, or ask who knows"),
        button=visit.say("Post") if kept else visit.say("Save"),
        target="#feed",
        channels=offered,
        channel_id=chosen,
        kinds=KINDS,
        titled=True,
        body=row.body,
        title=row.title,
        files=await composing.files_of(session, visit, tuple(files)),
        form=forms.typed(visit, row.kind or "update", {name: value for name, value in written.items() if value}),
        send_at=clocks.wall(row.due_at, forms.zone_of(visit)) if isinstance(row, ScheduledPost) else "",
        draft_version=row.version if isinstance(row, Draft) else 0,
    )


async def _list(visit: Visit) -> Response:
    if not visit.htmx:
        return visit.seen("/drafts")
    async with visit.reading() as session:
        me = visit.actor
        later = await waiting.scheduled_rows(session, me, await scheduling.listing(session, me.person_id))
        begun = await waiting.draft_rows(session, me, await drafts.listing(session, me.person_id))
    return visit.fragment("posts/_drafts.html", later=later, drafts=begun)
