"""How the numbers of the rail move by themselves."""

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.unread import unread
from parley.core.eventlog import Hint
from parley.realtime import readers
from parley.realtime.parts import Part, Voices
from parley.web.rendering import Renderer


def join(voices: Voices) -> None:
    """Speak for the events of this domain."""
    for name in ("channel.read", "channel.followed", "member.joined"):
        voices.parts[name] = _number


async def _number(session: AsyncSession, _renderer: Renderer, _language: str, hint: Hint) -> list[Part]:
    """The person's number for the channel, as it is now."""
    person, channel_id = await readers.owner(session, hint), hint.data["channel_id"]
    if person is None:
        return []
    rows = await unread(session, person, channel_id)
    return [Part(f'[data-unread="channel:{channel_id}"]', "count", html=str(rows[0].count if rows else 0))]
