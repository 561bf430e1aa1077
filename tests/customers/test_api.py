"""The JSON API of customers, as contracts describe it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from customers.desk import Desk, mail
from customers.web import open_house, program
from parley.core.settings import Settings
from parley.models.customers import Contact, Conversation


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[FastAPI, Desk]]:
    async with open_house(settings, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bob(house: tuple[FastAPI, Desk]) -> AsyncIterator[AsyncClient]:
    async with await program(*house, house[1].bob) as client:
        yield client


@pytest.fixture
async def lead(house: tuple[FastAPI, Desk]) -> AsyncIterator[AsyncClient]:
    scopes = ("read", "customers:read", "customers:write", "admin:read", "admin:write")
    async with await program(*house, house[1].alice, *scopes) as client:
        yield client


API = "/api/v1"


async def test_a_conversation_from_its_mail_to_its_outcome(house, bob: AsyncClient) -> None:
    _, desk = house
    first = await desk.receive(mail())
    where = f"{API}/conversations/{first.conversation_id}"
    shown = (await bob.get(where)).json()
    assert (shown["state"], shown["waiting_on"], shown["contact"]["name"], shown["claim"]) == (
        "open",
        "us",
        "Kim Park",
        None,
    )
    claimed = await bob.put(f"{where}/claim")
    assert claimed.json()["claim"]["person_id"] == desk.bob.person_id
    said = await bob.post(f"{where}/discussion", json={"body": "Who knows?", "client_id": str(uuid4())})
    assert said.status_code == 201
    assert [each["body"] for each in (await bob.get(f"{where}/discussion")).json()["items"]] == ["Who knows?"]
    body = {"body": "It leaves today.", "client_id": str(uuid4()), "expected_last_message": first.id}
    reply = await bob.post(f"{where}/replies", json=body)
    assert (reply.status_code, reply.json()["state"], reply.json()["recipients"][0]["address"]) == (
        201,
        "held",
        "kim.park@example.org",
    )
    again = await bob.post(f"{where}/replies", json=body)
    assert (again.status_code, again.json()["id"]) == (200, reply.json()["id"])
    other = await bob.post(f"{where}/replies", json=body | {"body": "Other words."})
    assert (other.status_code, other.json()["code"]) == (409, "client_id_reused")
    await desk.work()
    done = (await bob.get(f"{API}/replies/{reply.json()['id']}")).json()
    assert (done["state"], done["message_id"] is not None) == ("accepted", True)
    messages = (await bob.get(f"{where}/messages")).json()["items"]
    assert [(each["direction"], each["text"].strip()) for each in messages] == [
        ("in", "My valve drips."),
        ("out", "It leaves today."),
    ]
    resolved = await bob.patch(where, json={"state": "resolved", "assignee_id": desk.bob.person_id})
    assert (resolved.json()["state"], resolved.json()["assignee_id"]) == ("resolved", desk.bob.person_id)
    assert (await bob.patch(where, json={"assignee_id": None})).json()["assignee_id"] is None
    assert (await bob.delete(f"{where}/claim")).status_code == 204


async def test_who_was_overtaken_gets_what_is_new(house, bob: AsyncClient) -> None:
    _, desk = house
    first = await desk.receive(mail())
    await desk.receive(mail("Wait, one more thing.", reply_to=first.external_id))
    answer = await bob.post(
        f"{API}/conversations/{first.conversation_id}/replies",
        json={"body": "Done.", "client_id": str(uuid4()), "expected_last_message": first.id},
    )
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    problem = answer.json()
    assert problem["code"] == "newer_messages"
    assert [each["text"].strip() for each in problem["newer"]] == ["Wait, one more thing."]


async def test_lists_go_on_where_they_stopped_and_miss_none(house, bob: AsyncClient) -> None:
    _, desk = house
    for number in range(5):
        await desk.post(mail(f"Mail {number}", sender=f"p{number}@example.org"))
    await desk.work()
    for path, count in (("/conversations", 5), ("/contacts", 5)):
        seen: list[int] = []
        cursor = ""
        while True:
            page = (await bob.get(f"{API}{path}?limit=2{cursor}")).json()
            seen += [each["id"] for each in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert len(seen) == len(set(seen)) == count, path
    conversation = (await desk.all(Conversation))[0]
    for query, count in (
        (f"channel_id={desk.care}", 5),
        (f"channel_id={desk.plumbing}", 0),
        ("state=spam", 0),
        ("waiting_on=us", 5),
        (f"source_id={desk.source}", 5),
        (f"contact_id={(await desk.all(Contact))[0].id}", 1),
    ):
        assert len((await bob.get(f"{API}/conversations?{query}")).json()["items"]) == count, query
    assert (await bob.get(f"{API}/conversations/{conversation.id}/messages?limit=1")).json()["next"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/conversations/1", {"state": "merged"}, 422),
        ("PATCH", "/conversations/1", {"id": 7}, 422),
        ("PATCH", "/conversations/1", {"waiting_on": "customer"}, 422),
        ("PATCH", "/conversations/1", {"assignee_id": 99999}, 422),
        ("POST", "/conversations/1/replies", {"body": "x" * 16001, "client_id": None}, 422),
        ("POST", "/conversations/1/replies", {"body": "x", "client_id": "not a uuid"}, 422),
        ("POST", "/conversations/1/replies", {"body": "x", "author_id": 3}, 422),
        (
            "POST",
            "/conversations/1/replies",
            {"body": "x", "expected_last_message": 1, "attachments": [999], "confirm_files": True},
            422,
        ),
        ("POST", "/conversations/1/surfacings", {"channel_id": 999}, 404),
        ("PUT", "/conversations/999/claim", None, 404),
        ("POST", "/replies/1/resolution", {"it": "perhaps"}, 422),
        ("GET", "/conversations?cursor=zzz", None, 422),
        ("GET", "/conversations?limit=1000", None, 422),
        ("PATCH", "/contacts/1", {"name": ""}, 422),
        ("POST", "/streams/preview", {"source_id": 1, "words": "x" * 501}, 422),
        ("GET", "/conversations/99999999999", None, 404),
        ("POST", "/conversations", {"source_id": 1, "to": "nobody", "subject": "x", "body": "x"}, 422),
    ],
)
async def test_bad_input_is_refused_in_words(
    house, bob: AsyncClient, method: str, path: str, body: object, status: int
) -> None:
    _, desk = house
    await desk.receive(mail())
    answer = await bob.request(method, f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]


async def test_we_write_first_and_say_what_became_of_doubt(house, bob: AsyncClient) -> None:
    _, desk = house
    body = {
        "source_id": desk.source,
        "to": "el@example.org",
        "name": "El Jones",
        "subject": "Your order",
        "body": "Ready.",
        "client_id": str(uuid4()),
    }
    made = await bob.post(f"{API}/conversations", json=body)
    assert (made.status_code, made.json()["conversation"]["contact"]["name"]) == (201, "El Jones")
    assert (await bob.post(f"{API}/conversations", json=body)).status_code == 200
    reply = made.json()["reply"]["id"]
    undone = await bob.delete(f"{API}/replies/{reply}")
    assert undone.json()["state"] == "draft"
    assert (await bob.post(f"{API}/replies/{reply}/resolution", json={"it": "went_out"})).status_code == 409
    assert (await bob.post(f"{API}/replies/{reply}/retry")).status_code == 409


async def test_sources_and_streams_are_the_leads_affair(house, bob: AsyncClient, lead: AsyncClient) -> None:
    _, desk = house
    assert (await bob.get(f"{API}/sources")).status_code == 403
    body = {
        "name": "Press",
        "address": "press@fernhill.example",
        "imap_url": "imap://press:hush@127.0.0.1:1?tls=never",
        "smtp_url": f"outbox://{desk.outbox}",
        "channel_id": desk.care,
    }
    made = await lead.post(f"{API}/sources", json=body)
    assert made.status_code == 201, made.text
    assert "hush" not in made.text
    twice = await lead.post(f"{API}/sources", json=body)
    assert (twice.status_code, set(twice.json()["fields"])) == (422, {"name", "address"})
    number = made.json()["id"]
    assert (await lead.patch(f"{API}/sources/{number}", json={"state": "paused"})).json()["state"] == "paused"
    tested = (await lead.post(f"{API}/sources/{number}/test")).json()
    assert (tested["ok"], "hush" in tested["words"]) == (False, False)
    streams = (await bob.get(f"{API}/channels/{desk.care}/streams")).json()["items"]
    assert [each["source_id"] for each in streams] == [desk.source, number]
    assert (await bob.post(f"{API}/channels/{desk.care}/streams", json={"source_id": number})).status_code == 403
    added = await lead.post(f"{API}/channels/{desk.care}/streams", json={"source_id": number, "words": "canary"})
    assert added.status_code == 201
    assert (await lead.delete(f"{API}/streams/{added.json()['id']}")).status_code == 204
    tried = await bob.post(f"{API}/streams/preview", json={"source_id": desk.source, "words": ""})
    assert tried.json() == {"looked_at": 0, "taken": 0, "conversation_ids": []}
