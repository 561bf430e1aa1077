"""IT sees accounts, gives roles, and lets people leave with everything said before."""

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from identity.helpers import open_session
from parley.identity.service import roles, sign_in_links, tokens
from parley.identity.service.deactivate import deactivate
from parley.models.admin import AuditRow
from parley.models.customers import Claim, Contact, ContactIdentity, Conversation, Source
from parley.models.identity import ApiToken, Person, RoleGrant, Session
from parley.models.posts import Thread


async def count(machine, table, *where):
    async with machine.database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def events(machine, name):
    return await count(machine, AuditRow, col(AuditRow.event) == name)


PLACES = [
    "/admin/people",
    "/admin/people/{charlie}",
    "/admin/people/{charlie}/deactivate",
    "/admin/providers",
    "/admin/providers/new",
    "/admin/health",
]


@pytest.mark.parametrize("path", PLACES)
async def test_administration_is_for_it(browser, sign_in, company, path):
    path = path.format(charlie=company.charlie)
    assert (await browser.get(path)).status_code == 303
    assert (await (await sign_in(company.charlie)).get(path)).status_code == 403
    assert (await (await sign_in(company.bob)).get(path)).status_code == 200


@pytest.mark.parametrize(
    ("role", "place"), [("it_admin", "/admin/people"), ("auditor", "/admin/audit"), ("customer_lead", "/admin/sources")]
)
async def test_the_door_leads_where_the_role_opens(sign_in, machine, company, role, place):
    charlie = await sign_in(company.charlie)
    assert (await charlie.get("/admin")).status_code == 403
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.charlie, [role], by=company.alice, via="page")
    assert (await charlie.get("/admin")).headers["location"] == place


async def test_the_list_is_narrowed(sign_in, machine, company):
    bob = await sign_in(company.bob)
    async with machine.units.begin() as unit:
        await deactivate(unit, company.charlie, by=company.alice, via="page")

    async def names(query):
        page = (await bob.get(f"/admin/people{query}")).text
        return {name for name in ("Alice Admin", "Bob Brook", "Charlie Cole") if f">{name}</a>" in page}

    assert await names("") == {"Alice Admin", "Bob Brook"}
    assert await names("?show=left") == {"Charlie Cole"}
    assert await names("?show=all&q=o") == {"Alice Admin", "Bob Brook", "Charlie Cole"}
    assert await names("?show=all&q=charlie@example") == {"Charlie Cole"}
    assert await names("?show=all&role=it_admin") == {"Alice Admin", "Bob Brook"}
    assert await names("?q=%25") == set()


async def test_roles_are_set_as_ticked_with_one_row(sign_in, machine, company):
    bob = await sign_in(company.bob)
    answer = await bob.post(f"/admin/people/{company.charlie}/roles", data={"role": ["auditor", "moderator"]})
    assert answer.status_code == 303
    async with machine.database.reading() as session:
        held = set(
            (
                await session.execute(select(col(RoleGrant.role)).where(col(RoleGrant.person_id) == company.charlie))
            ).scalars()
        )
    assert held == {"auditor", "moderator"}
    assert await events(machine, "roles.changed") == 1
    wrong = await bob.post(f"/admin/people/{company.charlie}/roles", data={"role": ["guest", "auditor"]})
    assert wrong.status_code == 422
    assert "A guest holds no other role." in wrong.text
    last = await bob.post(f"/admin/people/{company.alice}/roles", data={})
    assert last.status_code == 409


async def test_who_is_no_admin_sets_no_roles(sign_in, machine, company):
    charlie = await sign_in(company.charlie)
    for path in ("roles", "link", "deactivate", "reactivate", "sessions/end"):
        assert (
            await charlie.post(f"/admin/people/{company.charlie}/{path}", data={"role": "it_admin"})
        ).status_code == 403
    assert await count(machine, RoleGrant, col(RoleGrant.person_id) == company.charlie) == 0
    bob = await sign_in(company.bob)
    assert (await bob.post(f"/admin/people/{company.charlie}/roles", data={"role": "it_admin"})).status_code == 303


async def test_a_link_is_shown_once_and_works(sign_in, browser, machine, company):
    bob = await sign_in(company.bob)
    page = await bob.post(f"/admin/people/{company.charlie}/link")
    secret = page.text.split("/auth/link/")[1].split('"')[0]
    assert secret not in (await bob.get(f"/admin/people/{company.charlie}")).text
    assert (await browser.post(f"/auth/link/{secret}")).status_code == 303
    assert await events(machine, "sign_in_link.made") == 1


async def test_sessions_and_tokens_of_somebody_are_ended(sign_in, machine, company):
    bob = await sign_in(company.bob)
    await open_session(machine, company.charlie)
    async with machine.units.begin() as unit:
        token_id, _ = await tokens.create(unit, company.charlie, name="x", scopes=["read"], by=None, via="command")
    assert (await bob.post(f"/admin/people/{company.charlie}/sessions/end")).status_code == 303
    assert (await bob.post(f"/admin/people/{company.bob}/tokens/{token_id}/revoke")).status_code == 404
    assert (await bob.post(f"/admin/people/{company.charlie}/tokens/{token_id}/revoke")).status_code == 303
    assert await count(machine, ApiToken) == 0
    await open_session(machine, company.bob)
    assert (await bob.post(f"/admin/people/{company.bob}/sessions/end")).status_code == 303
    assert await count(machine, Session) == 1  # the admin's own browser


@pytest.fixture
async def held(machine, company):
    """Charlie has claimed a conversation of which Bob reads nothing."""
    async with machine.units.begin() as unit:
        source = Source(
            kind="email", name="Care", address="care@parley.test", address_norm="care@parley.test", created_at=unit.now
        )
        contact = Contact(name="Rosa Canary", created_at=unit.now)
        thread = Thread()
        unit.session.add_all([source, contact, thread])
        await unit.session.flush()
        identity = ContactIdentity(
            contact_id=contact.id,
            network="email",
            address="rosa@example.org",
            address_norm="rosa@example.org",
            first_seen_at=unit.now,
        )
        unit.session.add(identity)
        await unit.session.flush()
        conversation = Conversation(
            source_id=source.id,
            identity_id=identity.id,
            thread_id=thread.id,
            subject="A canary leaks",
            created_at=unit.now,
            last_message_at=unit.now,
            channel_id=None,
        )
        unit.session.add(conversation)
        await unit.session.flush()
        unit.session.add(
            Claim(conversation_id=conversation.id, person_id=company.charlie, since=unit.now, until=unit.now)
        )
    return conversation.id


async def test_before_leaving_everything_is_said_but_nothing_unreadable(sign_in, machine, company, held):
    bob = await sign_in(company.bob)
    await open_session(machine, company.charlie)
    path = f"/admin/people/{company.charlie}/deactivate"
    page = (await bob.get(path)).text
    assert "1 session is signed out" in page
    assert "1 conversation that is not listed here" in page
    assert "canary" not in page.lower()
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.bob, ["it_admin", "customer_lead"], by=company.alice, via="page")
    page = (await (await sign_in(company.bob)).get(path)).text
    assert "A canary leaks" in page
    assert "Rosa Canary" in page


async def test_leaving_by_the_page(sign_in, machine, company):
    bob, charlie = await sign_in(company.bob), await sign_in(company.charlie)
    assert (await charlie.get("/settings/sessions")).status_code == 200
    path = f"/admin/people/{company.charlie}/deactivate"
    wrong = await bob.post(path, data={"successor": str(company.charlie)})
    assert wrong.status_code == 422
    assert "Choose a colleague who is here." in wrong.text
    assert (await bob.post(path, data={"successor": str(company.alice)})).status_code == 303
    assert (await charlie.get("/settings/sessions")).status_code == 303
    assert await events(machine, "person.deactivated") == 1
    assert "This account is closed." in (await bob.get(f"/admin/people/{company.charlie}")).text
    assert (await bob.get(path)).status_code == 303
    assert (await bob.post(f"/admin/people/{company.charlie}/reactivate")).status_code == 303
    assert (await charlie.get("/settings/sessions")).status_code == 303
    assert (await (await sign_in(company.charlie)).get("/settings/sessions")).status_code == 200


async def test_the_last_admin_is_told_so(sign_in, company):
    bob = await sign_in(company.bob)
    assert "This is the last IT admin." in (await bob.get(f"/admin/people/{company.alice}")).text
    assert (await bob.post(f"/admin/people/{company.alice}/deactivate")).status_code == 409
    assert "This is the last IT admin." not in (await bob.get(f"/admin/people/{company.bob}")).text


async def test_unknown_accounts_are_unknown(sign_in, company):
    bob = await sign_in(company.bob)
    for path in ("/admin/people/999999", "/admin/people/999999/deactivate", "/admin/people/abc"):
        assert (await bob.get(path)).status_code == 404
    for path in ("roles", "link", "deactivate", "reactivate"):
        assert (await bob.post(f"/admin/people/999999/{path}")).status_code == 404


async def test_names_are_text(sign_in, machine, company):
    async with machine.units.begin() as unit:
        person = await unit.session.get_one(Person, company.charlie)
        person.name = '<img src=x onerror=alert(1)>"'
        unit.session.add(person)
        await sign_in_links.create(unit, company.charlie, by=None, via="command")
    bob = await sign_in(company.bob)
    for path in (
        "/admin/people",
        f"/admin/people/{company.charlie}",
        f"/admin/people/{company.charlie}/deactivate",
        "/people",
        "/people/charlie",
    ):
        page = (await bob.get(path)).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
