"""Where posts stand: moved, split, pinned and passed on, with unread, addresses and everybody's view still true."""

import pytest

from parley.posts.service import moving

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


async def write(client, cast, channel: str, body: str) -> dict:
    answer = await client.post(f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def unread(client, cast, channel: str) -> int:
    rows = (await client.get("/api/v1/unread")).json()["items"]
    return next(row["unread"] for row in rows if row["channel_id"] == cast.channels[channel])


async def test_a_moved_post_leaves_and_arrives(api, cast, sign_in) -> None:
    alice, bob, charlie = api("alice"), api("bob"), api("charlie")
    post = await write(alice, cast, "square", "Wanders #square")
    said = (await bob.post(f"/api/v1/posts/{post['id']}/comments", json={"body": "Said"})).json()
    before = {name: await unread(bob, cast, name) for name in ("square", "vault")}
    moved = await alice.put(f"/api/v1/posts/{post['id']}/channel", json={"channel_id": cast.channels["vault"]})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["id"], moved.json()["channel_id"]) == (post["id"], cast.channels["vault"])
    assert await unread(bob, cast, "square") == before["square"] - 1
    assert await unread(bob, cast, "vault") == before["vault"] + 1
    assert (await bob.get(f"/api/v1/posts/{post['id']}")).status_code == 200
    assert (await bob.get(f"/api/v1/comments/{said['id']}")).status_code == 200
    for path in (f"posts/{post['id']}", f"comments/{said['id']}", f"posts/{post['id']}/comments"):
        assert (await charlie.get(f"/api/v1/{path}")).status_code == 404
    assert (await charlie.get("/api/v1/search", params={"q": "wanders"})).json()["items"] == []
    assert len((await bob.get("/api/v1/search", params={"q": "wanders"})).json()["items"]) == 1
    note = f'id="moved-{cast.channels["square"]}-{post["number"]}"'
    assert note in (await sign_in("bob").get(f"/channels/{cast.channels['square']}")).text
    assert note not in (await sign_in("charlie").get(f"/channels/{cast.channels['square']}")).text
    asked = f"/posts/{post['id']}/moved-from/{cast.channels['square']}"
    assert note in (await sign_in("bob").get(asked)).text
    assert (await sign_in("charlie").get(asked)).text == ""
    back = await alice.put(f"/api/v1/posts/{post['id']}/channel", json={"channel_id": cast.channels["square"]})
    assert back.json()["number"] > post["number"]
    assert {name: await unread(bob, cast, name) for name in before} == before


@pytest.mark.parametrize(
    ("name", "source", "target", "status"),
    [
        ("bob", "square", "vault", 403),
        ("mo", "square", "notices", 200),
        ("mo", "square", "vault", 404),
        ("charlie", "square", "notices", 403),
        ("alice", "pair", "square", 403),
        ("alice", "square", "pair", 403),
        ("alice", "square", "attic", 403),
        ("fay", "vault", "square", 404),
    ],
)
async def test_who_may_move_what_where(api, cast, name: str, source: str, target: str, status: int) -> None:
    path = f"/api/v1/posts/{cast.posts[source]}/channel"
    assert (await api(name).put(path, json={"channel_id": cast.channels[target]})).status_code == status


async def test_a_moved_post_is_known_when_its_sender_asks_again(api, cast, machine) -> None:
    alice = api("alice")
    given = {"body": "Once", "client_id": "8f6a1f0a-1111-4222-8333-444455556666"}
    path = f"/api/v1/channels/{cast.channels['square']}/posts"
    post = (await alice.post(path, json=given)).json()
    async with machine.units.begin() as unit:
        await moving.move(unit, cast.alice.actor, post["id"], cast.channels["vault"])
    again = await alice.post(path, json=given)
    assert (again.status_code, again.json()["id"]) == (200, post["id"])


async def test_comments_get_a_post_of_their_own(api, cast, sign_in) -> None:
    alice, bob = api("alice"), api("bob")
    post = await write(alice, cast, "square", "Two matters")
    said = [
        (await bob.post(f"/api/v1/posts/{post['id']}/comments", json={"body": body})).json()["id"]
        for body in ("one", "two @alice", "three")
    ]
    path = f"/api/v1/posts/{post['id']}/split"
    given = {"channel_id": cast.channels["vault"], "comment_ids": said[1:], "title": "The other matter"}
    assert (await bob.post(path, json=given)).status_code == 403
    assert (await alice.post(path, json=given | {"comment_ids": [cast.comments["vault"]]})).status_code == 404
    assert (await alice.post(path, json=given | {"title": ""})).status_code == 422
    made = (await alice.post(path, json=given)).json()
    assert (made["title"], made["comment_count"]) == ("The other matter", 2)
    assert (await alice.get(f"/api/v1/posts/{post['id']}")).json()["comment_count"] == 1
    here = (await bob.get(f"/api/v1/posts/{made['id']}/comments")).json()["items"]
    assert [comment["id"] for comment in here] == said[1:]
    led = await sign_in("bob").get(f"/comments/{said[1]}")
    assert led.headers["location"].startswith(f"/posts/{made['id']}")
    assert (await api("charlie").get(f"/api/v1/comments/{said[1]}")).status_code == 404
    told = (await alice.get("/api/v1/notifications")).json()["items"]
    assert any(row["post_id"] == made["id"] for row in told if row["comment_id"] == said[1])


async def test_pins_stand_at_the_head(api, cast, sign_in) -> None:
    alice, bob, charlie = api("alice"), api("bob"), api("charlie")
    path = f"/api/v1/posts/{cast.posts['square']}/pin"
    assert (await charlie.put(path)).status_code == 403
    assert (await bob.put(path)).status_code == 204, "a small channel's members pin"
    pins = f"/api/v1/channels/{cast.channels['square']}/pins"
    assert [row["post_id"] for row in (await charlie.get(pins)).json()["items"]] == [cast.posts["square"]]
    assert f"post-{cast.posts['square']}" in (await sign_in("bob").get(f"/channels/{cast.channels['square']}")).text
    assert (await api("fay").get(f"/api/v1/channels/{cast.channels['vault']}/pins")).status_code == 404
    for number in range(19):
        post = await write(alice, cast, "square", f"Pin {number}")
        assert (await alice.put(f"/api/v1/posts/{post['id']}/pin")).status_code == 204
    one_more = await write(alice, cast, "square", "One too many")
    assert (await alice.put(f"/api/v1/posts/{one_more['id']}/pin")).status_code == 409
    assert (await alice.delete(path)).status_code == 204
    assert (await alice.put(f"/api/v1/posts/{one_more['id']}/pin")).status_code == 204


async def test_a_card_tells_its_readers_what_was_passed_on_and_no_more(api, cast, sign_in) -> None:
    alice, bob = api("alice"), api("bob")
    secret = await write(alice, cast, "vault", "First words. " + "filler " * 80 + "lastword")
    to_square = {"channel_id": cast.channels["square"], "body": "Look at this"}
    assert (await bob.post(f"/api/v1/posts/{secret['id']}/pass-on", json=to_square)).status_code == 403
    assert (await api("charlie").post(f"/api/v1/posts/{secret['id']}/pass-on", json=to_square)).status_code == 404
    card = await alice.post(f"/api/v1/posts/{secret['id']}/pass-on", json=to_square)
    assert card.status_code == 201, card.text
    page = (await sign_in("charlie").get(f"/posts/{card.json()['id']}")).text
    assert "First words." in page
    assert "lastword" not in page
    assert cast.canary("vault", "name") not in page
    assert (await api("charlie").get(f"/api/v1/posts/{secret['id']}")).status_code == 404
    await alice.delete(f"/api/v1/posts/{secret['id']}")
    page = (await sign_in("charlie").get(f"/posts/{card.json()['id']}")).text
    assert "First words." not in page
    assert "The original post was removed." in page


async def test_the_forms_say_who_would_read_it(cast, sign_in) -> None:
    alice = sign_in("alice")
    form = f"/posts/{cast.posts['vault']}/place/move?channel_id={cast.channels['square']}"
    assert "more colleagues will read this" in (await alice.get(form)).text
    assert (await sign_in("bob").get(form)).status_code == 403
    sent = await alice.post(f"/posts/{cast.posts['vault']}/place/move", data={"channel_id": cast.channels["square"]})
    assert sent.headers["location"] == f"/posts/{cast.posts['vault']}"
    wrong = await alice.post(
        f"/posts/{cast.posts['vault']}/place/split",
        data={"channel_id": cast.channels["square"], "title": "Kept title"},
        headers={"hx-request": "true"},
    )
    assert wrong.status_code == 422
    assert "Kept title" in wrong.text
