"""Sign-in providers: five fields, a test, done."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from parley.admin.queries import providers as queries
from parley.admin.views import Outcome, ProviderForm, ProviderPage
from parley.identity.oidc import trial
from parley.identity.service import providers
from parley.identity.service.providers import Wanted
from parley.identity.wiring import federation
from parley.kit.errors import Conflict, Invalid, Problem
from parley.models.identity import Provider
from parley.web.forms import Form
from parley.web.visit import AdminReader, AdminWriter, Visit

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/admin/providers")
async def listed(visit: AdminReader) -> Response:
    """Show the providers."""
    async with visit.reading() as session:
        rows = await queries.rows(session)
        return await visit.page(
            session, "admin/providers.html", title=visit.say("Sign-in"), place="admin", tab="providers", providers=rows
        )


@router.get("/admin/providers/new")
async def new(visit: AdminReader) -> Response:
    """Show an empty form."""
    return await _page(visit, ProviderForm(callback_url=_callback(visit, "…")))


@router.post("/admin/providers/new")
async def add(visit: AdminWriter) -> Response:
    """Add a provider."""
    return await _save(visit, None)


@router.get("/admin/providers/{provider_id}")
async def shown(provider_id: Id, visit: AdminReader) -> Response:
    """Show one provider's settings."""
    async with visit.reading() as session:
        row = await queries.one(session, provider_id)
    return await _page(visit, _stored(visit, row))


@router.post("/admin/providers/{provider_id}")
async def change(provider_id: Id, visit: AdminWriter) -> Response:
    """Change a provider; an empty secret keeps the one that is stored."""
    return await _save(visit, provider_id)


@router.post("/admin/providers/{provider_id}/test")
async def test(provider_id: Id, visit: AdminWriter) -> Response:
    """Try the provider with what stands in the form, without keeping it."""
    await visit.limit("preview")
    form = await visit.form()
    async with visit.reading() as session:
        row = await queries.one(session, provider_id)
    wanted = _wanted(form)
    outside = federation(visit.request)
    try:
        clean = providers.checked(wanted, plain_http=_plain_http(visit))
        # The kept secret goes only where it was meant for, not to an address that was just typed.
        secret = (
            wanted.client_secret
            if wanted.client_secret is not None
            else (outside.secret_of(row) if clean.issuer == row.issuer else "")
        )
        found = await trial.run(outside, clean.issuer, clean.client_id, secret, _callback(visit, clean.slug))
    except Invalid as problem:
        return await _page(visit, _typed(visit, wanted, row, problem), status=422)
    outcome = Outcome(found.ok, " ".join(filter(None, (visit.say(found.sentence), found.detail))), found.found)
    page = ProviderPage(_typed(visit, wanted, row), outcome)
    if visit.htmx:
        return visit.fragment("admin/_provider_outcome.html", provider=page)
    return await _page(visit, page.form, outcome)


async def _save(visit: Visit, provider_id: int | None) -> Response:
    wanted = _wanted(await visit.form())
    outside = federation(visit.request)
    try:
        clean = providers.checked(wanted, plain_http=_plain_http(visit))
        async with visit.unit() as unit:
            row = await providers.save(
                unit, clean, outside.sealer, by=visit.actor.person_id, via="page", provider_id=provider_id
            )
    except (Invalid, Conflict) as problem:
        async with visit.reading() as session:
            stored = await queries.one(session, provider_id) if provider_id else None
        return await _page(visit, _typed(visit, wanted, stored, problem), status=problem.status)
    outside.discovery.forget(row.issuer)
    return visit.seen(f"/admin/providers/{row.id}")


async def _page(visit: Visit, form: ProviderForm, outcome: Outcome | None = None, status: int = 200) -> Response:
    async with visit.reading() as session:
        return await visit.page(
            session,
            "admin/provider.html",
            title=form.name or visit.say("Add a provider"),
            place="admin",
            status=status,
            tab="providers",
            provider=ProviderPage(form, outcome),
        )


def _wanted(form: Form) -> Wanted:
    return Wanted(
        slug=form.text("slug"),
        name=form.text("name"),
        issuer=form.text("issuer"),
        client_id=form.text("client_id"),
        client_secret=form.text("client_secret") or None,
        groups_claim=form.text("groups_claim"),
        domains=tuple(form.text("domains").split(",")),
        trust_email=form.on("trust_email"),
        jit=form.on("jit"),
        enabled=form.on("enabled"),
    )


def _stored(visit: Visit, row: Provider) -> ProviderForm:
    return ProviderForm(
        callback_url=_callback(visit, row.slug),
        id=row.id,
        slug=row.slug,
        name=row.name,
        issuer=row.issuer,
        client_id=row.client_id,
        has_secret=bool(row.client_secret_sealed),
        groups_claim=row.groups_claim,
        domains=", ".join(row.domains),
        trust_email=row.trust_email,
        jit=row.jit,
        enabled=row.enabled,
    )


def _typed(visit: Visit, wanted: Wanted, row: Provider | None, problem: Problem | None = None) -> ProviderForm:
    return ProviderForm(
        callback_url=_callback(visit, wanted.slug or "…"),
        id=row.id if row else None,
        slug=wanted.slug,
        name=wanted.name,
        issuer=wanted.issuer,
        client_id=wanted.client_id,
        has_secret=bool(row and row.client_secret_sealed),
        groups_claim=wanted.groups_claim,
        domains=", ".join(domain.strip() for domain in wanted.domains),
        trust_email=wanted.trust_email,
        jit=wanted.jit,
        enabled=wanted.enabled,
        errors=visit.say_fields(problem) if problem else {},
    )


def _callback(visit: Visit, slug: str) -> str:
    return f"{visit.machine.settings.public_url}/auth/{slug}/callback"


def _plain_http(visit: Visit) -> bool:
    """Whether a provider without TLS may be configured: only where this installation has none either."""
    return not visit.machine.settings.secure
