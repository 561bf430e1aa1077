"""What a person sets for themselves: profile, language and look, keys, sessions, API tokens."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.identity.service import preferences, sessions, tokens
from parley.identity.service.preferences import Preferences
from parley.kit.errors import Invalid, NotFound
from parley.models.identity import Person
from parley.people import groups, queries, service
from parley.people.rows import session_rows, token_rows
from parley.people.service import ProfileChange
from parley.people.views import PersonCard, SettingsView
from parley.policy.actor import SCOPES
from parley.web.i18n import LANGUAGES
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
_TITLES = {
    "profile": "Your profile",
    "look": "Language and look",
    "keys": "Keys",
    "sessions": "Sessions",
    "tokens": "API tokens",
    "following": "Persons you follow",
}
_SCOPE_WORDS = {
    "read": "Read what you may read",
    "write": "Post, comment and react as you",
    "customers:read": "Read customers' conversations",
    "customers:write": "Answer and change customers' conversations",
    "people:provision": "Make and close accounts",
    "admin:read": "Read administration",
    "admin:write": "Administer",
}
_ADMIN_SCOPES = {
    "people:provision": ("it_admin",),
    "admin:read": ("it_admin", "auditor", "customer_lead"),
    "admin:write": ("it_admin", "customer_lead"),
}


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """The form of a profile: what stands in it, and what is wrong."""

    card: PersonCard
    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()

    @property
    def has_photo(self) -> bool:
        """Whether there is a photo that could be taken away."""
        return (self.card.photo_url or "").startswith("/photos/")


@router.get("/settings")
async def look(visit: Reader) -> Response:
    """Show language, time zone and look."""
    return await _page(visit, "look")


@router.post("/settings")
async def save_look(visit: Writer) -> Response:
    """Keep language, time zone and look."""
    form = await visit.form()
    wanted = Preferences(language=form.text("language"), theme=form.text("theme") or None, time_zone=form.text("zone"))
    preferences.check(wanted, LANGUAGES)
    async with visit.unit() as unit:
        await preferences.change(unit, visit.actor.person_id, wanted)
    return visit.seen("/settings")


@router.get("/settings/keys")
async def keys(visit: Reader) -> Response:
    """Show the switches of this device."""
    return await _page(visit, "keys")


@router.get("/settings/following")
async def following(visit: Reader) -> Response:
    """Show whom the reader follows."""
    return await _page(visit, "following")


@router.get("/settings/sessions")
async def session_list(visit: Reader) -> Response:
    """Show every browser that is signed in."""
    return await _page(visit, "sessions")


@router.post("/settings/sessions/end-others")
async def end_others(visit: Writer) -> Response:
    """End every session but this one."""
    async with visit.machine.units.begin() as unit:
        await sessions.end_all(
            unit,
            visit.actor.person_id,
            by=visit.actor.person_id,
            via="page",
            keep=visit.actor.session_id,
            address=visit.address,
        )
    return visit.seen("/settings/sessions")


@router.post("/settings/sessions/{session_id}/end")
async def end_session(session_id: Id, visit: Writer) -> Response:
    """End one session; an answer without content lets its line go."""
    async with visit.machine.units.begin() as unit:
        await sessions.end(
            unit, visit.actor.person_id, session_id, by=visit.actor.person_id, via="page", address=visit.address
        )
    return Response(status_code=200) if visit.htmx else visit.seen("/settings/sessions")


@router.get("/settings/tokens")
async def token_list(visit: Reader) -> Response:
    """Show the reader's API tokens."""
    return await _page(visit, "tokens")


@router.post("/settings/tokens")
async def make_token(visit: Writer) -> Response:
    """Make a token and show its secret, this once."""
    form = await visit.form()
    name, chosen = form.text("name"), form.texts("scope")
    me = visit.actor.person_id
    try:
        _check_scopes(visit, chosen)
        days = form.number("days") if form.text("days") else None
        async with visit.unit() as unit:
            _, secret = await tokens.create(unit, me, name=name, scopes=chosen, by=me, via="page", days=days)
    except Invalid as problem:
        typed = {"token_name": name, "token_scopes": chosen, "errors": visit.say_fields(problem)}
        return await _page(visit, "tokens", status=422, **typed)
    return await _page(visit, "tokens", new_token=secret)


@router.post("/settings/tokens/{token_id}/revoke")
async def revoke_token(token_id: Id, visit: Writer) -> Response:
    """Revoke one token and close its sockets."""
    async with visit.unit() as unit:
        await tokens.revoke(unit, visit.actor.person_id, token_id, by=visit.actor.person_id, via="page")
    return Response(status_code=200) if visit.htmx else visit.seen("/settings/tokens")


@router.get("/settings/profile")
async def profile(visit: Reader) -> Response:
    """Show the form of the reader's own profile."""
    async with visit.reading() as session:
        return await _profile_page(session, visit, await _stored(session, visit))


@router.post("/settings/profile")
async def save_profile(visit: Writer) -> Response:
    """Keep the profile; what does not hold comes back with words at the field."""
    form = await visit.form()
    given = {name: form.text(name) for name in (*service.LINES, "name", "team", "about", "languages", "knows")}
    try:
        wanted = service.checked(
            ProfileChange(
                name=given["name"],
                title=given["title"],
                team=given["team"],
                place=given["place"],
                pronouns=given["pronouns"],
                phone=given["phone"],
                hours=given["hours"],
                status=given["status"],
                about=given["about"],
                languages=service.topics(given["languages"]),
                ask_me_about=service.topics(given["knows"]),
            )
        )
        async with visit.unit() as unit:
            await service.change_profile(unit, visit.actor.person_id, wanted, by=visit.actor.person_id, via="page")
    except Invalid as problem:
        async with visit.reading() as session:
            return await _profile_page(session, visit, given, visit.say_fields(problem), status=422)
    return visit.seen(f"/people/{visit.actor.handle}")


async def _profile_page(
    session: AsyncSession,
    visit: Visit,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    card = (await queries.cards(session, [visit.actor.person_id]))[visit.actor.person_id]
    return await visit.page(
        session,
        "people/settings.html",
        title=visit.say(_TITLES["profile"]),
        place="settings",
        status=status,
        tab="profile",
        settings=None,
        profile_form=ProfileForm(card, values, errors or {}),
    )


async def _stored(session: AsyncSession, visit: Visit) -> Mapping[str, str]:
    found = await queries.readable_person(session, visit.actor, col(Person.id) == visit.actor.person_id)
    if found is None:
        raise NotFound
    person, stored = found
    return {
        **{name: getattr(stored, name) for name in service.LINES},
        "name": person.name,
        "about": stored.about,
        "team": await queries.team_name(session, stored.team_id),
        "languages": ", ".join(stored.languages),
        "knows": ", ".join(stored.ask_me_about),
    }


async def _page(visit: Visit, tab: str, status: int = 200, **more: Any) -> Response:  # noqa: ANN401  (parts of the view)
    async with visit.reading() as session:
        view = replace(await _view(session, visit), **more)
        return await visit.page(
            session,
            "people/settings.html",
            title=visit.say(_TITLES[tab]),
            place="settings",
            status=status,
            tab=tab,
            settings=view,
        )


async def _view(session: AsyncSession, visit: Visit) -> SettingsView:
    actor = visit.actor
    return SettingsView(
        language=actor.language,
        languages=[("", visit.say("As the browser has it")), *LANGUAGES.items()],
        theme=actor.theme,
        zone=actor.time_zone,
        zones=[
            ("", visit.say("As the browser has it")),
            *((zone, zone.replace("_", " ")) for zone in sorted(preferences.time_zones())),
        ],
        sessions=await session_rows(session, visit, actor.person_id),
        tokens=await token_rows(session, actor.person_id),
        scopes=[(scope, visit.say(_SCOPE_WORDS[scope])) for scope in _scopes(visit)],
        following=await groups.followed_rows(session, actor),
    )


def _check_scopes(visit: Visit, chosen: Collection[str]) -> None:
    if not set(chosen) <= set(_scopes(visit)):
        raise Invalid(fields={"scope": "You may not give these scopes."})


def _scopes(visit: Visit) -> list[str]:
    """Return the scopes that the reader's roles could use at all."""
    return [scope for scope in SCOPES if scope not in _ADMIN_SCOPES or visit.actor.has(*_ADMIN_SCOPES[scope])]
