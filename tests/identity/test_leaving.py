"""The one way out: everything that signs in goes, in one transaction, with one row on the record."""

import asyncio

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from identity.helpers import open_session, visitor
from parley.events.identity import PersonDeactivated
from parley.identity.authenticate import authenticate, recheck
from parley.identity.problems import AccountClosed, LastAdmin
from parley.identity.service import accounts, roles, sign_in_links, tokens
from parley.identity.service.deactivate import deactivate, reactivate
from parley.kit.errors import Invalid, NotFound, NotSignedIn
from parley.models.admin import AuditRow
from parley.models.identity import ApiToken, Person, RoleGrant, Session, SignInLink


async def leave(machine, person_id, by=None, **more):
    async with machine.units.begin() as unit:
        await deactivate(unit, person_id, by=by, via="page", **more)


async def count(machine, table, *where):
    async with machine.database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def test_everything_that_signs_in_goes_at_once(machine, app, company, heard):
    told = []

    async def listen(unit, event):
        told.append(event)

    machine.on(PersonDeactivated, listen)
    opened = await open_session(machine, company.charlie)
    bobs = await open_session(machine, company.bob)
    async with machine.units.begin() as unit:
        await tokens.create(unit, company.charlie, name="x", scopes=["read"], by=None, via="command")
        await sign_in_links.create(unit, company.charlie, by=None, via="command")
    await leave(machine, company.charlie, by=company.alice, successor_id=company.bob)
    for table in (Session, ApiToken, SignInLink):
        assert await count(machine, table, col(table.person_id) == company.charlie) == 0
    assert await authenticate(visitor(machine, app, cookie=f"parley={opened.secret}")) is None
    assert await authenticate(visitor(machine, app, cookie=f"parley={bobs.secret}")) is not None
    assert told == [PersonDeactivated(person_id=company.charlie, by_id=company.alice, successor_id=company.bob)]
    assert [hint.data for hint in heard if hint.name == "sessions.ended"] == [{"person_id": company.charlie}]
    assert await count(machine, AuditRow, col(AuditRow.event) == "person.deactivated") == 1


async def test_leaving_twice_changes_and_records_nothing_more(machine, company):
    await leave(machine, company.charlie, by=company.alice)
    await leave(machine, company.charlie, by=company.alice)
    assert await count(machine, AuditRow, col(AuditRow.event) == "person.deactivated") == 1


async def test_coming_back_revives_no_session(machine, app, company):
    opened = await open_session(machine, company.charlie)
    await leave(machine, company.charlie)
    async with machine.units.begin() as unit:
        await reactivate(unit, company.charlie, by=company.alice, via="page")
    assert await authenticate(visitor(machine, app, cookie=f"parley={opened.secret}")) is None
    again = await open_session(machine, company.charlie)
    assert await authenticate(visitor(machine, app, cookie=f"parley={again.secret}")) is not None


async def test_a_write_that_was_under_way_is_refused(machine, app, company):
    opened = await open_session(machine, company.charlie)
    actor = await authenticate(visitor(machine, app, cookie=f"parley={opened.secret}"))
    async with machine.units.begin() as unit:
        await recheck(unit.session, actor)
    await leave(machine, company.charlie)
    with pytest.raises(NotSignedIn):
        async with machine.units.begin() as unit:
            await recheck(unit.session, actor)


async def test_signing_in_against_leaving_leaves_no_session(machine, app, company):
    """Ten sign-ins and the deactivation at once: whichever order they take, nothing survives it."""

    async def enter():
        try:
            return await open_session(machine, company.charlie)
        except AccountClosed:
            return None

    await asyncio.gather(*(enter() for _ in range(5)), leave(machine, company.charlie), *(enter() for _ in range(5)))
    assert await count(machine, Session, col(Session.person_id) == company.charlie) == 0


async def test_the_last_admin_stays(machine, company):
    with pytest.raises(LastAdmin):
        await leave(machine, company.alice, by=company.bob)  # the only break-glass admin
    await leave(machine, company.bob, by=company.alice)
    async with machine.units.begin() as unit:
        await accounts.make_admin(unit, email="second@example.org")
    await leave(machine, company.alice)
    second = await admins(machine)
    assert len(second) == 1
    with pytest.raises(LastAdmin):
        await leave(machine, second[0])


async def test_without_break_glass_the_last_it_admin_stays(machine, company):
    async with machine.units.begin() as unit:
        person = await unit.session.get_one(Person, company.alice)
        person.break_glass = False
        unit.session.add(person)
    await leave(machine, company.alice)
    with pytest.raises(LastAdmin):
        await leave(machine, company.bob)
    with pytest.raises(LastAdmin):
        async with machine.units.begin() as unit:
            await roles.revoke(unit, company.bob, "it_admin", by=company.bob, via="page")


async def test_two_admins_who_remove_each_other_do_not_both_succeed(machine, company):
    async with machine.units.begin() as unit:
        person = await unit.session.get_one(Person, company.alice)
        person.break_glass = False
        unit.session.add(person)
    results = await asyncio.gather(
        leave(machine, company.alice, by=company.bob),
        leave(machine, company.bob, by=company.alice),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["LastAdmin", "NoneType"]
    assert len(await admins(machine)) == 1


async def admins(machine):
    async with machine.database.reading() as session:
        return list(
            (
                await session.execute(
                    select(col(Person.id))
                    .join(RoleGrant, col(RoleGrant.person_id) == Person.id)
                    .where(col(RoleGrant.role) == "it_admin", col(Person.active).is_(True))
                )
            ).scalars()
        )


@pytest.mark.parametrize("successor", ["self", "nobody", "gone"])
async def test_a_successor_is_somebody_else_who_is_here(machine, company, successor):
    async with machine.units.begin() as unit:
        gone = await accounts.create_person(unit, email="gone@example.org", name="Gone", by=None, via="command")
        await deactivate(unit, gone.id, by=None, via="command")
    who = {"self": company.charlie, "nobody": 999_999, "gone": gone.id}[successor]
    with pytest.raises(Invalid) as caught:
        await leave(machine, company.charlie, successor_id=who)
    assert "successor" in caught.value.fields
    await leave(machine, company.charlie, successor_id=company.bob)


async def test_nobody_cannot_leave(machine, company):
    with pytest.raises(NotFound):
        await leave(machine, 999_999)
