"""How rails and channels change by themselves."""

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.rails import rail_view
from parley.channels.unread import unread
from parley.core import eventlog
from parley.core.eventlog import Hint
from parley.models.channels import Channel
from parley.realtime import readers
from parley.realtime.parts import Part, Voices
from parley.web.rendering import Renderer


def join(voices: Voices) -> None:
    """Speak for the events of this domain."""
    voices.parts["channel.read"] = _number
    voices.parts["channel.changed"] = _named
    for name in ("channel.followed", "member.joined", "member.left", "rail.changed"):
        voices.parts[name] = _rail


async def _number(session: AsyncSession, _renderer: Renderer, _language: str, hint: Hint) -> list[Part]:
    """The person's number for the channel, as it is now."""
    person, channel_id = await readers.owner(session, hint), hint.data["channel_id"]
    if person is None:
        return []
    rows = await unread(session, person, channel_id)
    return [Part(f'[data-unread="channel:{channel_id}"]', "count", html=str(rows[0].count if rows else 0))]


async def _rail(session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
    """The person's rail as it is now, with where to begin to listen to what is new in it."""
    person = await readers.owner(session, hint)
    if person is None:
        return []
    view = await rail_view(session, person, lambda words: renderer.translate(words, language))
    topics = [f"channel:{channel.id}" for section in view.sections for channel in section.channels]
    html = renderer.render(
        "layout/_rail_groups.html",
        language,
        rail=view.sections,
        unread_only=view.unread_only,
        topics=await eventlog.positions(session, topics),
    )
    return [Part(".rail__groups", "replace", html=html)]


async def _named(session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
    """The channel's name in every rail, or its absence when it rests; the page itself asks for its head anew."""
    channel = await session.get(Channel, hint.data["channel_id"])
    if channel is None or channel.kind == "direct":
        return []
    if channel.archived_at is not None:
        return [Part(f'.rail__groups li:has(> [data-channel="{channel.id}"])', "remove")]
    html = renderer.render("layout/_rail_name.html", language, name=channel.name, id=channel.id)
    return [Part(f'[data-channel-name="{channel.id}"]', "replace", html=html)]
