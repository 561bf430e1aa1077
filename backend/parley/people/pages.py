"""The directory, a person's page, faces and photos."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.kit import clock
from parley.kit.errors import NotFound
from parley.kit.markup import fill, render
from parley.kit.text import shorten
from parley.models.identity import Person
from parley.models.people import Profile
from parley.people import circle, groups, queries
from parley.people.queries import Filters
from parley.people.views import DirectoryView, HelpfulAnswer, KnownTopic, ProfileView
from parley.web import forms
from parley.web.visit import Anyone, Reader, Visit

router = APIRouter(include_in_schema=False)
PAGE = 60
_REPORTS, _CHANNELS, _HELPFUL, _PRAISE = 1, 12, 3, 3
_LONGEST_QUERY = 200


@router.get("/people")
async def directory(visit: Reader, q: str = "", team: str = "", place: str = "", cursor: str | None = None) -> Response:
    """Show who works here."""
    filters = Filters(q.strip()[:_LONGEST_QUERY], forms.whole(team, "team") if team else None, place[:80])
    async with visit.reading() as session:
        rows, more = await queries.directory(session, visit.actor, filters, PAGE, cursor)
        teams, places = await queries.choices(session, visit.actor)
        view = DirectoryView(
            rows=rows,
            total=await queries.directory_count(session, visit.actor, filters),
            q=filters.q,
            team=team,
            place=filters.place,
            teams=teams,
            places=places,
            next_url=forms.query("/people", q=filters.q, team=team, place=filters.place, cursor=more) if more else None,
        )
        if cursor and visit.htmx:
            return visit.fragment("people/_rows.html", directory=view)
        return await visit.page(
            session, "people/directory.html", title=visit.say("People"), place="people", directory=view
        )


@router.get("/people/{handle}")
async def person(handle: str, visit: Reader) -> Response:
    """Show a colleague; an address with their number leads to the one with their handle."""
    async with visit.reading() as session:
        found = await queries.readable_person(session, visit.actor, col(Person.handle) == handle)
        if found is None:
            found = await _by_number(session, visit, handle)
            return RedirectResponse(f"/people/{found[0].handle}", 301)
        view = await _view(session, visit, *found)
        return await visit.page(session, "people/profile.html", title=view.card.name, place="people", profile=view)


@router.get("/faces/{name}.svg")
async def face(name: str, visit: Anyone) -> Response:
    """Lead to a drawn face of the demo company under its name that is kept for ever."""
    if not (name.isascii() and name.isalnum()):
        raise NotFound
    return RedirectResponse(visit.renderer.asset(f"face-{name}.svg"), 302, {"Cache-Control": "public, max-age=86400"})


async def _by_number(session: AsyncSession, visit: Visit, handle: str) -> tuple[Person, Profile]:
    found = None
    if handle.isascii() and handle.isdigit() and len(handle) < 10:
        found = await queries.readable_person(session, visit.actor, col(Person.id) == int(handle))
    if found is None:
        raise NotFound
    return found


async def _view(session: AsyncSession, visit: Visit, who: Person, profile: Profile) -> ProfileView:
    assert who.id is not None  # noqa: S101  (read from the database)
    cards = await queries.cards(session, [who.id, profile.manager_id])
    reports, count = await queries.reports(session, visit.actor, who.id, _REPORTS)
    return ProfileView(
        card=cards[who.id],
        pronouns=profile.pronouns,
        place=profile.place,
        zone=who.time_zone,
        time_there=_time_there(who.time_zone) if who.active else "",
        status=profile.status if who.active else "",
        about_html=_about_html(profile.about),
        email=who.email,
        phone=profile.phone,
        hours=profile.hours,
        languages=", ".join(profile.languages),
        away="",
        from_directory=(),
        manager=cards.get(profile.manager_id) if profile.manager_id else None,
        reports=reports,
        reports_count=count,
        knows=[KnownTopic(topic, "") for topic in profile.ask_me_about],
        helpful=await _helpful(session, visit, who.id),
        praise=await queries.praise_of(session, visit.actor, who.id, _PRAISE),
        channels=await queries.channels_of(session, visit.actor, who.id, _CHANNELS),
        active=who.active,
        is_me=who.id == visit.actor.person_id,
        team_handle=await groups.team_handle(session, visit.actor, profile.team_id),
        followed=await groups.follows(session, visit.actor, who.id),
        inner=who.id in await circle.ids(session, visit.actor),
        may_follow=who.active and who.id != visit.actor.person_id and not visit.actor.guest,
    )


async def _helpful(session: AsyncSession, visit: Visit, person_id: int) -> list[HelpfulAnswer]:
    found = await queries.helpful_answers(session, visit.actor, person_id, _HELPFUL)
    return [
        HelpfulAnswer(
            url=f"/posts/{answer.post_id}#comment-{answer.comment_id}",
            title=shorten(answer.title, 80),
            text=answer.text,
            at=answer.at,
            note=visit.say("%(count)s found it helpful") % {"count": answer.count},
        )
        for answer in found
    ]


def _time_there(zone: str) -> str:
    if not zone:
        return ""
    there: datetime = clock.now().astimezone(ZoneInfo(zone))
    return f"{there:%H:%M} · {zone.rpartition('/')[2].replace('_', ' ')}"


@lru_cache(maxsize=512)
def _about_html(about: str) -> str:
    """Return what somebody wrote about themselves as HTML; it was judged when it was kept."""
    return fill(render(about).html, {}, {})
