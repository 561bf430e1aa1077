"""How the bell moves by itself."""

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.notifications import queries
from parley.realtime import readers
from parley.realtime.parts import Part, Voices
from parley.web.rendering import Renderer


def join(voices: Voices) -> None:
    """Speak for the events of this domain."""
    voices.parts["notification.created"] = _count
    voices.parts["notification.read"] = _count


async def _count(session: AsyncSession, _renderer: Renderer, _language: str, hint: Hint) -> list[Part]:
    """The person's number on the bell, as it is now."""
    person = await readers.owner(session, hint)
    if person is None:
        return []
    return [Part('[data-unread="notifications"]', "count", html=str(await queries.unread(session, person)))]
