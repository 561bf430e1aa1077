"""What feeds show of customers; the customers' domain stands beside this one, so composition ties them together."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.feed.views import WaitingRow
from parley.models.channels import Channel
from parley.policy.actor import Actor
from parley.web.visit import Visit


class Outside(Protocol):
    """Reads about customers for Home and channels."""

    async def waiting(self, session: AsyncSession, actor: Actor) -> tuple[Sequence[WaitingRow], int]:
        """The customers who wait longest, and how many wait in all."""

    async def channel_count(self, session: AsyncSession, actor: Actor, channel_id: int) -> int | None:
        """How many open conversations stand in a channel; None where there is no such tab."""

    async def channel_tab(self, session: AsyncSession, visit: Visit, channel: Channel) -> dict[str, Any]:
        """What the tab Customers of a channel shows."""

    async def notices(self, session: AsyncSession, visit: Visit, ids: Sequence[int]) -> Sequence[Any]:
        """Rows of Catch-up for what the bell holds."""

    async def conversations(self, session: AsyncSession, visit: Visit, ids: Sequence[int]) -> Sequence[Any]:
        """Rows of Catch-up for conversations that the actor may read."""


def outside_of(visit: Visit) -> Outside:
    """Return what composition gave."""
    return cast(Outside, visit.request.app.state.outside)
