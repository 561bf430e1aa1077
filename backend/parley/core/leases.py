"""Named leases: one process at a time does what only one may do, like reading one mailbox."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import uuid4

from sqlalchemy import BigInteger, Column, String, Table, case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from parley.core import log
from parley.core.jobs import LeaseLost
from parley.core.machine import Machine
from parley.core.tables import UtcDateTime, metadata
from parley.core.upsert import upsert
from parley.kit import clock
from parley.kit.errors import StorageFull, Unavailable

logger = log.get("leases")
lease_table = Table(
    "lease",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
_lease = lease_table.c


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that this process has, under one fence."""

    name: str
    fence: int

    async def hold(self, session: AsyncSession) -> None:
        """Raise `LeaseLost` unless the lease is still ours; until `session` commits nobody else can take it."""
        found = await session.execute(
            select(_lease.name).where(_lease.name == self.name, _lease.fence == self.fence).with_for_update()
        )
        if found.first() is None:
            raise LeaseLost


async def lease(session: AsyncSession, name: str, holder: str, seconds: float) -> int | None:
    """Take or extend the lease `name`; return its fence, or None while somebody else has it."""
    now = clock.now()
    until = now + timedelta(seconds=seconds)
    new = upsert(session, lease_table).values(name=name, holder=holder, fence=1, until=until)
    # The last case: it ends later than any could, so the clock has gone back; its holder is fenced out.
    free = or_(_lease.holder == holder, _lease.until <= now, _lease.until > now + timedelta(seconds=2 * seconds))
    taken = await session.execute(
        new.on_conflict_do_update(
            index_elements=["name"],
            where=free,
            set_={
                "holder": holder,
                "until": until,
                "fence": case((_lease.holder == holder, _lease.fence), else_=_lease.fence + 1),
            },
        ).returning(_lease.fence)
    )
    fence: int | None = taken.scalar_one_or_none()
    return fence


async def release(session: AsyncSession, name: str, holder: str) -> None:
    """Let go of the lease `name`, so that another can take it at once."""
    await session.execute(
        update(lease_table).where(_lease.name == name, _lease.holder == holder).values(holder="", until=clock.now())
    )


async def holders(session: AsyncSession, prefix: str) -> list[str]:
    """Return the names of the leases that begin with `prefix` and hold now."""
    rows = await session.execute(
        select(_lease.name)
        .where(_lease.name.startswith(prefix, autoescape=True), _lease.until > clock.now())
        .order_by(_lease.name)
    )
    return list(rows.scalars())


async def prune(session: AsyncSession) -> None:
    """Forget leases that ended a day ago: mailboxes and workers that are no more."""
    await session.execute(delete(lease_table).where(_lease.until < clock.now() - timedelta(days=1)))


async def while_held(
    machine: Machine, name: str, work: Callable[[Held], Awaitable[None]], seconds: float = 30.0
) -> None:
    """Wait for the lease `name`, run `work` while it holds, and end when `work` ends.

    `work` is cancelled when the lease is lost, and begins anew when it comes back. While the database is away the
    lease is counted as ours for as long as it was granted, and not a moment longer.
    """
    holder = uuid4().hex
    while True:
        fence = await _take(machine, name, holder, seconds)
        if fence is None:
            await asyncio.sleep(seconds / 3 * random.uniform(0.8, 1.2))  # noqa: S311  (jitter)
            continue
        task = asyncio.ensure_future(work(Held(name, fence)))
        try:
            await _guard(machine, name, holder, seconds, task, fence)
            if task.done():
                return await task
            logger.warning("lease_lost", lease=name)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.shield(_let_go(machine, name, holder))


async def _guard(
    machine: Machine, name: str, holder: str, seconds: float, task: "asyncio.Future[None]", fence: int
) -> None:
    """Extend the lease until `task` is done or the lease is lost."""
    deadline = monotonic() + seconds
    while True:
        await asyncio.wait({task}, timeout=seconds / 3)
        if task.done():
            return
        asked = monotonic()
        found = await _take(machine, name, holder, seconds)
        if found == fence:
            deadline = asked + seconds
        elif found is not None or monotonic() > deadline:
            return


async def _take(machine: Machine, name: str, holder: str, seconds: float) -> int | None:
    try:
        async with machine.database.writing() as session:
            fence = await lease(session, name, holder, seconds)
            await session.commit()
            return fence
    except (Unavailable, StorageFull):
        return None


async def _let_go(machine: Machine, name: str, holder: str) -> None:
    try:
        async with machine.database.writing() as session:
            await release(session, name, holder)
            await session.commit()
    except (Unavailable, StorageFull):
        logger.warning("lease_not_released", lease=name)
