"""What is not published yet: kept for all devices, never overwritten unseen; posts for later come at their time, once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from parley.core import jobs
from parley.kit import clock
from parley.models.identity import Person
from parley.models.writing import ScheduledPost
from parley.posts import jobs as posting
from parley.posts.service import scheduling

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


async def test_a_draft_is_one_on_all_devices_and_none_is_overwritten(api, cast) -> None:
    alice = api("alice")
    path = f"/api/v1/drafts/channel:{cast.channels['square']}"
    first = await alice.put(path, json={"body": "From the desk", "device": "desk"})
    assert (first.status_code, first.json()["version"]) == (200, 1)
    assert (await alice.get(path)).json()["body"] == "From the desk"
    other = await alice.put(path, json={"body": "From the phone", "device": "phone"})
    assert (other.status_code, other.json()["code"]) == (409, "draft_differs")
    assert (await alice.get(path)).json()["body"] == "From the desk"
    same = await alice.put(path, json={"body": "From the desk", "device": "phone"})
    assert same.json()["version"] == 1
    both = await alice.put(path, json={"body": "From the phone", "base": 1, "device": "phone"})
    assert both.json()["version"] == 2
    assert (await api("bob").get(path)).status_code == 404
    assert (await api("bob").get("/api/v1/drafts")).json()["items"] == []
    assert (await alice.put(path, json={"body": " ", "base": 2})).json() is None
    assert (await alice.get(path)).status_code == 404


@pytest.mark.parametrize("place", ["nowhere", "channel:x", "channel:0", "edit:posts:3", "kept:1/../2"])
async def test_only_known_places_hold_drafts(api, place: str) -> None:
    assert (await api("alice").put(f"/api/v1/drafts/{place}", json={"body": "x"})).status_code == 404


async def test_drafts_are_limited_in_number_and_size(api) -> None:
    alice = api("alice")
    assert (await alice.put("/api/v1/drafts/home", json={"body": "x" * 20_001})).status_code == 422
    assert (await alice.put("/api/v1/drafts/home", json={"fields": {"a": "x" * 30_000}})).status_code == 422
    for number in range(1, 101):
        assert (await alice.put(f"/api/v1/drafts/post:{number}", json={"body": "x"})).status_code == 200
    assert (await alice.put("/api/v1/drafts/home", json={"body": "x"})).json()["code"] == "too_many_drafts"


async def test_publishing_lets_go_of_the_draft_in_the_same_moment(api, sign_in, cast) -> None:
    alice, page = api("alice"), sign_in("alice")
    square, client = cast.channels["square"], str(uuid4())
    kept = {"body": "Soon a post", "client_id": client, "device": "desk"}
    assert (await alice.put("/api/v1/drafts/home", json=kept)).json()["version"] == 1
    assert """content='{"home": 1}'""" in (await page.get("/")).text
    form = {"body": "Soon a post", "client_id": client, "draft": "home", "draft_version": "1", "device": "phone"}
    assert (await page.post(f"/channels/{square}/posts", data=form, headers={"hx-request": "true"})).status_code == 201
    assert (await alice.get("/api/v1/drafts/home")).status_code == 404
    late = await alice.put("/api/v1/drafts/home", json=kept)
    assert late.json()["code"] == "published", "a save that was on its way does not bring it back"
    await alice.put("/api/v1/drafts/home", json={"body": "Another text", "device": "phone"})
    form |= {"body": "Mine", "client_id": str(uuid4()), "draft_version": "", "device": "desk"}
    assert (await page.post(f"/channels/{square}/posts", data=form, headers={"hx-request": "true"})).status_code == 201
    assert (await alice.get("/api/v1/drafts/home")).json()["body"] == "Another text"


async def test_a_refused_composer_stands_where_it_stood(sign_in, cast) -> None:
    form = {"body": "x" * 16_001, "draft": "home", "channel_id": str(cast.channels["vault"])}
    answer = await sign_in("alice").post(
        f"/channels/{cast.channels['vault']}/posts", data=form, headers={"hx-request": "true"}
    )
    assert answer.status_code == 422
    assert 'data-composer="home"' in answer.text
    assert f'value="{cast.channels["vault"]}" selected' in answer.text
    assert "x" * 16_001 in answer.text


async def later(client, cast, body: str, *, channel: str = "square", minutes: int = 60, **more: object):
    at = (clock.now() + timedelta(minutes=minutes)).isoformat()
    given = {"channel_id": cast.channels[channel], "body": body, "send_at": at, **more}
    return await client.post("/api/v1/scheduled", json=given)


async def come(machine, *ids: int) -> None:
    """Let the time of posts be over, the first one's the longest ago."""
    async with machine.units.begin() as unit:
        for place, scheduled_id in enumerate(ids):
            past = clock.now() - timedelta(hours=len(ids) - place)
            await unit.session.execute(
                update(ScheduledPost).where(col(ScheduledPost.id) == scheduled_id).values(due_at=past)
            )
        await unit.session.execute(text("UPDATE job SET due_at = created_at WHERE kind = 'posts.due'"))


async def work(machine) -> None:
    async with machine.database.writing() as session:
        taken = await jobs.claim(session, [scheduling.JOB], 5)
        await session.commit()
    for job in taken:
        await posting.publish_due(machine, job)


async def bodies(client, cast, channel: str = "square") -> list[str]:
    found = (await client.get(f"/api/v1/channels/{cast.channels[channel]}/posts")).json()["items"]
    return [post["body"] for post in reversed(found)]


async def test_posts_for_later_come_once_in_order_after_a_long_night(app, api, cast, machine) -> None:
    alice = api("alice")
    client = str(uuid4())
    made = [await later(alice, cast, f"Post {n}", client_id=client if n == 0 else None) for n in range(3)]
    assert [answer.status_code for answer in made] == [201, 201, 201], made[0].text
    ids = [answer.json()["id"] for answer in made]
    again = await alice.post(
        "/api/v1/scheduled",
        json={
            "channel_id": cast.channels["square"],
            "body": "Post 0",
            "client_id": client,
            "send_at": made[0].json()["send_at"],
        },
    )
    assert (again.status_code, again.json()["id"]) == (200, ids[0])
    await work(machine)
    assert "Post 0" not in await bodies(alice, cast)
    await come(machine, ids[2], ids[0], ids[1])
    await asyncio.gather(work(machine), work(machine))
    assert (await bodies(alice, cast))[-3:] == ["Post 2", "Post 0", "Post 1"]
    await work(machine)
    assert (await bodies(alice, cast)).count("Post 0") == 1
    assert (await alice.get("/api/v1/scheduled")).json()["items"] == []
    post = (await alice.get(f"/api/v1/channels/{cast.channels['square']}/posts")).json()["items"][0]
    assert clock.now() - datetime.fromisoformat(post["created_at"]) < timedelta(minutes=1)


async def test_who_may_not_any_more_gets_the_words_back(app, api, sign_in, cast, machine) -> None:
    alice, bob = api("alice"), api("bob")
    kept = await later(bob, cast, "For the vault", channel="vault")
    fine = await later(bob, cast, "For the square")
    assert (await alice.delete(f"/api/v1/channels/{cast.channels['vault']}/members/{cast.bob.id}")).status_code == 204
    await come(machine, kept.json()["id"], fine.json()["id"])
    await work(machine)
    assert (await bodies(alice, cast))[-1] == "For the square"
    assert "For the vault" not in await bodies(alice, cast, "vault")
    draft = (await bob.get("/api/v1/drafts")).json()["items"][0]
    assert (draft["body"], draft["reason"]) == ("For the vault", posting.GONE)
    told = (await bob.get("/api/v1/notifications")).json()["items"]
    assert any(row["kind"] == "not_published" for row in told)
    page = (await sign_in("bob").get("/drafts")).text
    assert posting.GONE in page
    assert cast.canary("vault", "name") not in page
    assert "For the vault" in (await sign_in("bob").get(f"/drafts/{draft['id']}")).text


async def test_a_waiting_post_is_changed_sent_now_or_taken_back(app, api, sign_in, cast, machine) -> None:
    alice = api("alice")
    row = (await later(alice, cast, "First wording")).json()
    assert (await api("bob").put(f"/api/v1/scheduled/{row['id']}", json={})).status_code in {404, 422}
    assert (await api("bob").delete(f"/api/v1/scheduled/{row['id']}")).status_code == 404
    given = {"channel_id": row["channel_id"], "body": "Second wording", "send_at": row["send_at"]}
    assert (await alice.put(f"/api/v1/scheduled/{row['id']}", json=given)).json()["body"] == "Second wording"
    now = await alice.post(f"/api/v1/scheduled/{row['id']}/publish")
    assert (now.status_code, now.json()["body"]) == (201, "Second wording")
    assert (await alice.post(f"/api/v1/scheduled/{row['id']}/publish")).status_code == 404
    other = (await later(alice, cast, "Not after all")).json()
    assert (await alice.delete(f"/api/v1/scheduled/{other['id']}")).status_code == 204
    assert [draft["body"] for draft in (await alice.get("/api/v1/drafts")).json()["items"]] == ["Not after all"]
    assert (await later(alice, cast, "Yesterday", minutes=-60)).json()["fields"]["send_at"]
    assert (await later(alice, cast, "Never", channel="attic")).status_code == 403


async def test_a_composer_sends_later_on_its_own_clocks(sign_in, api, cast, machine) -> None:
    async with machine.units.begin() as unit:
        await unit.session.execute(
            update(Person).where(col(Person.id) == cast.alice.id).values(time_zone="Europe/Berlin")
        )
    page, path = sign_in("alice"), f"/channels/{cast.channels['square']}/posts"
    year = clock.now().year + 1 if clock.now().month > 2 else clock.now().year
    summer = f"{year}-04-15T09:00" if clock.now() + timedelta(days=364) > datetime(year, 4, 15, tzinfo=UTC) else ""
    form = {"body": "In spring", "send_at": summer, "draft": "home"}
    sent = await page.post(path, data=form, headers={"hx-request": "true"})
    assert sent.status_code == 201
    assert "X-Parley-Undo" in sent.headers
    row = (await api("alice").get("/api/v1/scheduled")).json()["items"][0]
    assert row["send_at"] == f"{year}-04-15T07:00:00Z".replace("Z", row["send_at"][19:])
    wrong = await page.post(path, data=form | {"send_at": "soon"}, headers={"hx-request": "true"})
    assert wrong.status_code == 422
    assert "In spring" in wrong.text
    assert "Tomorrow at 9:00" in (await page.get("/later", headers={"hx-request": "true"})).text
    assert "In spring" in (await page.get(f"/scheduled/{row['id']}")).text
