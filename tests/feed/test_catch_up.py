"""Catch-up is what waits, once each; done clears what it stands for; later comes back; every act can be taken back."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from parley.feed import later
from parley.kit import clock
from parley.models.people import PersonFollow
from parley.models.posts import Post

CATCH_UP = "/api/v1/feed/catch-up"


async def things(program) -> dict[tuple[str, int], str]:
    """Everything that waits, with its group."""
    found = (await program.get(CATCH_UP)).json()
    shown = {(item["kind"], item["id"]): group["name"] for group in found["groups"] for item in group["items"]}
    assert found["total"] == len(shown) == sum(group["total"] for group in found["groups"])
    return shown


async def clear(*programs) -> None:
    for program in programs:
        answer = await program.post(f"{CATCH_UP}/read", json={"scope": "everything"})
        assert (answer.status_code, answer.json()["total"]) == (200, 0)


async def post(program, cast, channel: str, body: str) -> dict:
    answer = await program.post(f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def comment(program, post_id: int, body: str = "Yes") -> dict:
    answer = await program.post(f"/api/v1/posts/{post_id}/comments", json={"body": body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def in_rail(text: str) -> int:
    return int(re.search(r'data-unread="catch-up"[^>]*>(\d*)<', text)[1] or 0)


async def test_each_thing_stands_once_and_the_rail_agrees(api, sign_in, cast) -> None:
    alice, bob = api("alice"), api("bob")
    await clear(alice, bob)
    mine = await post(bob, cast, "square", "Who has the long ladder?")
    await post(alice, cast, "square", "Look here @bob")
    await comment(alice, mine["id"], "I think @bob has it himself")
    found = await things(bob)
    assert sorted((kind, group) for (kind, _), group in found.items()) == [
        ("channel", "channels"),
        ("notice", "mentions"),
        ("thread", "mentions"),
    ]
    page = await sign_in("bob").get("/catch-up")
    assert page.status_code == 200
    assert in_rail(page.text) == 3
    assert page.text.count('class="triage__row"') == 3
    assert "Look here" in page.text


async def test_done_clears_what_it_stands_for_and_undo_brings_it_back(api, cast) -> None:
    alice, bob = api("alice"), api("bob")
    await clear(alice, bob)
    mine = await post(bob, cast, "square", "Who has the long ladder?")
    await post(alice, cast, "square", "Look here @bob")
    await comment(alice, mine["id"], "@bob has it")
    before = await things(bob)

    async def numbers() -> tuple[int, int, int]:
        return (
            (await bob.get("/api/v1/unread")).json()["total"],
            (await bob.get("/api/v1/threads?unread=true")).json()["unread"],
            (await bob.get("/api/v1/notifications")).json()["unread"],
        )

    assert await numbers() == (1, 1, 2)
    left = {"notice": (1, 1, 1), "thread": (1, 0, 0), "channel": (0, 0, 0)}
    acts = []
    for kind in ("notice", "thread", "channel"):
        thing = next(key for key in before if key[0] == kind)
        answer = await bob.post(f"{CATCH_UP}/done", json={"kind": kind, "id": thing[1]})
        acts.append(answer.json()["act"])
        assert await numbers() == left[kind], kind
        assert answer.json()["total"] == 3 - len(acts)
    for act in reversed(acts):
        assert (await bob.post(f"{CATCH_UP}/acts/{act}/undo")).status_code == 204
    assert (await things(bob), await numbers()) == (before, (1, 1, 2))
    assert (await bob.post(f"{CATCH_UP}/acts/{acts[0]}/undo")).status_code == 404, "once"
    assert (await alice.post(f"{CATCH_UP}/done", json={"kind": "channel", "id": 2**31 - 1})).status_code == 404


async def test_what_is_put_off_comes_back_at_its_time_even_if_it_was_read_meanwhile(api, cast, monkeypatch) -> None:
    alice, bob = api("alice"), api("bob")
    await clear(alice, bob)
    await post(alice, cast, "square", "Look here @bob")
    notice = next(key for key in await things(bob) if key[0] == "notice")
    now = clock.now()
    for wrong in (now - timedelta(minutes=1), now + timedelta(days=400)):
        refused = await bob.post(
            f"{CATCH_UP}/later", json={"kind": "notice", "id": notice[1], "until": wrong.isoformat()}
        )
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["until"])
    until = (now + timedelta(hours=1)).isoformat()
    assert (
        await bob.post(f"{CATCH_UP}/later", json={"kind": "notice", "id": notice[1], "until": until})
    ).status_code == 200
    assert notice not in await things(bob)
    assert [item["id"] for item in (await bob.get(CATCH_UP)).json()["later"]] == [notice[1]]
    await bob.post("/api/v1/notifications/read", json={})
    await bob.post(f"{CATCH_UP}/read", json={"scope": "channels"})
    assert await things(bob) == {}
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=61))
    assert await things(bob) == {notice: "mentions"}
    assert (await bob.post(f"{CATCH_UP}/done", json={"kind": "notice", "id": notice[1]})).json()["total"] == 0


async def test_the_page_puts_off_in_the_readers_zone_and_says_what_is_wrong(sign_in, api, cast) -> None:
    await clear(api("bob"))
    await post(api("alice"), cast, "square", "Hello")
    bob = sign_in("bob")
    thing = {"kind": "channel", "thing": str(cast.channels["square"])}
    for wrong in ("", "soon", "2020-01-01T10:00"):
        refused = await bob.post("/catch-up/later", data={**thing, "at": wrong})
        assert refused.status_code == 422
        assert 'aria-invalid="true"' in refused.text
    done = await bob.post("/catch-up/later", data={**thing, "until": "tomorrow"}, headers={"HX-Request": "true"})
    assert (done.status_code, done.headers["x-parley-undo"].startswith("/catch-up/acts/")) == (204, True)
    assert "comes back" in (await bob.get("/catch-up")).text
    assert (await bob.post(done.headers["x-parley-undo"])).status_code == 303
    assert "comes back" not in (await bob.get("/catch-up")).text
    assert (await bob.get("/catch-up/later?kind=channel&thing=1")).status_code == 200


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/Berlin", "2026-11-20T22:30:00+00:00", ["2026-11-21T08:30:00+01:00", "2026-11-23T08:30:00+01:00"]),
        ("Europe/Berlin", "2026-11-22T10:00:00+00:00", ["2026-11-23T08:30:00+01:00"]),
        ("Pacific/Auckland", "2026-11-22T10:00:00+00:00", ["2026-11-23T08:30:00+13:00"]),
        ("Nowhere/Land", "2026-11-23T10:00:00+00:00", ["2026-11-24T08:30:00+00:00", "2026-11-30T08:30:00+00:00"]),
    ],
)
def test_tomorrow_and_monday_are_the_readers(zone: str, day: str, expected: list[str]) -> None:
    now = datetime.fromisoformat(day)
    assert [choice.at.isoformat() for choice in later.choices(zone, now)][1:] == expected


async def test_posts_of_the_inner_circle_wait_until_they_are_seen(api, cast, machine) -> None:
    alice, charlie = api("alice"), api("charlie")
    await clear(charlie)
    async with machine.units.begin() as unit:
        unit.session.add(
            PersonFollow(follower_id=cast.charlie.id, followed_id=cast.alice.id, since=unit.now, inner=True)
        )
    seen = await post(alice, cast, "square", "For everybody")
    await post(alice, cast, "vault", "For few")
    gone = await post(alice, cast, "square", "Not for long")
    await alice.delete(f"/api/v1/posts/{gone['id']}")
    assert await things(charlie) == {("post", seen["id"]): "inner"}, "what they may read, and stands"
    assert (await charlie.post(f"{CATCH_UP}/done", json={"kind": "post", "id": seen["id"]})).json()["total"] == 0
    async with machine.units.begin() as unit:
        await unit.session.execute(update(Post).where(col(Post.id) == seen["id"]).values(title="Now with a title"))
    assert await things(charlie) == {}


async def test_a_customer_waits_in_one_row_until_they_write_again(api, sign_in, cast) -> None:
    lea = api("lea")
    await clear(lea)
    talk = cast.talks["valve"]
    await lea.patch(f"/api/v1/conversations/{talk}", json={"assignee_id": cast.bob.id})
    bob = api("bob")
    assert (await things(bob)).get(("conversation", talk)) == "assigned"
    page = (await sign_in("bob").get("/catch-up")).text
    assert f'id="thing-conversation-{talk}"' in page
    answer = await bob.post(f"{CATCH_UP}/done", json={"kind": "conversation", "id": talk})
    assert answer.status_code == 200
    assert ("conversation", talk) not in await things(bob)
    await bob.post(f"{CATCH_UP}/acts/{answer.json()['act']}/undo")
    assert ("conversation", talk) in await things(bob)
    assert ("conversation", talk) not in await things(api("charlie"))


async def test_one_up_to_date_sees_what_helped_others(api, sign_in, cast) -> None:
    helped = await post(api("alice"), cast, "square", "How to open the gate without the key")
    await api("bob").put(f"/api/v1/posts/{helped['id']}/reactions/helpful")
    await clear(api("charlie"))
    page = (await sign_in("charlie").get("/catch-up")).text
    assert "You are up to date" in page
    assert "How to open the gate" in page


async def test_nobody_takes_back_or_clears_for_another(api, sign_in, cast) -> None:
    await post(api("alice"), cast, "square", "Look here @bob")
    notice = next(key for key in await things(api("bob")) if key[0] == "notice")
    act = (await api("bob").post(f"{CATCH_UP}/done", json={"kind": "notice", "id": notice[1]})).json()["act"]
    assert (await api("charlie").post(f"{CATCH_UP}/acts/{act}/undo")).status_code == 404
    assert (await api("charlie").post(f"{CATCH_UP}/done", json={"kind": "notice", "id": notice[1]})).status_code == 404
    hidden = {"kind": "channel", "id": cast.channels["vault"]}
    assert (await api("charlie").post(f"{CATCH_UP}/done", json=hidden)).status_code == 404
    assert (await sign_in("bob").post("/catch-up/read", data={"scope": "all"})).status_code == 422
