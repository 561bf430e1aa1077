"""Following a person: what they publish in open channels is on one's Home."""

from sqlalchemy import delete, func, select
from sqlmodel import col

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.people import PersonFollowed
from parley.kit.errors import Forbidden, Invalid, NotFound
from parley.models.identity import Person
from parley.models.people import PersonFollow
from parley.policy import people as policy
from parley.policy.actor import Actor

MOST = 1000
_person_follow = metadata.tables["person_follow"]


async def follow(unit: Unit, actor: Actor, person_id: int, *, on: bool) -> None:
    """Follow a colleague or stop doing so; again changes nothing. Raises `NotFound`, `Forbidden`, `Invalid`."""
    person = (
        await unit.session.execute(select(Person).where(policy.visible(actor), col(Person.id) == person_id))
    ).scalar_one_or_none()
    if person is None:
        raise NotFound
    if not on:
        gone = delete(PersonFollow).where(
            col(PersonFollow.follower_id) == actor.person_id, col(PersonFollow.followed_id) == person_id
        )
        changed = await unit.session.execute(gone.returning(col(PersonFollow.followed_id)))
    else:
        await _may(unit, actor, person)
        new = upsert(unit.session, _person_follow).values(
            follower_id=actor.person_id, followed_id=person_id, since=unit.now, inner=False
        )
        changed = await unit.session.execute(new.on_conflict_do_nothing().returning(_person_follow.c.followed_id))
    if changed.first() is not None:
        await unit.emit(PersonFollowed(person_id=actor.person_id, followed_id=person_id, on=on))


async def _may(unit: Unit, actor: Actor, person: Person) -> None:
    if actor.guest:
        raise Forbidden("Guests follow nobody: open channels are not theirs to read.", code="guest")
    if person.id == actor.person_id:
        raise Forbidden("You hear of your own posts anyway.", code="oneself")
    if not person.active:
        raise Forbidden("This person is no longer here.", code="not_active")
    followed = await unit.session.execute(
        select(func.count()).select_from(PersonFollow).where(col(PersonFollow.follower_id) == actor.person_id)
    )
    if followed.scalar_one() >= MOST:
        raise Invalid("You follow a thousand persons already. Let go of some first.", code="too_many_followed")
