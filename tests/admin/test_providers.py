"""Setting up a provider: said at the field, tried before it counts, its secret never shown."""

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from identity.provider import CLIENT_ID, CLIENT_SECRET, LoopbackProvider
from parley.core.crypto import Unsealable
from parley.identity.service import providers
from parley.identity.wiring import seals
from parley.kit.errors import Invalid
from parley.models.admin import AuditRow
from parley.models.identity import Provider


def filled(running, **more):
    return {
        "slug": "acme",
        "name": "Acme",
        "issuer": running.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "domains": "example.org, Example.net",
        "enabled": "1",
        **more,
    }


async def stored(machine, slug):
    async with machine.database.reading() as session:
        return (await session.execute(select(Provider).where(col(Provider.slug) == slug))).scalar_one_or_none()


async def test_a_provider_is_added_changed_and_its_secret_kept(sign_in, machine, company, provider):
    bob = await sign_in(company.bob)
    answer = await bob.post("/admin/providers/new", data=filled(provider))
    assert answer.status_code == 303
    row = await stored(machine, "acme")
    assert row.domains == ["example.org", "example.net"]
    assert CLIENT_SECRET not in row.client_secret_sealed
    sealer = seals(machine.settings)
    assert sealer.unseal(row.client_secret_sealed, providers.secret_context(row)) == CLIENT_SECRET
    with pytest.raises(Unsealable):
        sealer.unseal(row.client_secret_sealed, "provider:999")
    page = await bob.get(answer.headers["location"])
    assert CLIENT_SECRET not in page.text
    assert f"{machine.settings.public_url}/auth/acme/callback" in page.text
    again = await bob.post(answer.headers["location"], data=filled(provider, client_secret="", name="Acme two"))
    assert again.status_code == 303
    changed = await stored(machine, "acme")
    assert (changed.name, changed.client_secret_sealed) == ("Acme two", row.client_secret_sealed)
    async with machine.database.reading() as session:
        rows = (
            (
                await session.execute(
                    select(AuditRow).where(col(AuditRow.target) == f"provider:{row.id}").order_by(col(AuditRow.id))
                )
            )
            .scalars()
            .all()
        )
    assert [(entry.event, entry.detail["secret_changed"]) for entry in rows] == [
        ("provider.added", True),
        ("provider.changed", False),
    ]
    assert CLIENT_SECRET not in str([entry.detail for entry in rows])
    assert "Acme two" in (await bob.get("/admin/providers")).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"slug": "Not a slug"}, "A short name is made of"),
        ({"slug": "link"}, "A short name is made of"),
        ({"name": ""}, "A name has 1 to 80 characters."),
        ({"issuer": "nonsense"}, "An issuer is an https address"),
        ({"issuer": "ftp://x.example"}, "An issuer is an https address"),
        ({"client_id": ""}, "The provider shows"),
        ({"domains": "not a domain"}, "Write domains like"),
        ({"domains": "", "jit": "1"}, "say for which domains"),
        ({"issuer": "https://login.microsoftonline.com/common/v2.0", "trust_email": "1"}, "cannot be trusted"),
    ],
)
async def test_what_does_not_hold_is_said_at_the_field_and_nothing_is_lost(
    sign_in, machine, company, provider, wrong, words
):
    bob = await sign_in(company.bob)
    answer = await bob.post("/admin/providers/new", data=filled(provider, **wrong))
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="example.org, Example.net"' in answer.text or "domains" in wrong
    assert await stored(machine, "acme") is None
    assert (await bob.post("/admin/providers/new", data=filled(provider))).status_code == 303


async def test_a_short_name_is_used_once(sign_in, machine, company, provider):
    bob = await sign_in(company.bob)
    assert (await bob.post("/admin/providers/new", data=filled(provider, slug="test"))).status_code == 409
    answer = await bob.post("/admin/providers/new", data=filled(provider))
    assert answer.status_code == 303
    assert (await bob.post(answer.headers["location"], data=filled(provider, slug="test"))).status_code == 409
    async with machine.database.reading() as session:
        assert (await session.execute(select(func.count()).select_from(Provider))).scalar_one() == 2


def test_without_tls_only_where_the_installation_has_none():
    running = LoopbackProvider()
    running.issuer = "http://127.0.0.1:9"
    assert providers.checked(running.wanted(), plain_http=True).issuer == running.issuer
    with pytest.raises(Invalid):
        providers.checked(running.wanted())


async def test_the_trial_says_what_was_found(sign_in, company, provider):
    bob = await sign_in(company.bob)
    answer = await bob.post(f"/admin/providers/{provider.row.id}/test", data=filled(provider, client_secret=""))
    assert "It works." in answer.text
    assert f"{provider.issuer}/token" in answer.text
    part = await bob.post(
        f"/admin/providers/{provider.row.id}/test", data=filled(provider), headers={"HX-Request": "true"}
    )
    assert "It works." in part.text
    assert "<html" not in part.text


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"client_secret": "wrong"}, "does not know this client"),
        ({"client_id": "wrong"}, "does not know this client"),
        ({"issuer": "http://127.0.0.1:1"}, "Nothing answers at this issuer"),
        ({"issuer": "http://[::1]:9"}, "Nothing answers at this issuer"),
    ],
)
async def test_the_trial_says_what_is_wrong(sign_in, company, provider, spoil, words):
    bob = await sign_in(company.bob)
    path = f"/admin/providers/{provider.row.id}/test"
    answer = await bob.post(path, data=filled(provider, **spoil))
    assert "It does not work yet." in answer.text
    assert words in answer.text
    assert "It works." in (await bob.post(path, data=filled(provider))).text


async def test_the_kept_secret_is_not_sent_to_an_address_that_was_just_typed(sign_in, company, provider):
    bob = await sign_in(company.bob)
    other = LoopbackProvider()
    await other.start()
    try:
        answer = await bob.post(
            f"/admin/providers/{provider.row.id}/test", data=filled(provider, issuer=other.issuer, client_secret="")
        )
        assert "does not know this client" in answer.text
        assert other.secrets_seen == {""}
    finally:
        await other.stop()
