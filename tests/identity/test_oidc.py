"""Signing in through a provider: each wrong answer is refused beside the same sign-in answered rightly."""

import asyncio
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import OctKey
from sqlalchemy import func, select, update
from sqlmodel import col

from identity.helpers import Browsing
from identity.provider import CLIENT_ID, CLIENT_SECRET, LoopbackProvider
from parley.identity.service.deactivate import deactivate
from parley.models.admin import AuditRow
from parley.models.identity import ExternalIdentity, Person, Provider, Session, SignInTransaction


async def begin(browser, path="/auth/test/login?next=/people"):
    """Start at our page and return where the provider's page is."""
    answer = await browser.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def finish(browser, provider, location):
    return await browser.get(f"/auth/test/callback?{provider.approve(location)}")


async def through(browser, provider):
    return await finish(browser, provider, await begin(browser))


def entered(answer):
    return answer.status_code == 303 and answer.headers["location"] == "/people"


async def refusals(machine):
    async with machine.database.reading() as session:
        return [
            row.detail["reason"]
            for row in (
                await session.execute(
                    select(AuditRow).where(col(AuditRow.event) == "sign_in.refused").order_by(col(AuditRow.id))
                )
            ).scalars()
        ]


async def count(machine, table, *where):
    async with machine.database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def change(machine, **values):
    async with machine.units.begin() as unit:
        await unit.session.execute(update(Provider).values(**values))


async def test_a_sign_in_from_end_to_end(browser, provider, machine, company):
    answer = await through(browser, provider)
    assert entered(answer)
    assert await count(machine, SignInTransaction) == 0
    async with machine.database.reading() as session:
        row = (await session.execute(select(Session))).scalar_one()
    assert (row.person_id, row.method, row.issuer) == (company.charlie, "test", provider.issuer)
    cookie = next(
        header for name, header in answer.headers.multi_items() if name == "set-cookie" and header.startswith("parley=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    me = await browser.get("/api/v1/me")
    assert me.json()["person"]["id"] == company.charlie
    again = await through(browser, provider)
    assert entered(again)
    assert await count(machine, Session) == 1  # the browser's former session ended
    assert await count(machine, AuditRow, col(AuditRow.event) == "identity.linked") == 1


def wrong(**parts):
    """Return a function that spoils one point of a provider."""

    def spoil(provider: LoopbackProvider) -> None:
        for name, value in parts.items():
            current = getattr(provider, name)
            setattr(provider, name, {**current, **value} if isinstance(current, dict) else value)

    return spoil


def confused(provider: LoopbackProvider) -> None:
    provider.header = {"alg": "HS256"}
    provider.key = LoopbackProvider.KEY.as_pem(private=False)


WRONG = {
    "nonce": (wrong(claims={"nonce": "another"}), "invalid_claim:nonce"),
    "no nonce": (wrong(claims={"nonce": None}), "missing_claim:nonce"),
    "issuer": (wrong(claims={"iss": "https://other.example"}), "invalid_claim:iss"),
    "no issuer": (wrong(claims={"iss": None}), "missing_claim:iss"),
    "audience": (wrong(claims={"aud": "another"}), None),
    "no audience": (wrong(claims={"aud": None}), "missing_claim:aud"),
    "empty audience": (wrong(claims={"aud": []}), "audience"),
    "others in the audience": (wrong(claims={"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}), "audience"),
    "another's audience, our azp": (wrong(claims={"aud": "another", "azp": CLIENT_ID}), "audience"),
    "empty subject": (wrong(claims={"sub": ""}), "invalid_claim:sub"),
    "blank subject": (wrong(claims={"sub": "  "}), "subject"),
    "no subject": (wrong(claims={"sub": None}), "missing_claim:sub"),
    "a number as subject": (wrong(claims={"sub": 7}), None),
    "expired": (wrong(claims={"exp": 1_700_000_000}), "expired_token:exp"),
    "not yet valid": (wrong(claims={"nbf": 4_000_000_000}), "invalid_claim:nbf"),
    "no end": (wrong(claims={"exp": None}), "missing_claim:exp"),
    "hash of another access token": (wrong(claims={"at_hash": "x" * 22}), "invalid_claim:at_hash"),
    "unsigned": (wrong(header={"alg": "none"}), None),
    "signed with the secret": (
        wrong(header={"alg": "HS256"}, key=OctKey.import_key(CLIENT_SECRET)),
        "unsupported_algorithm",
    ),
    "signed with the public key as a secret": (confused, "unsupported_algorithm"),
    "signed with a foreign key": (wrong(key=LoopbackProvider.OTHER), "bad_signature"),
    "a key that nobody published": (wrong(key=LoopbackProvider.OTHER, header={"kid": "second"}), "unknown_key"),
    "no ID token": (wrong(answer={"id_token": None}), "no_id_token"),
    "an ID token that is none": (wrong(answer={"id_token": "a.b.c"}), None),
    "a list for an ID token": (wrong(answer={"id_token": ["x"]}), "no_id_token"),
    "callback of another issuer": (wrong(back={"iss": "https://other.example"}), "callback_issuer"),
    "callback without issuer": (wrong(back={"iss": None}), "callback_issuer"),
    "callback without code": (wrong(back={"code": None}), "no_code"),
    "an error instead of a code": (wrong(back={"code": None, "error": "access_denied"}), "provider:access_denied"),
    "a code that was never given": (wrong(back={"code": "made-up"}), "status_400:invalid_grant"),
}


@pytest.mark.parametrize("fault", WRONG)
async def test_one_wrong_point_signs_nobody_in(browser, provider, machine, fault):
    spoil, reason = WRONG[fault]
    spoil(provider)
    answer = await through(browser, provider)
    assert answer.status_code == 403
    assert await count(machine, Session) == 0
    found = await refusals(machine)
    assert len(found) == 1
    assert reason in {None, *found}
    mended = LoopbackProvider()
    for name in ("claims", "header", "answer", "back", "key"):
        setattr(provider, name, getattr(mended, name))
    assert entered(await through(browser, provider))


@pytest.mark.parametrize(
    ("spoiled", "status"),
    [
        ({"issuer": "https://other.example"}, 403),
        ({"token_endpoint": None}, 403),
        ({"authorization_endpoint": "javascript:alert(1)"}, 403),
        ({"jwks_uri": "ftp://127.0.0.1/keys"}, 403),
    ],
)
async def test_metadata_that_do_not_fit(browser, provider, spoiled, status):
    provider.metadata = spoiled
    assert (await browser.get("/auth/test/login")).status_code == status
    provider.metadata = {}
    assert entered(await through(browser, provider))


@pytest.mark.parametrize("part", ["metadata", "jwks"])
async def test_a_provider_that_is_away_is_said_so_and_comes_back(browser, provider, part):
    provider.down = {part}
    answer = await browser.get("/auth/test/login")
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    provider.down = set()
    assert entered(await through(browser, provider))


async def test_a_token_endpoint_that_is_away(browser, provider, machine):
    provider.down = {"token"}
    assert (await through(browser, provider)).status_code == 503
    provider.down = set()
    assert entered(await through(browser, provider))


async def test_metadata_and_keys_are_kept_and_a_new_key_is_fetched_once(browser, provider, app):
    for _ in range(3):
        assert entered(await through(browser, provider))
    assert (provider.asked.count("metadata"), provider.asked.count("jwks")) == (1, 1)
    provider.key, provider.header, provider.published = (
        LoopbackProvider.OTHER,
        {"kid": "second"},
        [LoopbackProvider.OTHER],
    )
    assert entered(await through(browser, provider))
    assert provider.asked.count("jwks") == 2
    provider.header = {"kid": "third"}
    for _ in range(3):  # unknown keys do not make us ask again and again
        assert (await through(browser, provider)).status_code == 403
    assert provider.asked.count("jwks") == 2


async def test_after_an_hour_the_provider_is_asked_again(browser, provider, app):
    assert entered(await through(browser, provider))
    app.state.federation.discovery._now = lambda now=app.state.federation.discovery._now: now() + 3601
    assert entered(await through(browser, provider))
    assert provider.asked.count("metadata") == 2


async def test_two_tabs_both_succeed_in_any_order(browser, provider):
    first, second = await begin(browser), await begin(browser)
    assert entered(await finish(browser, provider, second))
    assert entered(await finish(browser, provider, first))


async def test_a_state_counts_once_also_twenty_times_at_once(browser, provider, machine):
    query = provider.approve(await begin(browser))
    answers = await asyncio.gather(*(browser.get(f"/auth/test/callback?{query}") for _ in range(20)))
    assert [entered(answer) for answer in answers].count(True) == 1
    assert {answer.headers["location"] for answer in answers if not entered(answer)} == {"/sign-in?why=again"}
    assert await count(machine, Session) == 1


async def test_a_made_up_state_begins_again(browser, provider):
    location = await begin(browser)
    answer = await browser.get("/auth/test/callback?code=x&state=made-up")
    assert answer.headers["location"] == "/sign-in?why=again"
    assert entered(await finish(browser, provider, location))


async def test_an_answer_belongs_to_the_browser_that_asked(app, browser, provider, machine):
    """Somebody else's callback address, opened by a victim, would sign the victim in as the attacker."""
    query = provider.approve(await begin(browser))
    async with Browsing(app) as victim:
        assert (await victim.get(f"/auth/test/callback?{query}")).status_code == 403
        await begin(victim)  # a browser with a binding of its own is as little the right one
        query = provider.approve(await begin(browser))
        assert (await victim.get(f"/auth/test/callback?{query}")).status_code == 403
    assert await refusals(machine) == ["other_browser", "other_browser"]
    assert await count(machine, Session) == 0
    assert entered(await through(browser, provider))


async def test_an_answer_belongs_to_the_provider_that_was_asked(browser, provider, machine):
    async with machine.units.begin() as unit:
        row = Provider(
            slug="other",
            name="Other",
            issuer=provider.issuer,
            client_id=CLIENT_ID,
            client_secret_sealed="",
            created_at=unit.now,
        )
        unit.session.add(row)
    query = provider.approve(await begin(browser))
    assert (await browser.get(f"/auth/other/callback?{query}")).status_code == 403
    assert await refusals(machine) == ["other_provider"]
    assert entered(await through(browser, provider))


async def test_a_provider_that_is_switched_off_is_no_way_in(browser, provider, machine):
    location = await begin(browser)
    await change(machine, enabled=False)
    assert (await browser.get("/auth/test/login")).status_code == 404
    assert (await finish(browser, provider, location)).status_code == 404
    await change(machine, enabled=True)
    assert entered(await through(browser, provider))


# who it is


async def test_identity_is_issuer_and_subject_never_the_address(browser, provider, machine, company):
    assert entered(await through(browser, provider))
    provider.person = {"sub": "subject-1", "email": "bob@example.org", "email_verified": True}
    assert entered(await through(browser, provider))
    async with machine.database.reading() as session:
        assert (await session.execute(select(col(Session.person_id)))).scalars().all() == [company.charlie]


async def test_another_subject_with_a_linked_persons_address_is_refused(browser, provider, machine):
    assert entered(await through(browser, provider))
    provider.person = {**provider.person, "sub": "subject-2"}
    answer = await through(browser, provider)
    assert answer.status_code == 403
    assert "Ask your IT team" in answer.text
    assert await refusals(machine) == ["email_of_linked_person"]


@pytest.mark.parametrize(
    ("email", "verified", "links"),
    [
        ("charlie@example.org", True, True),
        ("CHARLIE@Example.org", True, True),
        ("charlie@example.org", False, False),
        ("charlie@example.org", None, False),
        ("charlie@example.org", "true", False),
        ("charlie@example.org", "false", False),
        ("charlie@example.org", 1, False),
    ],
)
async def test_only_a_boolean_vouches_for_an_address(browser, provider, machine, email, verified, links):
    provider.person = {"sub": "subject-1", "email": email, "email_verified": verified}
    assert entered(await through(browser, provider)) is links
    assert await count(machine, ExternalIdentity) == int(links)


async def test_a_provider_vouches_for_its_own_domains_only(browser, provider, machine):
    for domains in (["sub.example.org"], ["org"], ["xexample.org"], []):
        await change(machine, domains=domains)
        assert (await through(browser, provider)).status_code == 403
    await change(machine, domains=["other.example", "example.org"])
    assert entered(await through(browser, provider))


async def test_a_trusted_provider_need_not_say_verified(browser, provider, machine):
    provider.person = {"sub": "subject-1", "email": "charlie@example.org"}
    assert (await through(browser, provider)).status_code == 403
    await change(machine, trust_email=True)
    assert entered(await through(browser, provider))


async def test_the_break_glass_admin_is_never_linked_by_address(browser, provider, machine):
    provider.person = {**provider.person, "email": "alice@example.org"}
    assert (await through(browser, provider)).status_code == 403
    assert await refusals(machine) == ["email_of_local_admin"]
    provider.person = {**provider.person, "email": "bob@example.org"}
    assert entered(await through(browser, provider))


async def test_a_newcomer_gets_an_account_only_where_that_is_switched_on(browser, provider, machine):
    provider.person = {"sub": "new", "email": "dana@example.org", "email_verified": True, "name": "Dana <b>Dunn</b>"}
    answer = await through(browser, provider)
    assert answer.status_code == 403
    assert "There is no account for you here yet" in answer.text
    await change(machine, jit=True)
    assert entered(await through(browser, provider))
    async with machine.database.reading() as session:
        dana = (await session.execute(select(Person).where(col(Person.handle) == "dana"))).scalar_one()
    assert (dana.email, dana.name, dana.break_glass) == ("dana@example.org", "Dana <b>Dunn</b>", False)
    assert (
        await count(
            machine, AuditRow, col(AuditRow.target) == f"person:{dana.id}", col(AuditRow.event) == "person.created"
        )
        == 1
    )


@pytest.mark.parametrize(
    "spoiled",
    [
        {"email": "dana@elsewhere.example"},
        {"email_verified": False},
        {"email": None},
        {"email": "dana@example.org.evil.example"},
    ],
)
async def test_a_newcomer_needs_an_address_of_the_house(browser, provider, machine, spoiled):
    await change(machine, jit=True)
    good = {"sub": "new", "email": "dana@example.org", "email_verified": True, "name": "Dana"}
    provider.person = {**good, **spoiled}
    assert (await through(browser, provider)).status_code == 403
    assert await refusals(machine) == ["email_not_usable"]
    provider.person = good
    assert entered(await through(browser, provider))


async def test_ten_first_sign_ins_of_one_newcomer_make_one_account(app, provider, machine):
    await change(machine, jit=True)
    provider.person = {"sub": "new", "email": "dana@example.org", "email_verified": True, "name": "Dana"}

    async def enter():
        async with Browsing(app) as browser:
            return await through(browser, provider)

    answers = await asyncio.gather(*(enter() for _ in range(10)))
    assert any(entered(answer) for answer in answers)
    assert {answer.status_code for answer in answers} <= {303, 403, 409}
    assert await count(machine, Person, col(Person.handle).startswith("dana")) == 1
    assert await count(machine, ExternalIdentity) == 1


@pytest.mark.parametrize("linked", [True, False])
async def test_a_leaver_is_refused_on_every_way(browser, provider, machine, company, linked):
    await change(machine, jit=True)
    if linked:
        assert entered(await through(browser, provider))
    async with machine.units.begin() as unit:
        await deactivate(unit, company.charlie, by=company.alice, via="page")
    answer = await through(browser, provider)
    assert answer.status_code == 403
    assert "This account was closed" in answer.text
    assert await count(machine, Session) == 0
    assert await refusals(machine) == ["account_closed"]
    provider.person = {**provider.person, "sub": "bobs", "email": "bob@example.org"}
    assert entered(await through(browser, provider))


async def test_what_leaves_carries_no_secret_and_asks_with_pkce(browser, provider, machine):
    location = await begin(browser, "/auth/test/login?next=https://evil.example&login_hint=charlie@example.org")
    parts = urlsplit(location)
    assert parts.path == "/authorize"
    assert CLIENT_SECRET not in location
    for needed in ("state=", "nonce=", "code_challenge=", "code_challenge_method=S256", "login_hint=charlie"):
        assert needed in parts.query
    answer = await finish(browser, provider, location)
    assert answer.headers["location"] == "/"
