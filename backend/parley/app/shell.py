"""The frame of every page: rail, counts, and the positions of the topics the page hears."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.unread import rail as rail_of
from parley.core import eventlog
from parley.customers.queries import counts as customers
from parley.models.channels import Channel
from parley.notifications import queries as notifications
from parley.people.queries import cards
from parley.policy import channels as channel_policy
from parley.web import i18n
from parley.web.shell import PageContext, viewer
from parley.web.visit import Visit

if TYPE_CHECKING:
    from parley.policy.actor import Actor


async def shell(
    session: AsyncSession, visit: Visit, title: str, place: str, topics: Sequence[str], channel_id: int | None
) -> PageContext:
    """Build the frame of a page for the visit's actor."""
    actor = visit.actor
    settings = visit.machine.settings
    language = visit.language
    rail = await rail_of(session, actor, channel_id, {"channels": visit.say("Channels"), "direct": visit.say("Direct")})
    card = (await cards(session, [actor.person_id]))[actor.person_id]
    joined = [f"channel:{channel.id}" for section in rail for channel in section.channels]
    own = [f"person:{actor.person_id}"] + (["customers"] if actor.has("customer_lead") else [])
    unclaimed, late = await customers.unclaimed_and_late(session, actor)
    return PageContext(
        title=title,
        language=language,
        dir=i18n.direction(language),
        theme=actor.theme,
        organisation=settings.organisation,
        viewer=viewer(actor, card.hue, card.photo_url),
        csrf=visit.csrf_token,
        rail=rail,
        browse_count=await _browsable(session, actor),
        customers_unclaimed=unclaimed,
        customers_late=late,
        notifications_unread=await notifications.unread(session, actor),
        live=await eventlog.positions(session, sorted({*own, *joined, *topics})),
        place=place,
        demo=visit.request.app.state.demo,
        zone=actor.time_zone,
    )


async def _browsable(session: AsyncSession, actor: "Actor") -> int:
    mine = channel_policy.readable(actor).where(col(Channel.kind) != "direct", col(Channel.archived_at).is_(None))
    return int((await session.execute(select(func.count()).select_from(mine.subquery()))).scalar_one())
