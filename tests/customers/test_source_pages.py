"""The pages of the sources: connected, tried, changed, paused; no password is ever shown and no customer's word."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from customers.desk import Desk, mail
from customers.web import browser, open_house
from identity.helpers import Browsing
from parley.core.settings import Settings
from parley.customers.house import sealer
from parley.customers.service import secrets
from parley.models.admin import AuditRow
from parley.models.customers import Message, RawDelivery, Source

HTMX = {"HX-Request": "true"}


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[FastAPI, Desk]]:
    if not settings.embedded:
        pytest.skip("the pages are looked at on one engine")
    async with open_house(settings, tmp_path) as opened:
        yield opened


@pytest.fixture
async def alice(house: tuple[FastAPI, Desk]) -> AsyncIterator[Browsing]:
    async with await browser(*house, house[1].alice) as browsing:
        yield browsing


def filled(desk: Desk, **more: str) -> dict[str, str]:
    return {
        "name": "Press",
        "address": "press@fernhill.example",
        "display_name": "Fernhill Press",
        "signature": "Press desk",
        "imap_url": "imap://127.0.0.1:1?tls=never",
        "imap_user": "press@fernhill.example",
        "imap_password": "hush-in",
        "smtp_url": f"outbox://{desk.outbox}",
        "smtp_password": "hush-out",
        "plus_addressing": "1",
        "days_back": "7",
        "channel_id": str(desk.care),
    } | more


async def stored(desk: Desk) -> Source:
    return (await desk.all(Source))[-1]


async def test_a_mailbox_is_connected_changed_paused_and_resumed(house, alice: Browsing) -> None:
    _, desk = house
    for path in ("/admin/sources", "/admin/sources/new", f"/admin/sources/{desk.source}"):
        assert (await alice.get(path)).status_code == 200, path
    made = await alice.post("/admin/sources/new", data=filled(desk))
    assert made.status_code == 303, made.text
    source = await stored(desk)
    where = made.headers["location"]
    assert source.config["imap_url"] == "imap://press%40fernhill.example@127.0.0.1:1?tls=never"
    assert secrets.unseal(sealer(desk.machine.settings), source) == secrets.Secrets("hush-in", "hush-out")
    shown = (await alice.get(where)).text
    assert "hush" not in shown
    assert 'value="imap://127.0.0.1:1?tls=never"' in shown
    changed = await alice.post(
        where, data=filled(desk, name="Press room", imap_password="", smtp_password="new-out", days_back="")
    )
    assert changed.status_code == 303, changed.text
    source = await stored(desk)
    assert (source.name, source.config["days_back"]) == ("Press room", 7), (
        "the form of a connected source does not ask again"
    )
    assert secrets.unseal(sealer(desk.machine.settings), source) == secrets.Secrets("hush-in", "new-out")
    for act, state in (("pause", "paused"), ("resume", "active")):
        assert (await alice.post(f"{where}/{act}")).status_code == 303
        assert (await stored(desk)).state == state
    async with desk.machine.database.reading() as session:
        rows = (
            (await session.execute(select(AuditRow.event).where(AuditRow.target == f"source:{source.id}")))
            .scalars()
            .all()
        )
    assert rows == ["source.added", "source.changed", "source.paused", "source.resumed"]


async def test_what_is_wrong_comes_back_at_its_field_without_the_passwords(house, alice: Browsing) -> None:
    _, desk = house
    for data, words in (
        ({"name": ""}, "A name has 1 to 80 characters."),
        ({"address": "nobody"}, "This is not an e-mail address."),
        ({"address": "care@fernhill.example"}, "There is a source for this address."),
        ({"name": "Customer care"}, "There is a source of this name."),
        ({"imap_url": "https://mail.example.org"}, "begins with imaps://"),
        ({"smtp_url": "imap://mail.example.org"}, "another kind of server"),
        ({"imap_url": "imap://mail.example.org?tls=never"}, "must not be sent without encryption"),
        ({"days_back": "4000"}, "0 to 3650"),
    ):
        answer = await alice.post("/admin/sources/new", data=filled(desk) | data, headers=HTMX)
        assert answer.status_code == 422, data
        assert words in answer.text, data
        assert "hush" not in answer.text
        assert "Press desk" in answer.text
    assert await desk.count(Source) == 1


async def test_the_trial_says_in_words_what_it_found_and_keeps_nothing(house, alice: Browsing) -> None:
    _, desk = house
    for where in ("/admin/sources/new/test", f"/admin/sources/{desk.source}/test"):
        answer = await alice.post(where, data=filled(desk), headers=HTMX)
        assert "It does not work yet." in answer.text
        assert "hush" not in answer.text
        good = await alice.post(where, data=filled(desk, imap_url="", imap_user=""), headers=HTMX)
        assert "It works." in good.text
        none = await alice.post(where, data=filled(desk, imap_url="", imap_user="", smtp_url=""), headers=HTMX)
        assert "There is no server to try" in none.text
    assert await desk.count(Source) == 1
    assert (await stored(desk)).name == "Customer care"


async def test_mail_that_could_not_be_filed_waits_for_a_second_try(house, alice: Browsing) -> None:
    _, desk = house
    await desk.post(mail())
    async with desk.machine.units.begin() as unit:
        await unit.session.execute(update(RawDelivery).values(state="failed", error="ValueError: broke"))
    page = (await alice.get(f"/admin/sources/{desk.source}")).text
    assert "ValueError: broke" in page
    (delivery,) = await desk.all(RawDelivery)
    assert (await alice.post(f"/admin/sources/{desk.source}/mails/999/retry")).status_code == 404
    assert (
        await alice.post(f"/admin/sources/{desk.source}/mails/{delivery.id}/retry", headers=HTMX)
    ).status_code == 200
    await desk.work()
    assert await desk.count(Message) == 1


async def test_only_leads_and_it_see_sources_and_no_customers_word_is_there(house, alice: Browsing) -> None:
    app, desk = house
    await desk.receive(mail("The canary drips.", subject="canary", sender="canary@example.org"))
    for path in ("/admin/sources", f"/admin/sources/{desk.source}"):
        assert "canary" not in (await alice.get(path)).text
    for actor in (desk.bob, desk.charlie, desk.gina):
        async with await browser(app, desk, actor) as other:
            for path in ("/admin/sources", "/admin/sources/new", f"/admin/sources/{desk.source}"):
                assert (await other.get(path)).status_code == 403, (actor.handle, path)
            for path in ("new", str(desk.source), f"{desk.source}/pause", f"{desk.source}/test", "new/test"):
                assert (await other.post(f"/admin/sources/{path}", data=filled(desk), headers=HTMX)).status_code == 403
    assert [source.state for source in await desk.all(Source)] == ["active"]
