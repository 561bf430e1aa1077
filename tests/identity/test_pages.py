"""The pages of signing in and out, and what a person sets for themselves."""

from datetime import timedelta

import pytest
from httpx2 import ASGITransport
from sqlalchemy import func, select, update
from sqlmodel import col

from identity.helpers import Browsing, open_session
from parley.identity.paths import local_path
from parley.identity.schemas import CastMember
from parley.identity.service import sign_in_links, tokens
from parley.identity.service.deactivate import deactivate
from parley.kit import clock
from parley.models.admin import AuditRow
from parley.models.identity import ApiToken, Person, Session, SignInLink


async def link(machine, person_id, **more):
    async with machine.units.begin() as unit:
        return await sign_in_links.create(unit, person_id, by=None, via="command", **more)


async def count(machine, table, *where):
    async with machine.database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


# links


async def test_a_link_shows_a_button_and_the_button_signs_in(browser, machine, company):
    secret = await link(machine, company.charlie)
    for _ in range(3):  # a mail scanner opens it first
        page = await browser.get(f"/auth/link/{secret}")
        assert page.status_code == 200
        assert "Charlie Cole" in page.text
        assert "set-cookie" not in page.headers
    answer = await browser.post(f"/auth/link/{secret}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/api/v1/me")).json()["person"]["handle"] == "charlie"
    spent = await browser.get(f"/auth/link/{secret}")
    assert spent.status_code == 410
    assert "This link is spent" in spent.text
    assert "Charlie" not in spent.text


async def test_an_unknown_and_a_used_link_look_alike(browser, machine, company):
    secret = await link(machine, company.charlie)
    await browser.post(f"/auth/link/{secret}")
    browser.cookies.clear()
    used, unknown = await browser.get(f"/auth/link/{secret}"), await browser.get("/auth/link/made-up")
    assert (used.status_code, used.text) == (unknown.status_code, unknown.text.replace("made-up", secret))


async def test_a_new_sign_in_is_a_new_session_and_the_browsers_old_one_ends(browser, machine, company):
    first, second = await link(machine, company.charlie), await link(machine, company.bob)
    await browser.post(f"/auth/link/{first}")
    page = await browser.get(f"/auth/link/{second}")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    old = browser.cookies["parley"]
    answer = await browser.post(f"/auth/link/{second}", data={"csrf_token": token})
    assert answer.status_code == 303
    assert browser.cookies["parley"] != old
    assert await count(machine, Session) == 1
    assert (await browser.get("/api/v1/me")).json()["person"]["handle"] == "bob"


@pytest.mark.parametrize(
    ("headers", "works"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, False),
    ],
)
async def test_another_site_signs_nobody_in(app, machine, company, headers, works):
    secret = await link(machine, company.charlie)
    async with Browsing(app) as browser:
        browser.headers.update(headers)
        assert (await browser.post(f"/auth/link/{secret}")).status_code == (303 if works else 403)
    assert await count(machine, Session) == int(works)


# sign-in page


async def test_the_sign_in_page_offers_what_is_set_up(browser, machine, provider):
    page = await browser.get("/sign-in?next=/people")
    assert page.status_code == 200
    assert 'href="/auth/test/login?next=/people"' in page.text
    assert "Choose somebody of the demo company" not in page.text


async def test_whoever_was_signed_out_is_told_so(browser, company):
    told = "Your session has ended."
    assert told in (await browser.get("/sign-in?why=ended")).text
    assert told not in (await browser.get("/sign-in?why=ended%20now")).text


async def test_without_a_way_in_the_page_says_what_to_do(browser, company):
    assert "parley sign-in-link" in (await browser.get("/sign-in")).text


async def test_whoever_is_signed_in_goes_on(sign_in, company):
    browser = await sign_in(company.charlie)
    answer = await browser.get("/sign-in?next=/people")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/", "/"),
        ("/people?q=a%20b", "/people?q=a%20b"),
        ("/search?q=http://x/y", "/search?q=http://x/y"),
        ("/conversations/9#m4", "/conversations/9#m4"),
        ("/people/jos%C3%A9", "/people/jos%C3%A9"),
        ("", "/"),
        ("people", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\/evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/%09/evil.example", "/"),
        ("/%2F%2Fevil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("/%255Cevil.example", "/"),
        ("/a\r\nSet-Cookie:x", "/"),
        ("/./\\evil.example", "/"),
        ("/a//evil.example", "/"),
        ("/sign-out", "/"),
        ("/auth/test/login", "/"),
        (" /people", "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
def test_next_is_a_path_here_or_home(wanted, goes):
    assert local_path(wanted) == goes


async def test_signing_out_ends_the_row_and_the_cookie(sign_in, machine, company, heard):
    browser, other = await sign_in(company.charlie), await sign_in(company.charlie)
    answer = await browser.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?why=out")
    assert "parley" not in browser.cookies
    assert await count(machine, Session) == 1
    assert [hint.data for hint in heard if hint.name == "sessions.ended"] == [
        {"session_ids": [browser.session.session_id]}
    ]
    assert (await other.get("/settings/sessions")).status_code == 200
    assert (await browser.post("/sign-out")).status_code == 303


async def test_signing_out_needs_our_own_page(sign_in, machine, company):
    browser = await sign_in(company.charlie)
    token = browser.headers.pop("x-csrf-token")
    assert (await browser.post("/sign-out")).status_code == 403
    assert await count(machine, Session) == 1
    assert (await browser.post("/sign-out", data={"csrf_token": token})).status_code == 303
    assert await count(machine, Session) == 0


# demo


@pytest.fixture
def cast(app, machine, company):
    app.state.cast = [
        CastMember("charlie@example.org", "member", "Answers at the counter."),
        CastMember("nobody@example.org", "member", "Is not here."),
    ]
    machine.settings = machine.settings.model_copy(update={"demo": True})
    return machine


async def test_the_demo_lets_one_be_somebody(cast, browser, company):
    page = await browser.get("/demo")
    assert "Charlie Cole" in page.text
    assert "Answers at the counter." in page.text
    assert "Is not here." not in page.text
    assert (await browser.post(f"/demo/{company.charlie}")).status_code == 303
    assert (await browser.get("/api/v1/me")).json()["person"]["id"] == company.charlie


async def test_only_the_demo_and_only_from_this_machine(cast, app, browser, machine, company):
    async with Browsing(app) as stranger:
        stranger._transport = ASGITransport(app, client=("192.0.2.7", 50000))
        assert (await stranger.get("/demo")).status_code == 404
        assert (await stranger.post(f"/demo/{company.charlie}")).status_code == 404
    assert (await browser.get("/demo")).status_code == 200
    machine.settings = machine.settings.model_copy(update={"demo": False})
    assert (await browser.get("/demo")).status_code == 404
    assert (await browser.post(f"/demo/{company.charlie}")).status_code == 404
    assert await count(machine, Session) == 0


# settings


async def test_the_session_list_names_devices_and_ends_them(sign_in, machine, app, company):
    browser = await sign_in(company.charlie)
    other = await open_session(
        machine,
        company.charlie,
        address="192.0.2.9",
        agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    )
    page = await browser.get("/settings/sessions")
    assert "Firefox on Linux" in page.text
    assert "192.0.2.9" in page.text
    answer = await browser.post(f"/settings/sessions/{other.session_id}/end")
    assert answer.status_code == 303
    assert await count(machine, Session) == 1
    await open_session(machine, company.charlie)
    assert (await browser.post("/settings/sessions/end-others")).status_code == 303
    assert await count(machine, Session) == 1
    assert (await browser.get("/settings/sessions")).status_code == 200


async def test_nobody_ends_the_session_of_somebody_else(sign_in, machine, company):
    browser = await sign_in(company.charlie)
    bobs = await open_session(machine, company.bob)
    mine = await open_session(machine, company.charlie)
    unknown = await browser.post("/settings/sessions/999999/end")
    foreign = await browser.post(f"/settings/sessions/{bobs.session_id}/end")
    assert (unknown.status_code, unknown.text) == (foreign.status_code, foreign.text)
    assert foreign.status_code == 404
    assert (await browser.post(f"/settings/sessions/{mine.session_id}/end")).status_code == 303


async def test_a_token_is_shown_once(sign_in, machine, company):
    browser = await sign_in(company.charlie)
    answer = await browser.post("/settings/tokens", data={"name": "a script", "scope": ["read", "write"]})
    secret = answer.text.split('value="parley_')[1].split('"')[0]
    assert secret
    page = await browser.get("/settings/tokens")
    assert "a script" in page.text
    assert secret not in page.text
    me = await Browsing(browser.app, headers={"authorization": f"Bearer parley_{secret}"}).get("/api/v1/me")
    assert me.json()["scopes"] == ["read", "write"]
    async with machine.database.reading() as session:
        token_id = (await session.execute(select(col(ApiToken.id)))).scalar_one()
    assert (await browser.post(f"/settings/tokens/{token_id}/revoke")).status_code == 303
    assert await count(machine, ApiToken) == 0


async def test_a_token_that_does_not_hold_comes_back_with_words(sign_in, machine, company):
    browser = await sign_in(company.charlie)
    answer = await browser.post("/settings/tokens", data={"name": "a script"})
    assert answer.status_code == 422
    assert "Choose at least one scope." in answer.text
    assert 'value="a script"' in answer.text
    assert await count(machine, ApiToken) == 0
    assert (await browser.post("/settings/tokens", data={"name": "a script", "scope": "read"})).status_code == 200


async def test_scopes_beyond_ones_roles_are_not_given(sign_in, machine, company):
    charlie, bob = await sign_in(company.charlie), await sign_in(company.bob)
    wanted = {"name": "x", "scope": "admin:write"}
    assert (await charlie.post("/settings/tokens", data=wanted)).status_code == 422
    assert await count(machine, ApiToken) == 0
    assert (await bob.post("/settings/tokens", data=wanted)).status_code == 200
    assert await count(machine, ApiToken) == 1


async def test_somebody_elses_token_is_unknown(sign_in, machine, company):
    async with machine.units.begin() as unit:
        token_id, _ = await tokens.create(unit, company.bob, name="x", scopes=["read"], by=None, via="command")
    assert (await (await sign_in(company.charlie)).post(f"/settings/tokens/{token_id}/revoke")).status_code == 404
    assert (await (await sign_in(company.bob)).post(f"/settings/tokens/{token_id}/revoke")).status_code == 303


async def test_language_look_and_zone_are_kept(sign_in, machine, company):
    browser = await sign_in(company.charlie)
    good = {"language": "de", "theme": "dark", "zone": "Europe/Dublin"}
    assert (await browser.post("/settings", data=good)).status_code == 303
    for wrong in ({"language": "xx"}, {"theme": "pink"}, {"zone": "Mars/Olympus"}, {"zone": "../../etc/passwd"}):
        assert (await browser.post("/settings", data={**good, **wrong})).status_code == 422
    async with machine.database.reading() as session:
        who = await session.get_one(Person, company.charlie)
    assert (who.language, who.theme, who.time_zone) == ("de", "dark", "Europe/Dublin")
    page = await browser.get("/settings")
    assert '<html lang="de"' in page.text


@pytest.mark.parametrize(
    "path", ["/settings", "/settings/keys", "/settings/sessions", "/settings/tokens", "/settings/profile"]
)
async def test_settings_are_for_those_who_are_signed_in(browser, sign_in, company, path):
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
    assert (await (await sign_in(company.charlie)).get(path)).status_code == 200


async def test_a_leavers_browser_is_out_at_once(sign_in, machine, company):
    charlie, bob = await sign_in(company.charlie), await sign_in(company.bob)
    assert (await charlie.get("/settings/sessions")).status_code == 200
    async with machine.units.begin() as unit:
        await deactivate(unit, company.charlie, by=company.bob, via="page")
    assert (await charlie.get("/settings/sessions")).status_code == 303
    assert (await charlie.post("/settings/tokens", data={"name": "x", "scope": "read"})).status_code in {401, 403}
    assert (await bob.get("/settings/sessions")).status_code == 200


async def test_an_expired_link_is_spent(browser, machine, company):
    secret = await link(machine, company.charlie)
    async with machine.units.begin() as unit:
        await unit.session.execute(update(SignInLink).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert (await browser.post(f"/auth/link/{secret}")).status_code == 410
    fresh = await link(machine, company.charlie)
    assert (await browser.post(f"/auth/link/{fresh}")).status_code == 303
    assert await count(machine, AuditRow, col(AuditRow.event) == "session.started") == 1
