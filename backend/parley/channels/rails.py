"""The rail of one person, read whole: where the shell of a page is not at hand."""

from collections.abc import Callable

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.unread import rail
from parley.channels.views import RailView
from parley.models.channels import RailLayout
from parley.policy.actor import Actor


async def rail_view(session: AsyncSession, actor: Actor, say: Callable[[str], str]) -> RailView:
    """Return the sections of `actor`; `say` translates the names that the house gives."""
    layout = await session.get(RailLayout, actor.person_id)
    sections = await rail(session, actor, None, titles(say), layout.sections if layout else ())
    return RailView(sections, layout.unread_only if layout else False)


def titles(say: Callable[[str], str]) -> dict[str, str]:
    """Return what the house calls the sections that have no other name."""
    return {"channels": say("Channels"), "direct": say("Direct")}
