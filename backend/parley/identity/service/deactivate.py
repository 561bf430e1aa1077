"""Leaving: the one primitive behind the admin page, the API, the command line and, later, SCIM and logout tokens."""

from sqlalchemy import delete, select
from sqlmodel import col

from parley.core.eventlog import Hint
from parley.core.unit import Unit
from parley.events.identity import PersonDeactivated, PersonReactivated
from parley.identity.service.roles import keep_an_admin
from parley.identity.service.sessions import CONTROL
from parley.kit.errors import Invalid, NotFound
from parley.models.identity import ApiToken, Person, Session, SignInLink
from parley.policy import audit


async def deactivate(
    unit: Unit, person_id: int, *, by: int | None, via: str, successor_id: int | None = None, address: str = ""
) -> None:
    """Close the account of `person_id`: nothing of theirs signs in any more, what they held goes to others.

    Everything happens in this one transaction; after its commit every process closes the person's sockets. Doing it
    again changes nothing. Raises `LastAdmin`, or `Invalid` for a successor who is not here.
    """
    await keep_an_admin(unit, person_id)
    person = await _locked(unit, person_id)
    if successor_id is not None:
        await _check_successor(unit, person_id, successor_id)
    ended = {
        "sessions": await _drop(unit, Session, person_id),
        "tokens": await _drop(unit, ApiToken, person_id),
        "links": await _drop(unit, SignInLink, person_id),
    }
    unit.tell(Hint(CONTROL, 0, "sessions.ended", {"person_id": person_id}))
    if not person.active:
        return
    person.active = False
    person.deactivated_at = unit.now
    unit.session.add(person)
    await unit.session.flush()
    await unit.emit(PersonDeactivated(person_id=person_id, by_id=by, successor_id=successor_id))
    await audit.record(
        unit,
        "person.deactivated",
        actor_id=by,
        via=via,
        target=f"person:{person_id}",
        address=address,
        successor_id=successor_id,
        **ended,
    )


async def reactivate(unit: Unit, person_id: int, *, by: int | None, via: str, address: str = "") -> None:
    """Open the account again. No session, token, link or claim comes back."""
    person = await _locked(unit, person_id)
    if person.active:
        return
    person.active = True
    person.deactivated_at = None
    unit.session.add(person)
    await unit.session.flush()
    await unit.emit(PersonReactivated(person_id=person_id))
    await audit.record(unit, "person.reactivated", actor_id=by, via=via, target=f"person:{person_id}", address=address)


async def _locked(unit: Unit, person_id: int) -> Person:
    person: Person | None = (
        await unit.session.execute(
            select(Person)
            .where(col(Person.id) == person_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if person is None:
        raise NotFound
    return person


async def _check_successor(unit: Unit, person_id: int, successor_id: int) -> None:
    active = (
        await unit.session.execute(select(col(Person.active)).where(col(Person.id) == successor_id))
    ).scalar_one_or_none()
    if not active or successor_id == person_id:
        raise Invalid(fields={"successor": "Choose a colleague who is here."})


async def _drop(unit: Unit, table: type[Session | ApiToken | SignInLink], person_id: int) -> int:
    gone = await unit.session.execute(
        delete(table).where(col(table.person_id) == person_id).returning(col(table.person_id))
    )
    return len(gone.all())
