"""Ties what feeds show of customers to the customers' domain."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries import counts, lists, streams
from parley.customers.views import QueueRow
from parley.feed.catch_up_rows import CatchUpRow
from parley.feed.views import WaitingRow
from parley.models.channels import Channel
from parley.models.customers import Conversation
from parley.notifications import queries as notifications
from parley.policy import customers as policy
from parley.policy.actor import Actor
from parley.web.visit import Visit

_BESIDE_HOME = 5


class CustomersOutside:
    """Reads about customers for Home and channels."""

    async def waiting(self, session: AsyncSession, actor: Actor) -> tuple[Sequence[WaitingRow], int]:
        """The customers who wait longest, and how many wait in all."""
        if actor.guest:
            return [], 0
        longest = await lists.longest_waiting(session, actor, _BESIDE_HOME)
        waiting, _, _ = await counts.waiting(session, actor, None)
        return [_row(row) for row in longest], waiting

    async def channel_count(self, session: AsyncSession, actor: Actor, channel_id: int) -> int | None:
        """How many customers of a channel wait; None for guests, who do not see customers."""
        if actor.guest:
            return None
        waiting, _, _ = await counts.waiting(session, actor, channel_id)
        return waiting

    async def channel_tab(self, session: AsyncSession, visit: Visit, channel: Channel) -> dict[str, Any]:
        """What the tab Customers of a channel shows."""
        return {"customers": await streams.tab(session, visit.actor, channel.id or 0)}

    async def notices(self, session: AsyncSession, visit: Visit, ids: Sequence[int]) -> list[CatchUpRow]:
        """Rows of Catch-up for what the bell holds."""
        found = await notifications.some(session, visit.actor, visit.say, ids)
        return [
            CatchUpRow(
                "notice",
                row.id,
                row.url,
                row.text,
                row.place,
                row.quote,
                row.at,
                person=row.person,
                contact=row.contact,
                icon=row.icon,
                voice=row.outside,
            )
            for row in found.values()
        ]

    async def conversations(self, session: AsyncSession, visit: Visit, ids: Sequence[int]) -> list[CatchUpRow]:
        """Rows of Catch-up for conversations that the actor may read."""
        if not ids:
            return []
        wanted = select(*lists.COLUMNS).where(policy.visible(visit.actor), col(Conversation.id).in_(ids))
        rows = await lists.as_rows(session, (await session.execute(wanted)).all())
        return [
            CatchUpRow(
                "conversation",
                row.id,
                f"/conversations/{row.id}",
                row.contact.name,
                row.subject,
                row.last_text,
                row.last_at,
                contact=row.contact.initials,
                voice=not row.last_by_us,
                clock=row.clock,
            )
            for row in rows
        ]


def _row(row: QueueRow) -> WaitingRow:
    return WaitingRow(
        url=f"/conversations/{row.id}",
        name=row.contact.name,
        initials=row.contact.initials,
        note=row.subject,
        clock=row.clock,
        state=row.clock.state if row.clock else "",
    )
