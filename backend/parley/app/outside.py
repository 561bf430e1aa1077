"""Ties what feeds show of customers to the customers' domain."""

from collections.abc import Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries import counts, lists, streams
from parley.customers.views import QueueRow
from parley.feed.views import WaitingRow
from parley.models.channels import Channel
from parley.policy.actor import Actor
from parley.web.visit import Visit

_BESIDE_HOME = 5


class CustomersOutside:
    """Reads about customers for Home and channels."""

    async def waiting(self, session: AsyncSession, actor: Actor) -> tuple[Sequence[WaitingRow], int]:
        """The customers who wait longest, and how many wait in all."""
        if actor.guest:
            return [], 0
        page = await lists.rows_of(session, actor, "unclaimed", None, None, _BESIDE_HOME)
        waiting, _, _ = await counts.waiting(session, actor, None)
        return [_row(row) for row in page.items], waiting

    async def channel_count(self, session: AsyncSession, actor: Actor, channel_id: int) -> int | None:
        """How many customers of a channel wait; None for guests, who do not see customers."""
        if actor.guest:
            return None
        waiting, _, _ = await counts.waiting(session, actor, channel_id)
        return waiting

    async def channel_tab(self, session: AsyncSession, visit: Visit, channel: Channel) -> dict[str, Any]:
        """What the tab Customers of a channel shows."""
        return {"customers": await streams.tab(session, visit.actor, channel.id or 0)}


def _row(row: QueueRow) -> WaitingRow:
    return WaitingRow(
        url=f"/conversations/{row.id}",
        name=row.contact.name,
        initials=row.contact.initials,
        note=row.subject,
        clock=row.clock,
        state=row.clock.state if row.clock else "",
    )
