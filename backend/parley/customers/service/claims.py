"""Claims: a lease that says who is answering. One row a conversation, so that of fifty at once one wins."""

from datetime import timedelta

from sqlalchemy import case, delete, literal, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.rows import first, key
from parley.customers.service import acts
from parley.kit.errors import Conflict
from parley.models.customers import Claim
from parley.models.identity import Person
from parley.policy import customers as policy
from parley.policy.actor import Actor

LEASE = timedelta(minutes=15)
"""Renewed by typing; long enough to look something up, short enough that nobody waits for who went home."""
_claim = metadata.tables["claim"]


class Claimed(Conflict):
    """409: a colleague is answering."""

    code = "claimed"
    sentence = "%(name)s is answering this. Take over if you must."


async def claim(unit: Unit, actor: Actor, conversation_id: int, *, take_over: bool = False) -> None:
    """Take or renew the claim; raise `Claimed` while a colleague has it, unless `take_over`."""
    conversation = await acts.find(unit, actor, conversation_id)
    policy.may_answer(actor, conversation)
    await take(unit, actor, conversation_id, take_over=take_over)


async def take(unit: Unit, actor: Actor, conversation_id: int, *, take_over: bool = False) -> None:
    """Take or renew the claim of a conversation that the caller holds and has judged."""
    before = await holder(unit, conversation_id)
    me = actor.person_id
    keeps = _claim.c.person_id == me
    new = upsert(unit.session, _claim).values(
        conversation_id=conversation_id, person_id=me, since=unit.now, until=unit.now + LEASE
    )
    won = await unit.session.execute(
        new.on_conflict_do_update(
            index_elements=["conversation_id"],
            set_={
                "person_id": me,
                "until": unit.now + LEASE,
                "since": case((keeps & (_claim.c.until > unit.now), _claim.c.since), else_=unit.now),
            },
            where=or_(keeps, _claim.c.until <= unit.now, literal(take_over)),
        ).returning(_claim.c.person_id)
    )
    if won.first() is None:
        raise Claimed(name=await name_of(unit.session, await holder(unit, conversation_id)))
    if before is None:
        await acts.record(unit, conversation_id, "claimed", me, person_id=me)
    elif before != me:
        await acts.record(unit, conversation_id, "taken_over", me, person_id=me, from_id=before)


async def refuse_others(unit: Unit, actor: Actor, conversation_id: int) -> None:
    """Raise `Claimed` while a colleague of `actor` has the claim."""
    now = await holder(unit, conversation_id)
    if now is not None and now != actor.person_id:
        raise Claimed(name=await name_of(unit.session, now))


async def release(unit: Unit, actor: Actor, conversation_id: int) -> None:
    """Give one's claim back; a customer lead also somebody else's. Without a claim nothing happens."""
    conversation = await acts.find(unit, actor, conversation_id)
    now = await holder(unit, key(conversation))
    if now is None:
        return
    if now != actor.person_id and not actor.has("customer_lead"):
        raise Claimed(name=await name_of(unit.session, now))
    await end(unit, conversation_id, "released", actor.person_id)


async def end(unit: Unit, conversation_id: int, kind: str, actor_id: int | None, *, tell: bool = True) -> None:
    """End the claim, whoever has it; `tell` False when the caller tells of more."""
    gone = await unit.session.execute(
        delete(Claim).where(col(Claim.conversation_id) == conversation_id).returning(col(Claim.person_id))
    )
    person_id = gone.scalar_one_or_none()
    if person_id is not None and tell:
        await acts.record(unit, conversation_id, kind, actor_id, person_id=person_id)


async def end_of(unit: Unit, conversation_id: int, person_id: int) -> bool:
    """End the claim if `person_id` has it, without telling; return whether it was live."""
    gone = await unit.session.execute(
        delete(Claim)
        .where(col(Claim.conversation_id) == conversation_id, col(Claim.person_id) == person_id)
        .returning(col(Claim.person_id))
    )
    return gone.first() is not None


async def end_expired(unit: Unit) -> None:
    """End the claims whose lease is over, so that live queues show the conversation as free."""
    over = (
        (
            await unit.session.execute(
                select(col(Claim.conversation_id))
                .where(col(Claim.until) <= unit.now)
                .order_by(col(Claim.conversation_id))
                .limit(200)
            )
        )
        .scalars()
        .all()
    )
    for conversation_id in over:
        gone = await unit.session.execute(
            delete(Claim)
            .where(col(Claim.conversation_id) == conversation_id, col(Claim.until) <= unit.now)
            .returning(col(Claim.person_id))
        )
        person_id = gone.scalar_one_or_none()
        if person_id is not None:
            await acts.record(unit, conversation_id, "expired", None, person_id=person_id)


async def holder(unit: Unit, conversation_id: int) -> int | None:
    """Return who has the claim now."""
    return await first(
        unit.session,
        select(col(Claim.person_id)).where(col(Claim.conversation_id) == conversation_id, col(Claim.until) > unit.now),
    )


async def name_of(session: AsyncSession, person_id: int | None) -> str:
    """Return the name of a colleague."""
    return await first(session, select(col(Person.name)).where(col(Person.id) == person_id)) or ""
