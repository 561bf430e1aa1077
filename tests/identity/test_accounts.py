"""How accounts come to be, and who may what."""

import asyncio

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from parley.events.identity import PersonCreated
from parley.identity.problems import LastAdmin
from parley.identity.service import accounts, roles
from parley.identity.service.accounts import EmailTaken
from parley.kit.errors import Invalid, NotFound
from parley.models.admin import AuditRow
from parley.models.identity import Person, RoleGrant
from parley.models.people import Profile


async def make(machine, email, name="Some Body", **more):
    async with machine.units.begin() as unit:
        return await accounts.create_person(unit, email=email, name=name, by=None, via="command", **more)


async def held(machine, person_id):
    async with machine.database.reading() as session:
        return set(
            (await session.execute(select(col(RoleGrant.role)).where(col(RoleGrant.person_id) == person_id))).scalars()
        )


async def rows(machine, event):
    async with machine.database.reading() as session:
        return (await session.execute(select(AuditRow).where(col(AuditRow.event) == event))).scalars().all()


async def test_the_handle_comes_from_the_address_and_is_unique(machine, company):
    people = [await make(machine, f"dana@{domain}.example.org") for domain in ("a", "b", "c")]
    assert [person.handle for person in people] == ["dana", "dana-2", "dana-3"]


async def test_twenty_newcomers_of_one_name_at_once_all_get_a_handle(machine, company):
    people = await asyncio.gather(*(make(machine, f"sam@{number}.example.org") for number in range(20)))
    assert len({person.handle for person in people}) == 20


async def test_one_address_is_one_account_in_any_case(machine, company):
    results = await asyncio.gather(
        make(machine, "Dana@example.org"), make(machine, "dana@EXAMPLE.org"), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["EmailTaken", "Person"]
    with pytest.raises(EmailTaken):
        await make(machine, " DANA@example.org ")


@pytest.mark.parametrize(
    ("email", "name", "field"),
    [
        ("nonsense", "Dana", "email"),
        ("a b@example.org", "Dana", "email"),
        ("dana@example", "Dana", "email"),
        ("a@b@example.org", "Dana", "email"),
        (f"{'x' * 320}@example.org", "Dana", "email"),
        ("dana@example.org", "  ", "name"),
        ("dana@example.org", "x" * 121, "name"),
    ],
)
async def test_what_does_not_hold_is_said_at_the_field(machine, company, email, name, field):
    with pytest.raises(Invalid) as caught:
        await make(machine, email, name)
    assert list(caught.value.fields) == [field]
    assert (await make(machine, "dana@example.org", "Dana")).name == "Dana"


async def test_a_name_loses_what_would_play_tricks(machine, company):
    assert (await make(machine, "d@example.org", "Da\u202ena\x07\n  Two")).name == "Dana Two"


async def test_a_newcomer_is_introduced_with_the_roles_known(machine, company):
    seen = []

    async def listen(unit, event):
        seen.append(
            set(
                (
                    await unit.session.execute(
                        select(col(RoleGrant.role)).where(col(RoleGrant.person_id) == event.person_id)
                    )
                ).scalars()
            )
        )

    machine.on(PersonCreated, listen)
    guest = await make(machine, "guest@example.org", roles=["guest"])
    assert seen == [{"guest"}]
    async with machine.database.reading() as session:
        assert (
            await session.execute(select(func.count()).select_from(Profile).where(col(Profile.person_id) == guest.id))
        ).scalar_one() == 1
    assert len([row for row in await rows(machine, "person.created") if row.target == f"person:{guest.id}"]) == 1
    assert await rows(machine, "roles.changed") == []


async def test_roles_change_with_one_row_that_says_before_and_after(machine, company):
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.charlie, ["auditor", "moderator"], by=company.alice, via="page")
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.charlie, ["auditor", "moderator"], by=company.alice, via="page")
    changed = await rows(machine, "roles.changed")
    assert [(row.actor_id, row.detail) for row in changed] == [
        (company.alice, {"before": [], "after": ["auditor", "moderator"]})
    ]
    async with machine.units.begin() as unit:
        await roles.revoke(unit, company.charlie, "moderator", by=company.alice, via="page")
        await roles.grant(unit, company.charlie, "customer_lead", by=company.alice, via="page")
    assert await held(machine, company.charlie) == {"auditor", "customer_lead"}


@pytest.mark.parametrize("wanted", [["emperor"], ["guest", "it_admin"]])
async def test_roles_that_do_not_exist_or_do_not_go_together(machine, company, wanted):
    with pytest.raises(Invalid):
        async with machine.units.begin() as unit:
            await roles.set_roles(unit, company.charlie, wanted, by=company.alice, via="page")
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.charlie, ["it_admin"], by=company.alice, via="page")
    assert await held(machine, company.charlie) == {"it_admin"}


async def test_the_last_break_glass_admin_keeps_the_role(machine, company):
    with pytest.raises(LastAdmin):
        async with machine.units.begin() as unit:
            await roles.set_roles(unit, company.alice, [], by=company.bob, via="page")
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.bob, [], by=company.alice, via="page")
    assert await held(machine, company.alice) == {"it_admin"}
    assert await held(machine, company.bob) == set()


async def test_two_admins_who_demote_each_other_do_not_both_succeed(machine, company):
    async with machine.units.begin() as unit:
        person = await unit.session.get_one(Person, company.alice)
        person.break_glass = False
        unit.session.add(person)

    async def demote(person_id, by):
        async with machine.units.begin() as unit:
            await roles.set_roles(unit, person_id, [], by=by, via="page")

    results = await asyncio.gather(
        demote(company.alice, company.bob), demote(company.bob, company.alice), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["LastAdmin", "NoneType"]


async def test_the_break_glass_admin_is_made_of_anybody_once(machine, company):
    for _ in range(2):
        async with machine.units.begin() as unit:
            person = await accounts.make_admin(unit, email="CHARLIE@example.org")
    assert person.id == company.charlie
    assert await held(machine, company.charlie) == {"it_admin"}
    assert [row.target for row in await rows(machine, "roles.changed")] == [f"person:{company.charlie}"]


async def test_nobody_has_no_roles(machine, company):
    with pytest.raises(NotFound):
        async with machine.units.begin() as unit:
            await roles.set_roles(unit, 999_999, ["auditor"], by=company.alice, via="page")
