"""A session is a row: alive while it is used, gone when ended, for one browser or for all."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from identity.helpers import open_session, visitor
from parley.identity.authenticate import authenticate, recheck
from parley.identity.problems import AccountClosed
from parley.identity.service import roles, sessions
from parley.identity.service.deactivate import deactivate
from parley.identity.service.sessions import Browser
from parley.kit import clock
from parley.kit.errors import NotFound, NotSignedIn
from parley.models.admin import AuditRow
from parley.models.identity import Person, Session


async def who(machine, app, secret, path="/"):
    return await authenticate(visitor(machine, app, path, cookie=f"parley={secret}"))


async def test_a_session_says_who_it_is_and_what_they_may(machine, app, company):
    opened = await open_session(machine, company.bob)
    actor = await who(machine, app, opened.secret)
    assert (actor.person_id, actor.handle, actor.roles, actor.session_id) == (
        company.bob,
        "bob",
        frozenset({"it_admin"}),
        opened.session_id,
    )
    assert actor.scopes is None


async def test_only_the_hash_of_the_secret_is_kept(machine, app, company):
    opened = await open_session(machine, company.bob)
    async with machine.database.reading() as session:
        row = (await session.execute(select(Session))).scalar_one()
    assert opened.secret not in repr(row)
    assert await who(machine, app, row.token_hash) is None
    assert await who(machine, app, opened.secret) is not None


@pytest.mark.parametrize(
    ("column", "ago", "alive"),
    [
        ("seen_at", timedelta(days=13), True),
        ("seen_at", timedelta(days=15), False),
        ("expires_at", timedelta(seconds=-60), True),
        ("expires_at", timedelta(seconds=1), False),
    ],
)
async def test_idle_and_absolute_limits(machine, app, company, column, ago, alive):
    opened = await open_session(machine, company.charlie)
    async with machine.units.begin() as unit:
        await unit.session.execute(update(Session).values({column: clock.now() - ago}))
    assert (await who(machine, app, opened.secret) is not None) is alive


async def test_a_new_sign_in_ends_the_browsers_former_session_and_forgets_spent_ones(machine, app, company):
    former = await open_session(machine, company.charlie)
    other = await open_session(machine, company.charlie)
    async with machine.units.begin() as unit:
        await sessions.create(
            unit,
            company.charlie,
            method="link",
            lasting=sessions.lifetime(machine.settings),
            browser=Browser(former_session_id=former.session_id),
        )
    assert await who(machine, app, former.secret) is None
    assert await who(machine, app, other.secret) is not None


async def test_ending_one_leaves_the_others_and_tells_every_process(machine, app, company, heard):
    one, other = await open_session(machine, company.charlie), await open_session(machine, company.charlie)
    async with machine.units.begin() as unit:
        await sessions.end(unit, company.charlie, one.session_id, by=company.charlie, via="page")
    assert await who(machine, app, one.secret) is None
    assert await who(machine, app, other.secret) is not None
    assert [hint.data for hint in heard if hint.name == "sessions.ended"] == [{"session_ids": [one.session_id]}]


async def test_nobody_ends_a_session_of_somebody_else(machine, app, company):
    opened = await open_session(machine, company.charlie)
    with pytest.raises(NotFound):
        async with machine.units.begin() as unit:
            await sessions.end(unit, company.bob, opened.session_id, by=company.bob, via="page")
    assert await who(machine, app, opened.secret) is not None


async def test_ending_all_others_keeps_this_one(machine, app, company):
    here, there = await open_session(machine, company.charlie), await open_session(machine, company.charlie)
    somebody = await open_session(machine, company.bob)
    async with machine.units.begin() as unit:
        assert await sessions.end_all(unit, company.charlie, by=company.charlie, via="page", keep=here.session_id) == 1
    assert await who(machine, app, here.secret) is not None
    assert await who(machine, app, there.secret) is None
    assert await who(machine, app, somebody.secret) is not None


async def test_a_closed_account_gets_no_session(machine, company):
    async with machine.units.begin() as unit:
        await deactivate(unit, company.charlie, by=company.alice, via="page")
    with pytest.raises(AccountClosed):
        await open_session(machine, company.charlie)
    assert (await open_session(machine, company.bob)).person_id == company.bob


async def test_the_writes_own_transaction_asks_again(machine, app, company):
    opened = await open_session(machine, company.bob)
    actor = await who(machine, app, opened.secret)
    async with machine.units.begin() as unit:
        await recheck(unit.session, actor)
    async with machine.units.begin() as unit:
        await sessions.end_all(unit, company.bob, by=company.bob, via="page")
    with pytest.raises(NotSignedIn):
        async with machine.units.begin() as unit:
            await recheck(unit.session, actor)


async def test_a_role_that_was_taken_meanwhile_does_not_write(machine, app, company):
    opened = await open_session(machine, company.bob)
    actor = await who(machine, app, opened.secret)
    async with machine.units.begin() as unit:
        await roles.revoke(unit, company.bob, "it_admin", by=company.alice, via="page")
    with pytest.raises(NotSignedIn):
        async with machine.units.begin() as unit:
            await recheck(unit.session, actor)
    again = await who(machine, app, opened.secret)
    assert again.roles == frozenset()
    async with machine.units.begin() as unit:
        await recheck(unit.session, again)


async def test_last_seen_is_written_beside_the_requests_and_at_most_once_a_minute(machine, app, company):
    opened = await open_session(machine, company.charlie)
    old = clock.now() - timedelta(minutes=5)
    async with machine.units.begin() as unit:
        await unit.session.execute(update(Session).values(seen_at=old))
    assert await who(machine, app, opened.secret) is not None
    await app.state.last_seen.close()
    async with machine.database.reading() as session:
        seen = (
            await session.execute(
                select(col(Session.seen_at), col(Person.seen_at)).join(Person, col(Person.id) == Session.person_id)
            )
        ).one()
    assert all(clock.now() - moment < timedelta(minutes=1) for moment in seen)
    await who(machine, app, opened.secret)
    await app.state.last_seen.close()
    async with machine.database.reading() as session:
        assert (await session.execute(select(col(Session.seen_at)))).scalar_one() == seen[0]


async def test_each_act_has_one_audit_row(machine, company):
    async def count() -> int:
        async with machine.database.reading() as session:
            return (
                await session.execute(
                    select(func.count()).select_from(AuditRow).where(col(AuditRow.event).startswith("session."))
                )
            ).scalar_one()

    opened = await open_session(machine, company.charlie)
    assert await count() == 1
    async with machine.units.begin() as unit:
        await sessions.end(unit, company.charlie, opened.session_id, by=company.charlie, via="page")
    assert await count() == 2
    async with machine.units.begin() as unit:
        await sessions.end_all(unit, company.charlie, by=company.charlie, via="page")
    assert await count() == 2
