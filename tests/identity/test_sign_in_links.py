"""A sign-in link works once, for one person, for ten minutes."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from parley.identity.problems import AccountClosed, LinkSpent
from parley.identity.service import sign_in_links
from parley.identity.service.deactivate import deactivate
from parley.kit import clock
from parley.kit.errors import NotFound
from parley.models.identity import SignInLink


async def make(machine, person_id, **more):
    async with machine.units.begin() as unit:
        return await sign_in_links.create(unit, person_id, by=None, via="command", **more)


async def use(machine, secret, *, demo=False):
    async with machine.units.begin() as unit:
        return await sign_in_links.consume(unit, secret, demo=demo)


async def test_a_link_works_once(machine, company):
    secret = await make(machine, company.charlie)
    assert await use(machine, secret) == company.charlie
    with pytest.raises(LinkSpent):
        await use(machine, secret)


async def test_of_twenty_at_once_one_wins(machine, company):
    secret = await make(machine, company.charlie)
    results = await asyncio.gather(*(use(machine, secret) for _ in range(20)), return_exceptions=True)
    assert [result for result in results if not isinstance(result, LinkSpent)] == [company.charlie]


async def test_looking_uses_nothing_up(machine, company):
    secret = await make(machine, company.charlie)
    for _ in range(3):
        async with machine.database.reading() as session:
            assert await sign_in_links.whose(session, secret, demo=False) == company.charlie
    assert await use(machine, secret) == company.charlie
    async with machine.database.reading() as session:
        assert await sign_in_links.whose(session, secret, demo=False) is None


@pytest.mark.parametrize(("left", "works"), [(timedelta(seconds=30), True), (timedelta(seconds=-1), False)])
async def test_ten_minutes(machine, company, left, works):
    secret = await make(machine, company.charlie)
    async with machine.units.begin() as unit:
        await unit.session.execute(update(SignInLink).values(expires_at=clock.now() + left))
    if works:
        assert await use(machine, secret) == company.charlie
    else:
        with pytest.raises(LinkSpent):
            await use(machine, secret)


async def test_a_made_up_link_is_a_spent_one(machine, company):
    await make(machine, company.charlie)
    with pytest.raises(LinkSpent):
        await use(machine, "made-up")


async def test_only_the_demo_has_links_that_stay(machine, company):
    secret = await make(machine, company.charlie, reusable=True)
    for _ in range(2):
        assert await use(machine, secret, demo=True) == company.charlie
    with pytest.raises(LinkSpent):
        await use(machine, secret, demo=False)
    async with machine.units.begin() as unit:
        await sign_in_links.forget_reusable(unit)
    with pytest.raises(LinkSpent):
        await use(machine, secret, demo=True)


async def test_deactivation_takes_the_link_away(machine, company):
    charlies, bobs = await make(machine, company.charlie), await make(machine, company.bob)
    async with machine.units.begin() as unit:
        await deactivate(unit, company.charlie, by=company.alice, via="page")
    with pytest.raises(LinkSpent):
        await use(machine, charlies)
    assert await use(machine, bobs) == company.bob
    with pytest.raises(AccountClosed):
        await make(machine, company.charlie)


async def test_nobody_has_no_link(machine, company):
    with pytest.raises(NotFound):
        await make(machine, 999_999)


async def test_old_links_are_forgotten_when_a_new_one_is_made(machine, company):
    await make(machine, company.charlie)
    async with machine.units.begin() as unit:
        await unit.session.execute(update(SignInLink).values(expires_at=clock.now() - timedelta(seconds=1)))
    await make(machine, company.bob)
    async with machine.database.reading() as session:
        assert (
            await session.execute(
                select(func.count()).select_from(SignInLink).where(col(SignInLink.person_id) == company.charlie)
            )
        ).scalar_one() == 0
