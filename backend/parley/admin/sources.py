"""Pages of the sources: connecting a mailbox, trying it, pausing it, and what could not be filed."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Response

from parley.admin.faults import fault
from parley.admin.queries import sources as queries
from parley.admin.views import Outcome, SourceForm, SourcePage
from parley.customers.connectors.base import Health
from parley.customers.house import sealer
from parley.customers.service import intake, sources
from parley.customers.service.secrets import Secrets
from parley.customers.service.sources import SourceDraft, with_user
from parley.customers.trial import try_source
from parley.kit import clock
from parley.kit.errors import Conflict, Invalid, NotFound, Problem
from parley.models.customers import Source
from parley.web.forms import Form
from parley.web.visit import SourceReader, SourceWriter, Visit

router = APIRouter(prefix="/admin/sources", include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
async def listed(visit: SourceReader) -> Response:
    """Show every source and how it fares."""
    async with visit.reading() as session:
        return await visit.page(
            session,
            "admin/sources.html",
            title=visit.say("Sources"),
            place="admin",
            tab="sources",
            sources=await queries.rows(session, visit.actor, visit.say),
        )


@router.get("/new")
async def new_form(visit: SourceReader) -> Response:
    """Offer to connect a mailbox."""
    async with visit.reading() as session:
        view = SourcePage(SourceForm(channels=await queries.choices(session, visit.actor)), None)
        return await visit.page(
            session,
            "admin/source.html",
            title=visit.say("Connect a mailbox"),
            place="admin",
            tab="sources",
            source=view,
        )


@router.post("/new")
async def connect(visit: SourceWriter) -> Response:
    """Connect a mailbox."""
    form = await visit.form()
    try:
        draft = _draft(form)
        channel_id = form.number("channel_id") if form.text("channel_id") else None
        async with visit.unit() as unit:
            source = await sources.create(
                unit, visit.actor, draft, sealer(visit.machine.settings), channel_id=channel_id
            )
    except (Invalid, Conflict) as refusal:
        return await _refused(visit, form, refusal, None)
    return visit.seen(f"/admin/sources/{source.id}")


@router.post("/new/test")
async def test_new(visit: SourceWriter) -> Response:
    """Try the servers that were typed, without keeping anything."""
    form = await visit.form()
    try:
        draft = sources.tidy(_draft(form))
    except Invalid as refusal:
        return await _refused(visit, form, refusal, None)
    source = Source(kind="email", name=draft.name, address=draft.address, address_norm="", created_at=clock.now())
    sources.describe(source, draft)
    return await _tried(visit, source, Secrets(draft.imap_password or "", draft.smtp_password or ""))


@router.get("/{source_id}")
async def show(source_id: Id, visit: SourceReader) -> Response:
    """Show one source."""
    async with visit.reading() as session:
        view = await queries.page(session, source_id, visit.say)
        return await visit.page(
            session, "admin/source.html", title=view.form.name, place="admin", tab="sources", source=view
        )


@router.post("/{source_id}")
async def change(source_id: Id, visit: SourceWriter) -> Response:
    """Change a source."""
    form = await visit.form()
    try:
        draft = _draft(form)
        async with visit.unit() as unit:
            kept = await sources.find(unit, visit.actor, source_id)
            # How far back was asked for when it was connected; the form of a connected source does not ask again.
            draft = replace(draft, days_back=int(kept.config.get("days_back", 0)))
            await sources.update(unit, visit.actor, source_id, draft, sealer(visit.machine.settings))
    except (Invalid, Conflict) as refusal:
        return await _refused(visit, form, refusal, source_id)
    return visit.seen(f"/admin/sources/{source_id}")


@router.post("/{source_id}/test")
async def test(source_id: Id, visit: SourceWriter) -> Response:
    """Try the servers as the form has them now, with the kept passwords where none was typed."""
    form = await visit.form()
    try:
        draft = sources.tidy(_draft(form))
    except Invalid as refusal:
        return await _refused(visit, form, refusal, source_id)
    async with visit.reading() as session:
        source = await session.get(Source, source_id)
    if source is None:
        raise NotFound
    secrets = sources.merged(sealer(visit.machine.settings), source, draft)
    sources.describe(source, draft)
    return await _tried(visit, source, secrets)


@router.post("/{source_id}/pause")
async def pause(source_id: Id, visit: SourceWriter) -> Response:
    """Stop reading and sending for a source."""
    async with visit.unit() as unit:
        await sources.set_paused(unit, visit.actor, source_id, paused=True)
    return visit.seen(f"/admin/sources/{source_id}")


@router.post("/{source_id}/resume")
async def resume(source_id: Id, visit: SourceWriter) -> Response:
    """Let a paused source go on."""
    async with visit.unit() as unit:
        await sources.set_paused(unit, visit.actor, source_id, paused=False)
    return visit.seen(f"/admin/sources/{source_id}")


@router.post("/{source_id}/mails/{delivery_id}/retry")
async def retry(source_id: Id, delivery_id: Id, visit: SourceWriter) -> Response:
    """Try again to file a mail that could not be filed."""
    async with visit.unit() as unit:
        await sources.find(unit, visit.actor, source_id)
        await intake.try_again(unit, source_id, delivery_id)
    return Response(status_code=200) if visit.htmx else visit.seen(f"/admin/sources/{source_id}")


def _draft(form: Form) -> SourceDraft:
    return SourceDraft(
        name=form.text("name"),
        address=form.text("address"),
        display_name=form.text("display_name"),
        signature=form.text("signature"),
        imap_url=with_user(form.text("imap_url"), form.text("imap_user")),
        imap_password=form.text("imap_password") or None,
        smtp_url=with_user(form.text("smtp_url"), form.text("smtp_user")),
        smtp_password=form.text("smtp_password") or None,
        days_back=form.number("days_back") if form.text("days_back") else 0,
        plus_addressing=form.on("plus_addressing"),
        authserv_id=form.text("authserv_id"),
    )


async def _tried(visit: Visit, source: Source, secrets: Secrets) -> Response:
    await visit.limit("preview")
    outcome = _outcome(visit, await try_source(visit.machine.settings, source, secrets))
    if visit.htmx:
        return visit.fragment("admin/_source_outcome.html", outcome=outcome)
    async with visit.reading() as session:
        if source.id is None:
            view = SourcePage(SourceForm(channels=await queries.choices(session, visit.actor)), None, outcome)
        else:
            view = replace(await queries.page(session, source.id, visit.say), outcome=outcome)
        return await visit.page(
            session, "admin/source.html", title=visit.say("Sources"), place="admin", tab="sources", source=view
        )


def _outcome(visit: Visit, health: Health) -> Outcome:
    if not health.words:
        return Outcome(ok=False, words=visit.say("There is no server to try: neither for reading nor for answering."))
    found = {name.upper(): fault(words, visit.say) for name, words in health.details.items()}
    words = " ".join(dict.fromkeys(each.words for each in found.values())) or visit.say(health.words)
    return Outcome(health.ok, words, [(name, each.detail) for name, each in found.items() if each.detail])


async def _refused(visit: Visit, form: Form, refusal: Problem, source_id: int | None) -> Response:
    """Answer 422 with the form as it was left; passwords have to be typed again."""
    if not visit.htmx:
        raise refusal
    errors = visit.say_fields(refusal) or {"_form": visit.renderer.say(refusal, visit.language)}
    async with visit.reading() as session:
        kept = (
            (await queries.page(session, source_id, visit.say)).form
            if source_id
            else SourceForm(channels=await queries.choices(session, visit.actor))
        )
    typed = {
        name: form.text(name)
        for name in (
            "name",
            "address",
            "display_name",
            "signature",
            "imap_url",
            "imap_user",
            "smtp_url",
            "smtp_user",
            "authserv_id",
        )
    }
    view = replace(kept, **typed, plus_addressing=form.on("plus_addressing"), errors=errors)  # type: ignore[arg-type]  # texts
    return visit.fragment("admin/_source_form.html", status=422, source=SourcePage(view, None))
