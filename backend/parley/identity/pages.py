"""Signing in and out: the ways in, links, the demo's cast, and the way through a provider."""

import contextlib
import ipaddress
from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from parley.core import crypto
from parley.identity import cookies, queries
from parley.identity.oidc import flow
from parley.identity.paths import HOME, local_path
from parley.identity.problems import AccountClosed, SignInRefused
from parley.identity.schemas import CastEntry, CastMember
from parley.identity.service import federation, sessions, sign_in_links
from parley.identity.service.sessions import Browser, Opened
from parley.identity.wiring import federation as ways_out
from parley.kit.errors import Conflict, NotFound, Problem
from parley.kit.text import email_norm
from parley.models.identity import Provider
from parley.policy import audit
from parley.web.visit import Anyone, Id, Visit

router = APIRouter(include_in_schema=False)
_BINDING_LENGTH = 128
_MESSAGES = {
    "again": "That sign-in took too long or was used already. Please begin again.",
    "out": "You are signed out.",
    "ended": "Your session has ended. Sign in again to go on.",
}


@router.get("/sign-in")
async def sign_in(visit: Anyone, next: str = HOME, why: str = "") -> Response:  # noqa: A002  (the parameter's public name)
    """Show the ways in."""
    after = local_path(next)
    if visit.maybe_actor is not None and not why:
        return RedirectResponse(after, 303)
    async with visit.reading() as session:
        providers = await queries.ways_in(session)
    return _public(
        visit,
        "identity/sign_in.html",
        "Sign in",
        providers=providers,
        next=after if after != HOME else "",
        message=visit.say(_MESSAGES[why]) if why in _MESSAGES else "",
        demo_url="/demo" if _demo(visit) else None,
    )


@router.get("/auth/link/{token}")
async def show_link(token: str, visit: Anyone) -> Response:
    """Show a button; opening the link uses nothing up, since mail scanners open links too."""
    async with visit.reading() as session:
        person_id = await sign_in_links.whose(session, token, demo=visit.machine.settings.demo)
        person = await queries.face(session, person_id) if person_id is not None else None
    return _public(
        visit, "identity/link.html", "Sign in", 200 if person else 410, token=token, person=person, sentence=""
    )


@router.post("/auth/link/{token}")
async def use_link(token: str, visit: Anyone) -> Response:
    """Use the link up and sign its person in."""
    await visit.limit("sign_in", visit.address)
    settings = visit.machine.settings
    async with visit.machine.units.begin() as unit:
        person_id = await sign_in_links.consume(unit, token, demo=settings.demo)
        opened = await sessions.create(
            unit, person_id, method="link", lasting=sessions.lifetime(settings), browser=_browser(visit)
        )
    return _signed_in(visit, opened, HOME)


@router.post("/sign-out")
async def sign_out(visit: Anyone) -> Response:
    """End this browser's session and its sockets."""
    actor = visit.maybe_actor
    if actor is not None and actor.session_id is not None:
        async with visit.machine.units.begin() as unit:
            with contextlib.suppress(NotFound):  # the second of two clicks: what it wanted is done
                await sessions.end(
                    unit, actor.person_id, actor.session_id, by=actor.person_id, via="page", address=visit.address
                )
    response = visit.seen("/sign-in?why=out")
    cookies.take(response, visit.machine.settings)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.get("/demo")
async def cast(visit: Anyone) -> Response:
    """Let a visitor of the demo choose whom to be."""
    _require_demo(visit)
    members: Sequence[CastMember] = getattr(visit.request.app.state, "cast", ())
    async with visit.reading() as session:
        ids = {member.email: await queries.person_id_of(session, email_norm(member.email)) for member in members}
        faces = await queries.faces(session, [person_id for person_id in ids.values() if person_id is not None])
    people = [
        CastEntry(faces[person_id], member.role, member.why, f"/demo/{person_id}")
        for member in members
        if (person_id := ids[member.email]) is not None and person_id in faces
    ]
    return _public(visit, "identity/demo.html", "Choose somebody", people=people)


@router.post("/demo/{person_id}")
async def play(person_id: Id, visit: Anyone) -> Response:
    """Sign in as somebody of the demo company."""
    _require_demo(visit)
    settings = visit.machine.settings
    async with visit.machine.units.begin() as unit:
        opened = await sessions.create(
            unit, person_id, method="demo", lasting=sessions.lifetime(settings), browser=_browser(visit)
        )
    return _signed_in(visit, opened, HOME)


@router.get("/auth/{provider}/login")
async def login(provider: str, visit: Anyone, next: str = HOME, login_hint: str = "") -> Response:  # noqa: A002
    """Send the browser to the provider, and remember what must come back."""
    await visit.limit("sign_in", visit.address)
    settings = visit.machine.settings
    async with visit.reading() as session:
        row = await flow.enabled_provider(session, provider)
    facts = await ways_out(visit.request).discovery.facts(row.issuer)
    going = flow.outbound(row, facts, _redirect_uri(visit, row), login_hint[:320])
    # One binding for all tabs of a browser: the tab that finishes first must not undo the other's.
    binding = visit.request.cookies.get(cookies.binding_name(settings), "")
    if not 40 <= len(binding) <= _BINDING_LENGTH:
        binding, _ = crypto.new_token()
    async with visit.machine.units.begin() as unit:
        assert row.id is not None  # noqa: S101  (read from the database)
        await flow.remember(unit, row.id, going, binding=binding, next_path=local_path(next))
    response = RedirectResponse(going.url, 303)
    cookies.bind(response, settings, binding, int(flow.LIFETIME.total_seconds()))
    return response


@router.get("/auth/{provider}/callback")
async def callback(provider: str, visit: Anyone, state: str = "") -> Response:
    """Take the provider's answer: one unit takes the transaction, calls follow, a second unit signs in."""
    async with visit.reading() as session:
        row = await flow.enabled_provider(session, provider)
    async with visit.machine.units.begin() as unit:
        pending = await flow.take(unit, state)
    if pending is None:
        return RedirectResponse("/sign-in?why=again", 303)
    try:
        opened = await _through(visit, row, pending)
    except (SignInRefused, AccountClosed, Conflict) as problem:
        await _note_refusal(visit, row, problem)
        raise
    return _signed_in(visit, opened, pending.next)


async def _through(visit: Visit, row: Provider, pending: flow.Pending) -> Opened:
    settings = visit.machine.settings
    outside = ways_out(visit.request)
    facts = await outside.discovery.facts(row.issuer)
    binding = visit.request.cookies.get(cookies.binding_name(settings), "")
    code = flow.check_return(pending, row, facts, binding, dict(visit.request.query_params))
    claims = await flow.redeem(
        outside.http,
        outside.discovery,
        row,
        outside.secret_of(row),
        code=code,
        pending=pending,
        redirect_uri=_redirect_uri(visit, row),
    )
    async with visit.machine.units.begin() as unit:
        person_id = await federation.resolve(unit, row, claims)
        return await sessions.create(
            unit,
            person_id,
            method=row.slug,
            lasting=sessions.lifetime(settings),
            browser=_browser(visit),
            issuer=claims.issuer,
            sid=claims.sid,
        )


async def _note_refusal(visit: Visit, row: Provider, problem: Problem) -> None:
    reason = problem.reason if isinstance(problem, SignInRefused) else problem.code
    async with visit.machine.units.begin() as unit:
        await audit.record(
            unit,
            "sign_in.refused",
            actor_id=None,
            via=f"provider:{row.slug}",
            target=f"provider:{row.id}",
            address=visit.address,
            reason=reason,
        )


def _redirect_uri(visit: Visit, row: Provider) -> str:
    return f"{visit.machine.settings.public_url}/auth/{row.slug}/callback"


def _browser(visit: Visit) -> Browser:
    actor = visit.maybe_actor
    return Browser(visit.address, visit.request.headers.get("user-agent", ""), actor.session_id if actor else None)


def _signed_in(visit: Visit, opened: Opened, path: str) -> Response:
    response = visit.seen(path)
    cookies.give(response, visit.machine.settings, opened.secret)
    return response


def _demo(visit: Visit) -> bool:
    """Whether this is the demo, asked for from this very machine."""
    try:
        near = ipaddress.ip_address(visit.address).is_loopback
    except ValueError:
        near = False
    return visit.machine.settings.demo and near


def _require_demo(visit: Visit) -> None:
    if not _demo(visit):
        raise NotFound


def _public(visit: Visit, template: str, title: str, status: int = 200, **context: object) -> Response:
    """Render a page outside the shell, for strangers and for those who are signed in already."""
    page = visit.renderer.bare_page(visit.maybe_actor, visit.language, visit.say(title), visit.csrf_token)
    return HTMLResponse(visit.renderer.render(template, visit.language, page=page, **context), status)
