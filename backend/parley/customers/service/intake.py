"""Intake: a delivery is kept as it came, before anything is understood of it, and known when it comes again."""

import hashlib
from collections.abc import Awaitable, Callable

from sqlalchemy import select
from sqlmodel import col

from parley.core import jobs
from parley.core.blobs import Blobs
from parley.core.machine import Machine
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.connectors.base import RawMessage
from parley.customers.rows import every, first
from parley.kit.errors import NotFound
from parley.models.customers import RawDelivery

JOB = "customers.file_delivery"
_delivery = metadata.tables["raw_delivery"]


async def keep(
    machine: Machine,
    blobs: Blobs,
    source_id: int,
    raw: RawMessage,
    *,
    historic: bool = False,
    external_id: str = "",
    within: Callable[[Unit], Awaitable[None]] | None = None,
) -> int | None:
    """Keep one delivery for good and let it be filed; return its row's id, or None when it was there already.

    `within` runs in the same transaction: what says how far a mailbox is read belongs there.
    """
    external_id = external_id or fingerprint(raw.raw)
    async with machine.database.reading() as session:
        known = await first(
            session,
            select(col(RawDelivery.id)).where(
                col(RawDelivery.source_id) == source_id, col(RawDelivery.external_id) == external_id
            ),
        )
    stored = await blobs.put_bytes(raw.raw) if known is None else None
    kept: int | None = None
    try:
        async with machine.units.begin() as unit:
            if stored is not None:
                kept = await receive(unit, source_id, raw, stored.key, external_id, historic=historic)
            if within is not None:
                await within(unit)
    except BaseException:
        kept = None
        raise
    finally:
        if stored is not None and kept is None:
            await blobs.delete(stored.key)
    return kept


async def receive(
    unit: Unit, source_id: int, raw: RawMessage, key: str, external_id: str, *, historic: bool = False
) -> int | None:
    """Store the row of a kept delivery and enqueue its filing; None when another delivery of the same was faster."""
    envelope = {
        "from": raw.envelope_from,
        "to": list(raw.envelope_to),
        "complete": raw.complete,
        "problem": raw.problem,
        "received_at": raw.received_at.isoformat(),
    }
    new = upsert(unit.session, _delivery).values(
        source_id=source_id,
        external_id=external_id,
        key=key,
        size=raw.size or len(raw.raw),
        envelope=envelope,
        historic=historic,
        state="new",
        error="",
        received_at=min(raw.received_at, unit.now),
    )
    made = await unit.session.execute(
        new.on_conflict_do_nothing(index_elements=["source_id", "external_id"]).returning(_delivery.c.id)
    )
    delivery_id: int | None = made.scalar_one_or_none()
    if delivery_id is not None:
        await enqueue(unit, delivery_id)
    return delivery_id


async def enqueue(unit: Unit, delivery_id: int) -> None:
    """Let a kept delivery be filed."""
    await jobs.enqueue(unit.session, JOB, {"delivery_id": delivery_id}, key=str(delivery_id))


async def enqueue_waiting(unit: Unit, source_id: int) -> None:
    """Let everything be filed that came while the source was paused."""
    for delivery_id in await every(
        unit.session,
        select(col(RawDelivery.id))
        .where(col(RawDelivery.source_id) == source_id, col(RawDelivery.state) == "new")
        .order_by(col(RawDelivery.id)),
    ):
        if delivery_id is not None:
            await enqueue(unit, delivery_id)


async def try_again(unit: Unit, source_id: int, delivery_id: int) -> None:
    """Let a delivery that could not be filed be tried again; raise `NotFound` when there is none such."""
    delivery = await first(
        unit.session,
        select(RawDelivery).where(
            col(RawDelivery.id) == delivery_id,
            col(RawDelivery.source_id) == source_id,
            col(RawDelivery.state) == "failed",
        ),
    )
    if delivery is None:
        raise NotFound
    delivery.state, delivery.error = "new", ""
    unit.session.add(delivery)
    await enqueue(unit, delivery_id)


async def give_up(unit: Unit, delivery_id: int, words: str) -> None:
    """Note that a delivery could not be filed; its raw form stays, and administrators see it."""
    delivery = await unit.session.get_one(RawDelivery, delivery_id)
    delivery.state, delivery.error = "failed", words[:500]
    unit.session.add(delivery)


def fingerprint(raw: bytes) -> str:
    """Return what tells one delivery from another: equal only for the same bytes."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def raw_of(delivery: RawDelivery, data: bytes) -> RawMessage:
    """Return a kept delivery as it came."""
    envelope = delivery.envelope
    return RawMessage(
        data,
        delivery.received_at,
        envelope_from=envelope.get("from"),
        envelope_to=tuple(envelope.get("to", ())),
        size=delivery.size,
        complete=bool(envelope.get("complete", True)),
        problem=str(envelope.get("problem", "")),
    )
