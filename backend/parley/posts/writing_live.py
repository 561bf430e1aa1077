"""How a person's own devices hear of their drafts and posts for later."""

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.posts.service import drafts, scheduling
from parley.realtime import readers
from parley.realtime.parts import Part, Voices
from parley.web.rendering import Renderer


def join(voices: Voices) -> None:
    """Speak for the events of what is not published yet."""
    voices.parts["draft.changed"] = _draft
    voices.parts["scheduled.changed"] = _numbers


async def _draft(session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
    """The version that the server has now, for the composers of that place on the other devices."""
    person = await readers.owner(session, hint)
    if person is None:
        return []
    place, device = hint.data["place"], hint.data["device"]
    kept = await drafts.get(session, person.person_id, place)
    mark = renderer.render(
        "posts/_draft_mark.html", language, place=place, version=kept.version if kept else 0, device=device
    )
    return [Part(f'[data-draft-of="{place}"]', "replace", "", mark), *await _numbers(session, renderer, language, hint)]


async def _numbers(session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
    """How much is not published yet; an open list asks for itself anew."""
    person = await readers.owner(session, hint)
    if person is None:
        return []
    count = await drafts.count(session, person.person_id) + await scheduling.count(session, person.person_id)
    ask = renderer.render("posts/_drafts_ask.html", language)
    return [Part('[data-unread="drafts"]', "count", html=str(count)), Part("[data-drafts]", "replace", "", ask)]
