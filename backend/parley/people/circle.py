"""The inner circle: the few colleagues whose posts wait in Catch-up until they are seen."""

from sqlalchemy import func, select, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.unit import Unit
from parley.events.threads import CatchUpChanged
from parley.kit.errors import Invalid, NotFound
from parley.models.identity import Person
from parley.models.people import PersonFollow
from parley.people import following
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.policy import people as policy
from parley.policy.actor import Actor

MOST = 50


async def choose(unit: Unit, actor: Actor, person_id: int, *, on: bool) -> None:
    """Take a colleague into the circle, which follows them too, or out of it; again changes nothing.

    From then on: what they published before does not wait. Raises `NotFound`, `Forbidden`, `Invalid`.
    """
    readable = policy.readable(actor).where(col(Person.id) == person_id)
    if (await unit.session.execute(readable)).first() is None:
        raise NotFound
    mine = (col(PersonFollow.follower_id) == actor.person_id) & (col(PersonFollow.followed_id) == person_id)
    if on:
        await following.follow(unit, actor, person_id, on=True)
        counted = await unit.session.execute(
            select(func.count())
            .select_from(PersonFollow)
            .where(
                col(PersonFollow.follower_id) == actor.person_id,
                col(PersonFollow.inner),
                col(PersonFollow.followed_id) != person_id,
            )
        )
        if counted.scalar_one() >= MOST:
            raise Invalid("Fifty is the most. Take somebody out of the circle first.", code="circle_full")
    changed = await unit.session.execute(
        update(PersonFollow)
        .where(mine, col(PersonFollow.inner).is_(not on))
        .values({"inner": on, **({"since": unit.now} if on else {})})
        .returning(col(PersonFollow.followed_id))
    )
    if changed.first() is not None:
        await unit.emit(CatchUpChanged(person_id=actor.person_id))


async def ids(session: AsyncSession, actor: Actor) -> list[int]:
    """Return who is in the actor's circle."""
    rows = await session.execute(
        select(col(PersonFollow.followed_id))
        .join(Person, col(Person.id) == PersonFollow.followed_id)
        .where(col(PersonFollow.follower_id) == actor.person_id, col(PersonFollow.inner), col(Person.active))
        .order_by(col(Person.name))
    )
    return list(rows.scalars())


async def members(session: AsyncSession, actor: Actor) -> list[PersonCard]:
    """Return who is in the actor's circle, by name."""
    found = await ids(session, actor)
    people = await cards(session, found)
    return [people[person] for person in found if person in people]
