"""The frame of every page: rail, counts, and the positions of the topics the page hears."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, String, cast, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.rails import titles
from parley.channels.unread import rail as rail_of
from parley.core import eventlog
from parley.customers.queries import counts as customers
from parley.feed import catch_up
from parley.models.channels import Channel, RailLayout
from parley.models.identity import Person
from parley.models.writing import Draft, ScheduledPost
from parley.people.queries import CARD_COLUMNS, card, with_profile
from parley.policy import channels as channel_policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared
from parley.web import i18n
from parley.web.shell import PageContext, viewer
from parley.web.visit import Visit


async def shell(
    session: AsyncSession, visit: Visit, title: str, place: str, topics: Sequence[str], channel_id: int | None
) -> PageContext:
    """Build the frame of a page for the visit's actor."""
    actor = visit.actor
    settings = visit.machine.settings
    language = visit.language
    mine = (await _own(session, actor))[0]
    rail = await rail_of(session, actor, channel_id, titles(visit.say), mine.sections or ())
    joined = [f"channel:{channel.id}" for section in rail for channel in section.channels]
    own = [f"person:{actor.person_id}"] + (["customers"] if actor.has("customer_lead") else [])
    unread = {channel.id: channel.unread for section in rail for channel in section.channels}
    waiting = await catch_up.numbers(session, actor, unread)
    unclaimed, late = await customers.unclaimed_and_late(session, actor)
    drafts = dict(draft.rsplit("=", 1) for draft in (mine.drafts or "").split())
    return PageContext(
        drafts={place: int(version) for place, version in drafts.items()},
        unpublished=len(drafts) + mine.later,
        title=title,
        language=language,
        dir=i18n.direction(language),
        theme=actor.theme,
        organisation=settings.organisation,
        viewer=viewer(actor, mine.hue, card(mine).photo_url),
        csrf=visit.csrf_token,
        rail=rail,
        rail_unread_only=bool(mine.unread_only),
        browse_count=(await _browsable(session, actor))[0].count,
        customers_unclaimed=unclaimed,
        customers_late=late,
        notifications_unread=waiting.bell,
        catch_up=waiting,
        catch_up_total=waiting.total(unread),
        live=await eventlog.positions(session, sorted({*own, *joined, *topics})),
        place=place,
        demo=visit.request.app.state.demo,
        zone=actor.time_zone,
    )


@prepared
def _own(actor: Actor) -> Select[Any]:
    """The reader's own card, and how they arranged their rail."""
    drafts = select(func.aggregate_strings(col(Draft.place) + "=" + cast(col(Draft.version), String), " ")).where(
        col(Draft.person_id) == Person.id
    )
    later = select(func.count()).where(col(ScheduledPost.person_id) == Person.id)
    columns = (
        *CARD_COLUMNS,
        col(RailLayout.sections),
        col(RailLayout.unread_only),
        drafts.scalar_subquery().label("drafts"),
        later.scalar_subquery().label("later"),
    )
    mine = with_profile(select(*columns).select_from(Person))
    return mine.outerjoin(RailLayout, col(RailLayout.person_id) == Person.id).where(col(Person.id) == actor.person_id)


@prepared
def _browsable(actor: Actor) -> Select[Any]:
    mine = channel_policy.visible(actor), col(Channel.kind) != "direct", col(Channel.archived_at).is_(None)
    return select(func.count().label("count")).select_from(Channel).where(*mine)
