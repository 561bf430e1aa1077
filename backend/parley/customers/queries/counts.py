"""How many wait: the numbers of the rail and of the lists. What is counted is what can be opened."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.sql import Select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.fixed import given
from parley.customers.queries.clocks import TARGET
from parley.kit import clock
from parley.models.customers import Claim, Conversation, Surfacing, Watch
from parley.policy import channels as channel_policy
from parley.policy import customers as policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared

LISTS = ("unclaimed", "mine", "watching", "waiting", "resolved", "spam", "all")
COUNTED = ("unclaimed", "mine", "watching", "waiting")


async def unclaimed_and_late(session: AsyncSession, actor: Actor) -> tuple[int, int]:
    """Return how many conversations nobody has, and in how many the customer waits longer than the target."""
    if actor.guest:
        return 0, 0
    now = clock.now()
    row = (await _unclaimed_and_late(session, actor, now=now, too_long=now - TARGET))[0]
    return int(row.unclaimed), int(row.late)


@prepared
def _unclaimed_and_late(actor: Actor) -> Select[Any]:
    unclaimed = case((in_list("unclaimed", actor, given("now")), 1), else_=0)
    return select(
        func.coalesce(func.sum(unclaimed), 0).label("unclaimed"),
        func.coalesce(func.sum(case((_late(given("too_long")), 1), else_=0)), 0).label("late"),
    ).where(policy.visible(actor), col(Conversation.state) == "open", col(Conversation.waiting_on) == "us")


async def of_lists(session: AsyncSession, actor: Actor, channel_id: int | None) -> dict[str, int]:
    """Return the number of conversations in each list that shows one."""
    now = clock.now()
    sums = [func.coalesce(func.sum(case((in_list(name, actor, now), 1), else_=0)), 0).label(name) for name in COUNTED]
    statement = select(*sums).where(policy.visible(actor), col(Conversation.state) == "open")
    if channel_id is not None:
        statement = statement.where(in_channel(actor, channel_id))
    row = (await session.execute(statement)).one()
    return {name: int(getattr(row, name)) for name in COUNTED}


async def waiting(
    session: AsyncSession, actor: Actor, channel_id: int | None = None
) -> tuple[int, int, datetime | None]:
    """Return how many customers wait for us, how many of them too long, and since when the first does."""
    too_long = clock.now() - TARGET
    if channel_id is None:
        row = (await _waiting(session, actor, too_long=too_long))[0]
    else:
        row = (await session.execute(_who_waits(actor, too_long).where(in_channel(actor, channel_id)))).one()
    return int(row.waiting), int(row.late), row.oldest


def _who_waits(actor: Actor, too_long: Any) -> Select[Any]:  # noqa: ANN401  (a time, or the place of one)
    return select(
        func.count().label("waiting"),
        func.coalesce(func.sum(case((_late(too_long), 1), else_=0)), 0).label("late"),
        func.min(col(Conversation.waiting_since)).label("oldest"),
    ).where(policy.visible(actor), col(Conversation.state) == "open", col(Conversation.waiting_since).is_not(None))


_waiting = prepared(lambda actor: _who_waits(actor, given("too_long")))


def late(now: datetime) -> ColumnElement[bool]:
    """The condition that an open conversation's customer waits longer than the target."""
    return _late(now - TARGET)


def _late(too_long: Any) -> ColumnElement[bool]:  # noqa: ANN401  (a time, or the place of one)
    found: ColumnElement[bool] = col(Conversation.waiting_since) <= too_long
    return found


def claimed(now: datetime, person_id: int | None = None) -> ColumnElement[bool]:
    """The condition that somebody, or one person, has the conversation now."""
    live = and_(col(Claim.conversation_id) == Conversation.id, col(Claim.until) > now)
    if person_id is not None:
        live = and_(live, col(Claim.person_id) == person_id)
    return exists().where(live).correlate(Conversation)


def in_channel(actor: Actor, channel_id: int) -> ColumnElement[bool]:
    """The condition that the conversation is surfaced in a channel, as far as `actor` may know that there is one."""
    return (
        exists()
        .where(
            col(Surfacing.conversation_id) == Conversation.id,
            col(Surfacing.channel_id) == channel_id,
            col(Surfacing.channel_id).in_(channel_policy.readable_ids(actor)),
            policy.stands(),
        )
        .correlate(Conversation)
    )


def in_list(name: str, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """The condition that a conversation stands in one of `LISTS` for `actor`."""
    is_open = col(Conversation.state) == "open"
    watched = (
        exists()
        .where(col(Watch.conversation_id) == Conversation.id, col(Watch.person_id) == actor.person_id)
        .correlate(Conversation)
    )
    return {
        "unclaimed": and_(
            is_open, col(Conversation.waiting_on) == "us", col(Conversation.assignee_id).is_(None), ~claimed(now)
        ),
        "mine": and_(is_open, or_(col(Conversation.assignee_id) == actor.person_id, claimed(now, actor.person_id))),
        "watching": and_(is_open, watched),
        "waiting": and_(is_open, col(Conversation.waiting_on) == "customer"),
        "resolved": col(Conversation.state) == "resolved",
        "spam": col(Conversation.state) == "spam",
        "all": is_open,
    }[name]
