"""An API token acts as its person, within its scopes, on the API's paths only."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from identity.helpers import open_session, visitor
from parley.identity.authenticate import authenticate, recheck
from parley.identity.problems import AccountClosed
from parley.identity.service import tokens
from parley.identity.service.deactivate import deactivate, reactivate
from parley.kit import clock
from parley.kit.errors import Invalid, NotFound, NotSignedIn
from parley.models.identity import ApiToken


async def make(machine, person_id, scopes=("read",), **more):
    async with machine.units.begin() as unit:
        return await tokens.create(unit, person_id, name="a program", scopes=scopes, by=person_id, via="page", **more)


async def who(machine, app, secret, path="/api/v1/me", scheme="Bearer", **more):
    return await authenticate(visitor(machine, app, path, authorization=f"{scheme} {secret}", **more))


async def test_a_token_acts_as_its_person_within_its_scopes(machine, app, company):
    token_id, secret = await make(machine, company.bob, ("read", "admin:read"))
    actor = await who(machine, app, secret)
    assert (actor.person_id, actor.token_id, actor.session_id) == (company.bob, token_id, None)
    assert actor.may_use("admin:read")
    assert not actor.may_use("write")
    assert actor.has("it_admin")


@pytest.mark.parametrize(
    ("path", "counts"),
    [("/api/v1/me", True), ("/scim/v2/Users", True), ("/", False), ("/settings", False), ("/apiary", False)],
)
async def test_tokens_count_where_programs_call(machine, app, company, path, counts):
    _, secret = await make(machine, company.bob)
    assert (await who(machine, app, secret, path) is not None) is counts


async def test_a_wrong_token_is_not_made_good_by_a_cookie(machine, app, company):
    _, secret = await make(machine, company.bob)
    cookie = f"parley={(await open_session(machine, company.bob)).secret}"
    assert (await who(machine, app, secret, cookie=cookie)).token_id is not None
    assert await who(machine, app, "wrong", cookie=cookie) is None
    assert await who(machine, app, secret, scheme="Basic", cookie=cookie) is None
    assert (await authenticate(visitor(machine, app, "/api/v1/me", cookie=cookie))).session_id is not None


async def test_a_revoked_token_is_dead_and_every_process_hears_it(machine, app, company, heard):
    token_id, secret = await make(machine, company.bob)
    _, other = await make(machine, company.bob)
    actor = await who(machine, app, secret)
    async with machine.units.begin() as unit:
        await recheck(unit.session, actor)
    async with machine.units.begin() as unit:
        await tokens.revoke(unit, company.bob, token_id, by=company.bob, via="page")
    assert await who(machine, app, secret) is None
    assert await who(machine, app, other) is not None
    assert [hint.data for hint in heard if hint.name == "sessions.ended"] == [{"token_ids": [token_id]}]
    with pytest.raises(NotSignedIn):
        async with machine.units.begin() as unit:
            await recheck(unit.session, actor)


async def test_nobody_revokes_a_token_of_somebody_else(machine, app, company):
    token_id, secret = await make(machine, company.bob)
    with pytest.raises(NotFound):
        async with machine.units.begin() as unit:
            await tokens.revoke(unit, company.charlie, token_id, by=company.charlie, via="page")
    assert await who(machine, app, secret) is not None


async def test_a_token_ends_when_it_was_said_to(machine, app, company):
    _, secret = await make(machine, company.bob, days=1)
    assert await who(machine, app, secret) is not None
    async with machine.units.begin() as unit:
        await unit.session.execute(update(ApiToken).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert await who(machine, app, secret) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": ()}, "scope"),
        ({"scopes": ("everything",)}, "scope"),
        ({"days": 0}, "days"),
        ({"days": 100_000}, "days"),
    ],
)
async def test_what_does_not_hold_is_said_at_the_field(machine, company, wrong, field):
    good = {"name": "a program", "scopes": ("read",), "days": None}
    async with machine.units.begin() as unit:
        await tokens.create(unit, company.bob, by=company.bob, via="page", **good)
    with pytest.raises(Invalid) as caught:
        async with machine.units.begin() as unit:
            await tokens.create(unit, company.bob, by=company.bob, via="page", **{**good, **wrong})
    assert list(caught.value.fields) == [field]


async def test_only_the_hash_is_kept_and_the_secret_is_recognisable(machine, app, company):
    _, secret = await make(machine, company.bob)
    assert secret.startswith("parley_")
    async with machine.database.reading() as session:
        row = (await session.execute(select(ApiToken))).scalar_one()
    assert secret not in repr(row)
    assert await who(machine, app, row.token_hash) is None
    assert await who(machine, app, secret) is not None


async def test_a_leavers_token_is_dead_and_stays_dead(machine, app, company):
    _, secret = await make(machine, company.charlie)
    assert await who(machine, app, secret) is not None
    async with machine.units.begin() as unit:
        await deactivate(unit, company.charlie, by=company.alice, via="page")
    with pytest.raises(AccountClosed):
        await make(machine, company.charlie)
    async with machine.units.begin() as unit:
        await reactivate(unit, company.charlie, by=company.alice, via="page")
    assert await who(machine, app, secret) is None
    _, fresh = await make(machine, company.charlie)
    assert await who(machine, app, fresh) is not None


async def test_used_at_is_kept(machine, app, company):
    token_id, secret = await make(machine, company.bob)
    await who(machine, app, secret)
    await app.state.last_seen.close()
    async with machine.database.reading() as session:
        assert (
            await session.execute(select(col(ApiToken.used_at)).where(col(ApiToken.id) == token_id))
        ).scalar_one() is not None
