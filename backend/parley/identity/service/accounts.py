"""Accounts: how a person comes to be, and the one who can always get in."""

import re
from collections.abc import Collection

from sqlalchemy import Table, select
from sqlmodel import col

from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.identity import PersonCreated
from parley.identity.service import roles as role_verbs
from parley.kit.errors import Conflict, Invalid
from parley.kit.text import clean_line, email_norm, handle_from
from parley.models.identity import Person
from parley.models.people import Team
from parley.policy import audit

_ADDRESS = re.compile(
    r"[^\s@<>\"(),:;\\\[\]\x00-\x1f]{1,64}@[^\s@<>\"(),:;\\\[\]\x00-\x1f]+\.[^\s@<>\"(),:;\\\[\]\x00-\x1f.]+"
)
_MANY = 1000


class EmailTaken(Conflict):
    """409: another account has this address."""

    code = "email_taken"
    sentence = "There is an account with this e-mail address already."


async def create_person(
    unit: Unit,
    *,
    email: str,
    name: str,
    by: int | None,
    via: str,
    handle: str = "",
    roles: Collection[str] = (),
    break_glass: bool = False,
) -> Person:
    """Make an account. The handle comes from the address unless given; a taken one gets a number.

    Raises `Invalid` with the fields that do not hold, `EmailTaken` when somebody has the address.
    """
    address, shown = email.strip(), clean_line(name)
    fields: dict[str, str] = {}
    if len(address) > 320 or not _ADDRESS.fullmatch(address):
        fields["email"] = "This is not an e-mail address."
    if not 1 <= len(shown) <= 120:
        fields["name"] = "A name has 1 to 120 characters."
    if fields:
        raise Invalid(fields=fields)
    person = await _insert(unit, address, shown, handle or handle_from(address), break_glass=break_glass)
    assert person.id is not None  # noqa: S101  (given by the database)
    # Roles come first: those who hear of the newcomer ask whether it is a guest.
    await role_verbs.first_roles(unit, person.id, roles, by=by)
    await unit.emit(PersonCreated(person_id=person.id))
    await audit.record(
        unit,
        "person.created",
        actor_id=by,
        via=via,
        target=f"person:{person.id}",
        roles=sorted(roles),
        break_glass=break_glass,
    )
    return person


async def make_admin(unit: Unit, *, email: str, name: str = "", via: str = "command") -> Person:
    """Make the break-glass admin of `email`, or make the person who has the address one."""
    person = await by_email(unit, email)
    if person is None:
        return await create_person(
            unit,
            email=email,
            name=name or handle_from(email),
            by=None,
            via=via,
            roles=[role_verbs.ADMIN],
            break_glass=True,
        )
    if not person.active:
        raise Conflict("This account was closed. Open it again before it becomes an admin.", code="account_closed")
    assert person.id is not None  # noqa: S101  (read from the database)
    before = await role_verbs.held(unit, person.id)
    if person.break_glass and role_verbs.ADMIN in before:
        return person
    person.break_glass = True
    unit.session.add(person)
    await role_verbs.first_roles(unit, person.id, {role_verbs.ADMIN} - before, by=None)
    await audit.record(
        unit,
        "roles.changed",
        actor_id=None,
        via=via,
        target=f"person:{person.id}",
        before=sorted(before),
        after=sorted(before | {role_verbs.ADMIN}),
        break_glass=True,
    )
    return person


async def by_email(unit: Unit, email: str) -> Person | None:
    """Return who has the address `email`, in any spelling that means the same."""
    person: Person | None = (
        await unit.session.execute(select(Person).where(col(Person.email_norm) == email_norm(email)))
    ).scalar_one_or_none()
    return person


def rename(unit: Unit, person: Person, name: str) -> bool:
    """Give `person` another name; return whether it changed. Raises `Invalid` for one that does not hold."""
    shown = clean_line(name)
    if not 1 <= len(shown) <= 120:
        raise Invalid(fields={"name": "A name has 1 to 120 characters."})
    changed = shown != person.name
    person.name = shown
    unit.session.add(person)
    return changed


async def _insert(unit: Unit, email: str, name: str, handle: str, *, break_glass: bool) -> Person:
    table: Table = Person.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
    start = 0
    for _ in range(_MANY):
        chosen, start = await _free_handle(unit, handle, start)
        values = {
            "handle": chosen,
            "email": email,
            "email_norm": email_norm(email),
            "name": name,
            "active": True,
            "break_glass": break_glass,
            "created_at": unit.now,
            "language": "",
            "theme": "auto",
            "time_zone": "",
            "single_keys": True,
        }
        new_id = (
            await unit.session.execute(
                upsert(unit.session, table).values(**values).on_conflict_do_nothing().returning(table.c.id)
            )
        ).scalar_one_or_none()
        if new_id is not None:
            person: Person = (await unit.session.execute(select(Person).where(col(Person.id) == new_id))).scalar_one()
            return person
        if await by_email(unit, email) is not None:
            raise EmailTaken
    raise Conflict


async def _free_handle(unit: Unit, wanted: str, start: int) -> tuple[str, int]:
    """Return `wanted`, or with the first free number behind it, from `start` on."""
    persons = select(col(Person.handle)).where(col(Person.handle).startswith(wanted, autoescape=True))
    teams = select(col(Team.handle)).where(col(Team.handle).startswith(wanted, autoescape=True))
    taken = set((await unit.session.execute(persons.union(teams))).scalars())
    number = start
    while True:
        candidate = wanted if number == 0 else f"{wanted}-{number + 1}"
        number += 1
        if candidate not in taken:
            return candidate, number
