"""Every page of customers as a person sees it, with its forms, refusals and answers to htmx."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI

from customers.desk import Desk, bounce, mail
from customers.web import browser, open_house
from identity.helpers import Browsing
from parley.core.settings import Settings
from parley.models.customers import Contact, Message, Reply, Stream, Surfacing

pytestmark = pytest.mark.usefixtures("only_sqlite")


@pytest.fixture
def only_sqlite(databases) -> None:
    """Pages do not differ by engine."""
    if type(databases).__name__ != "SqliteFiles":
        pytest.skip("the pages are looked at on one engine")


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[FastAPI, Desk]]:
    async with open_house(settings, tmp_path) as opened:
        yield opened


@pytest.fixture
async def alice(house: tuple[FastAPI, Desk]) -> AsyncIterator[Browsing]:
    async with await browser(*house, house[1].alice) as browsing:
        yield browsing


@pytest.fixture
async def bob(house: tuple[FastAPI, Desk]) -> AsyncIterator[Browsing]:
    async with await browser(*house, house[1].bob) as browsing:
        yield browsing


HTMX = {"HX-Request": "true"}


async def test_every_page_and_tab_shows_a_conversation_in_all_its_shapes(house, bob: Browsing) -> None:
    _, desk = house
    first = await desk.receive(mail(files=(("valve.txt", b"drip"),)))
    conversation = first.conversation_id
    await desk.answer(desk.bob, conversation)
    await desk.work()
    await desk.receive(bounce(desk.left()[0], "kim.park@example.org"))
    await desk.receive(mail("<b>Away</b>\n", reply_to="<first@x>", Auto_Submitted="auto-replied"))
    await desk.receive(b"")
    pages = [
        "/customers",
        *(f"/customers?list={name}" for name in ("mine", "watching", "waiting", "resolved", "spam", "all")),
    ]
    pages += [f"/customers?channel={desk.care}", "/conversations/new", f"/conversations/{conversation}"]
    pages += [f"/conversations/{conversation}?tab={tab}" for tab in ("discussion", "contact", "history")]
    pages += [
        f"/conversations/{conversation}/assign?q=bob",
        f"/conversations/{conversation}/surface?channel_id={desk.plumbing}",
    ]
    pages += [f"/conversations/{conversation}/surface", f"/messages/{first.id}/whole"]
    pages += [f"/contacts/{(await desk.all(Contact))[0].id}", f"/channels/{desk.care}?tab=customers"]
    for path in pages:
        answer = await bob.get(path)
        assert answer.status_code == 200, (path, answer.text[:500])
        assert "Customers" in answer.text
    shown = (await bob.get(f"/conversations/{conversation}")).text
    for words in (
        "My valve drips.",
        "Thank you, it is on its way.",
        "valve.txt",
        "It did not arrive.",
        "Customer care",
    ):
        assert words in shown, words


async def test_parts_come_alone_to_htmx(house, bob: Browsing) -> None:
    _, desk = house
    conversation = (await desk.receive(mail())).conversation_id
    for path in (
        f"/conversations/{conversation}/assign",
        f"/conversations/{conversation}/surface",
        f"/conversations/{conversation}/older?before=WzEwMF0",
        f"/conversations/{conversation}/discussion",
    ):
        answer = await bob.get(path, headers=HTMX)
        assert answer.status_code == 200, (path, answer.text)
        assert "<html" not in answer.text
    for part, mark in (
        ("row", f'id="conversation-row-{conversation}"'),
        ("facts", f'id="conversation-facts-{conversation}"'),
        ("card", f'data-conversation-card="{conversation}"'),
    ):
        answer = await bob.post(f"/conversations/{conversation}/claim", data={"on": "1", "as": part}, headers=HTMX)
        assert mark in answer.text
        assert f'data-claimed-by="{desk.bob.person_id}"' in answer.text


async def test_acts_by_plain_forms_lead_back_to_the_conversation(house, bob: Browsing) -> None:
    _, desk = house
    conversation = (await desk.receive(mail())).conversation_id
    for path, data in (
        ("claim", {"on": "1"}),
        ("claim", {"on": "0"}),
        ("watch", {"on": "1"}),
        ("state", {"state": "resolved"}),
        ("state", {"state": "open"}),
        ("assign", {"person_id": str(desk.bob.person_id)}),
        ("restrict", {"on": "1"}),
        ("restrict", {"on": "0"}),
        ("state", {"state": "spam"}),
        ("state", {"state": "open"}),
        ("surfacings", {"channel_id": str(desk.plumbing), "body": "Who knows?"}),
    ):
        answer = await bob.post(f"/conversations/{conversation}/{path}", data=data)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/conversations/{conversation}"), (
            path,
            answer.text,
        )
    row = await desk.conversation(conversation)
    assert (row.state, row.assignee_id, row.restricted) == ("open", desk.bob.person_id, False)
    assert await desk.count(Surfacing) == 2
    history = (await bob.get(f"/conversations/{conversation}?tab=history")).text
    assert "surfaced it in" in history
    assert "marked it as spam" in history


async def test_a_reply_is_written_undone_and_written_again(settings: Settings, tmp_path: Path) -> None:
    async with (
        open_house(settings, tmp_path, undo_seconds=60) as (app, desk),
        await browser(app, desk, desk.bob) as bob,
    ):
        first = await desk.receive(mail())
        where = f"/conversations/{first.conversation_id}/replies"
        data = {
            "body": "On its way.",
            "client_id": str(uuid4()),
            "expected_last_message": str(first.id),
            "cc": "el@example.org",
        }
        written = await bob.post(where, data=data, headers=HTMX)
        assert written.status_code == 201, written.text
        (reply,) = await desk.all(Reply)
        assert f'id="reply-{reply.id}"' in written.text
        assert (await bob.post(where, data=data, headers=HTMX)).status_code == 200, "the same again is the same reply"
        undone = await bob.post(f"/replies/{reply.id}/undo", headers=HTMX)
        assert 'data-letter="draft"' in undone.text
        await desk.work()
        assert desk.left() == []
        assert (await bob.post(where, data=data | {"client_id": str(uuid4())}, headers=HTMX)).status_code == 201
        assert [row.state for row in await desk.all(Reply)] == ["replaced", "held"]


async def test_undo_gives_the_files_back_to_the_writer(settings: Settings, tmp_path: Path) -> None:
    async with (
        open_house(settings, tmp_path, undo_seconds=60) as (app, desk),
        await browser(app, desk, desk.bob) as bob,
    ):
        first = await desk.receive(mail())
        where = f"/conversations/{first.conversation_id}/replies"
        file = str(await desk.file(desk.bob, "offer.txt", b"offer"))
        data = {"body": "Our offer.", "expected_last_message": str(first.id), "attachments": file, "confirm": "1"}
        assert (await bob.post(where, data=data | {"client_id": str(uuid4())}, headers=HTMX)).status_code == 201
        (reply,) = await desk.all(Reply)
        undone = await bob.post(f"/replies/{reply.id}/undo", headers=HTMX)
        assert f'<input type="hidden" name="attachments" value="{file}">' in undone.text.partition("data-taken-back")[2]
        again = await bob.post(where, data=data | {"client_id": str(uuid4())}, headers=HTMX)
        assert (again.status_code, "offer.txt" in again.text) == (201, True)


async def test_what_is_wrong_comes_back_with_the_words(house, bob: Browsing) -> None:
    _, desk = house
    first = await desk.receive(mail())
    where = f"/conversations/{first.conversation_id}/replies"
    file = await desk.file(desk.bob, "offer.txt", b"offer")
    seen = {"expected_last_message": str(first.id)}
    for data, status, words in (
        ({"body": "  "} | seen, 422, "Write something first."),
        ({"body": "Kept words", "cc": "nobody"} | seen, 422, "is not an e-mail address"),
        ({"body": "Kept words", "attachments": str(file)} | seen, 422, "offer.txt"),
        ({"body": "Kept words", "expected_last_message": ""}, 409, "My valve drips."),
    ):
        answer = await bob.post(where, data=data, headers=HTMX)
        assert answer.status_code == status
        assert words in answer.text
        assert data["body"].strip() in answer.text
    assert await desk.count(Reply) == 0


async def test_a_comment_stands_in_the_discussion_and_nowhere_outside(house, bob: Browsing) -> None:
    _, desk = house
    first = await desk.receive(mail())
    said = await bob.post(
        f"/conversations/{first.conversation_id}/discussion",
        data={"body": "The **canary** is loose", "client_id": str(uuid4())},
        headers=HTMX,
    )
    assert said.status_code == 201
    assert "<strong>canary</strong>" in said.text
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    assert "canary" not in desk.left()[0].as_string()
    assert all("canary" not in message.text for message in await desk.all(Message))
    empty = await bob.post(f"/conversations/{first.conversation_id}/discussion", data={"body": ""}, headers=HTMX)
    assert empty.status_code == 422
    assert "discuss-conversation" in empty.text


async def test_we_write_first_and_their_answer_comes_back(house, bob: Browsing) -> None:
    _, desk = house
    data = {
        "source_id": str(desk.source),
        "to": "el.jones@example.org",
        "subject": "Your order",
        "body": "It is ready.",
        "client_id": str(uuid4()),
    }
    wrong = await bob.post("/conversations", data=data | {"to": "nobody"}, headers=HTMX)
    assert (wrong.status_code, "It is ready." in wrong.text) == (422, True)
    made = await bob.post("/conversations", data=data)
    assert made.status_code == 303, made.text
    again = await bob.post("/conversations", data=data)
    assert again.headers["location"] == made.headers["location"]
    await desk.work()
    (left,) = desk.left()
    assert left["To"] == "el.jones@example.org"
    conversation = int(made.headers["location"].rpartition("/")[2])
    assert (await desk.conversation(conversation)).waiting_on == "customer"
    back = await desk.receive(
        mail("I come today.", sender="el.jones@example.org", reply_to=left["Message-ID"], to=left["Reply-To"])
    )
    assert (back.conversation_id, back.new_participant) == (conversation, False)


async def test_a_contact_is_renamed_and_a_refused_name_is_kept(house, bob: Browsing) -> None:
    _, desk = house
    await desk.receive(mail())
    (contact,) = await desk.all(Contact)
    bad = await bob.post(f"/contacts/{contact.id}", data={"name": "x" * 121}, headers=HTMX)
    assert (bad.status_code, "x" * 121 in bad.text) == (422, True)
    good = await bob.post(f"/contacts/{contact.id}", data={"name": "Kim from Headingley"}, headers=HTMX)
    assert "Kim from Headingley" in good.text
    assert (await desk.all(Contact))[0].name == "Kim from Headingley"


async def test_owners_and_leads_change_what_a_channel_hears(house, alice: Browsing, bob: Browsing) -> None:
    _, desk = house
    await desk.receive(mail("The boiler is cold", subject="Boiler"))
    where = f"/channels/{desk.plumbing}/streams"
    tried = await alice.post(
        where, data={"source_id": str(desk.source), "words": "boiler", "preview": "1"}, headers=HTMX
    )
    assert "1 of the last 1 conversations" in tried.text
    assert await desk.count(Stream) == 1
    added = await alice.post(where, data={"source_id": str(desk.source), "words": "boiler"}, headers=HTMX)
    assert added.status_code == 200
    stream = (await desk.all(Stream))[-1]
    assert (stream.channel_id, stream.words) == (desk.plumbing, "boiler")
    twice = await alice.post(where, data={"source_id": str(desk.source), "words": "boiler"}, headers=HTMX)
    assert "already listens" in twice.text
    assert (await bob.post(where, data={"source_id": str(desk.source)}, headers=HTMX)).status_code == 403
    assert (await bob.post(f"/streams/{stream.id}/remove", headers=HTMX)).status_code == 403
    assert (await alice.post(f"/streams/{stream.id}/remove", headers=HTMX)).status_code == 200
    assert (await desk.all(Stream))[-1].removed_at is not None


async def test_unknown_and_strange_addresses_answer_in_words(house, bob: Browsing) -> None:
    _, desk = house
    conversation = (await desk.receive(mail())).conversation_id
    for path in (
        "/conversations/999999",
        "/conversations/999999999999",
        "/contacts/999",
        "/messages/999/raw",
        "/replies/9/files/9/x",
        f"/conversations/{conversation}?tab=nothing",
        "/customers?list=nothing",
        "/messages/1/files/99/x",
    ):
        assert (await bob.get(path)).status_code == 404, path
    for path in (
        "/customers?cursor=WyJ4Iiwx",
        "/customers?cursor=%00",
        f"/conversations/{conversation}/older?before=zzz",
    ):
        assert (await bob.get(path, headers=HTMX)).status_code == 422, path
    assert (
        await bob.post(f"/conversations/{conversation}/state", data={"state": "merged"}, headers=HTMX)
    ).status_code == 422
    assert (
        await bob.post(f"/conversations/{conversation}/assign", data={"person_id": "99999"}, headers=HTMX)
    ).status_code == 422


async def test_files_and_originals_are_served_and_never_rendered(house, bob: Browsing) -> None:
    _, desk = house
    first = await desk.receive(mail(files=(("page.html", b"<script>alert(1)</script>"),)))
    raw = await bob.get(f"/messages/{first.id}/raw")
    assert raw.content.startswith(b"From: Kim Park")
    assert "attachment" in raw.headers["content-disposition"]
    page = (await bob.get(f"/conversations/{first.conversation_id}")).text
    url = page.split(f'href="/messages/{first.id}/files/')[1].split('"')[0]
    file = await bob.get(f"/messages/{first.id}/files/{url}")
    assert file.content == b"<script>alert(1)</script>"
    assert "attachment" in file.headers["content-disposition"]
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["x-content-type-options"] == "nosniff"
