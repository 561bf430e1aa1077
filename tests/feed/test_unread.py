"""One number: in the API, in the rail, on the page. It is what opens, and everybody can bring it to 0."""

import re

import pytest

from parley.models.channels import ReadingPosition
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def unread(api, cast, name: str, channel: str) -> int | None:
    """The number of a channel in the API; None for who is no member."""
    found = (await api(name).get("/api/v1/unread")).json()
    assert found["total"] == sum(item["unread"] for item in found["items"])
    return next((item["unread"] for item in found["items"] if item["channel_id"] == cast.channels[channel]), None)


def in_rail(text: str, cast, channel: str) -> int:
    shown = re.search(rf'data-unread="channel:{cast.channels[channel]}"[^>]*>(\d*)<', text)
    assert shown, "the channel stands in the rail"
    return int(shown[1] or 0)


async def clear(api, cast, *names: str) -> None:
    """Let everybody read everything."""
    for name in names:
        for item in (await api(name).get("/api/v1/unread")).json()["items"]:
            read = {"number": item["last_number"]}
            assert (await api(name).post(f"/api/v1/channels/{item['channel_id']}/read", json=read)).status_code == 204
        assert (await api(name).get("/api/v1/unread")).json()["total"] == 0


async def post(api, cast, name: str, channel: str, body: str = "Hello") -> dict:
    answer = await api(name).post(f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": body})
    assert answer.status_code == 201
    return answer.json()


async def test_own_posts_and_removed_ones_are_not_unread(api, sign_in, cast) -> None:
    await clear(api, cast, "alice", "bob")
    await post(api, cast, "bob", "square")
    second = await post(api, cast, "bob", "square")
    assert [await unread(api, cast, name, "square") for name in ("alice", "bob", "charlie")] == [2, 0, None]
    page = await sign_in("alice").get(f"/channels/{cast.channels['square']}")
    assert in_rail(page.text, cast, "square") == 2
    await api("bob").delete(f"/api/v1/posts/{second['id']}")
    assert await unread(api, cast, "alice", "square") == 1
    await sign_in("bob").post(f"/posts/{second['id']}/restore")
    assert await unread(api, cast, "alice", "square") == 2
    await clear(api, cast, "alice")
    assert in_rail((await sign_in("alice").get("/")).text, cast, "square") == 0


async def test_reading_goes_forward_and_unread_from_goes_back(api, sign_in, cast) -> None:
    await clear(api, cast, "alice")
    numbers = [(await post(api, cast, "bob", "square"))["number"] for _ in range(4)]
    path = f"/api/v1/channels/{cast.channels['square']}/read"
    alice = api("alice")
    for number, left in ((numbers[1], 2), (numbers[0], 2), (numbers[2], 1), (2**31 - 1, 0)):
        assert (await alice.post(path, json={"number": number})).status_code == 204
        assert await unread(api, cast, "alice", "square") == left
    back = f"/channels/{cast.channels['square']}/unread-from"
    for number, left in ((numbers[2], 2), (numbers[3], 2), (numbers[1], 3)):
        assert (await sign_in("alice").post(back, data={"number": str(number)})).status_code == 303
        assert await unread(api, cast, "alice", "square") == left, "what was unread stays so"
    for wrong in ({"number": -1}, {"number": "x"}, {"number": 2**31}, {}, {"number": 1, "person_id": 2}):
        assert (await alice.post(path, json=wrong)).status_code == 422
    assert (await sign_in("alice").post(back, data={"number": "x"})).status_code == 422
    assert (
        await api("fay").post(f"/api/v1/channels/{cast.channels['vault']}/read", json={"number": 1})
    ).status_code == 404


async def test_what_was_there_before_joining_counts_as_read(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}/members/{cast.charlie.id}"
    await api("charlie").put(path)
    assert await unread(api, cast, "charlie", "square") == 0
    await post(api, cast, "bob", "square")
    assert await unread(api, cast, "charlie", "square") == 1
    await api("charlie").delete(path)
    await post(api, cast, "bob", "square")
    await api("charlie").put(path)
    assert await unread(api, cast, "charlie", "square") == 0


async def test_followed_for_mentions_the_number_is_of_those(api, sign_in, cast) -> None:
    await clear(api, cast, "bob")
    level = f"/channels/{cast.channels['square']}/follow"
    assert (await sign_in("bob").post(level, data={"level": "mentions"})).status_code == 303
    await post(api, cast, "alice", "square")
    named = await post(api, cast, "alice", "square", "Look @bob")
    removed = await post(api, cast, "alice", "square", "No, @bob")
    await api("alice").delete(f"/api/v1/posts/{removed['id']}")
    assert await unread(api, cast, "bob", "square") == 1
    await sign_in("bob").post(level, data={"level": "mute"})
    assert await unread(api, cast, "bob", "square") == 0
    await sign_in("bob").post(level, data={"level": "all"})
    assert await unread(api, cast, "bob", "square") == 2
    await sign_in("bob").post(level, data={"level": "mentions"})
    await api("bob").post(f"/api/v1/channels/{cast.channels['square']}/read", json={"number": named["number"]})
    assert await unread(api, cast, "bob", "square") == 0
    assert (await sign_in("bob").post(level, data={"level": "loud"})).status_code == 422
    assert (await sign_in("charlie").post(level, data={"level": "all"})).status_code == 403


async def test_reading_the_post_that_names_one_quiets_the_bell(api, cast) -> None:
    await clear(api, cast, "bob")
    await api("bob").post("/api/v1/notifications/read", json={})
    named = await post(api, cast, "alice", "square", "Look @bob")
    later = await post(api, cast, "alice", "square", "And here @bob")
    assert (await api("bob").get("/api/v1/notifications")).json()["unread"] == 2
    await api("bob").post(f"/api/v1/channels/{cast.channels['square']}/read", json={"number": named["number"]})
    found = (await api("bob").get("/api/v1/notifications")).json()
    assert (found["unread"], [item["post_id"] for item in found["items"] if not item["read"]]) == (1, [later["id"]])


async def test_a_conversation_one_may_not_read_is_not_counted(api, cast, machine) -> None:
    """`hush` is restricted and stands on the square; `valve` on the terrace, where Gus the guest is."""
    for name in ("charlie", "lea"):
        await api(name).put(f"/api/v1/channels/{cast.channels['square']}/members/{cast.people[name].id}")
    shown = (("charlie", "square"), ("alice", "square"), ("gus", "terrace"), ("alice", "terrace"), ("lea", "square"))
    async with machine.units.begin() as unit:
        for name, channel in shown:
            position = await unit.session.get(ReadingPosition, (cast.people[name].id, cast.channels[channel]))
            position.number = 0
            unit.session.add(position)

    async def opens(name: str, channel: str) -> int:
        shown = (await api(name).get(f"/api/v1/channels/{cast.channels[channel]}/posts?limit=200")).json()["items"]
        return len([item for item in shown if not item["removed"] and (item["author"] or {}).get("handle") != name])

    for name, channel in shown:
        assert await unread(api, cast, name, channel) == await opens(name, channel), (name, channel)
    assert (await opens("alice", "terrace"), await opens("gus", "terrace")) == (1, 1), (
        "the conversation; Alice's own post"
    )
    for name in ("alice", "lea"):
        narrow = (await api(name, "read").get("/api/v1/unread")).json()["items"]
        for item in narrow:
            posts = (await api(name, "read").get(f"/api/v1/channels/{item['channel_id']}/posts?limit=200")).json()[
                "items"
            ]
            left = [post for post in posts if post["number"] > item["read_number"] and not post["removed"]]
            assert item["unread"] == len([post for post in left if (post["author"] or {}).get("handle") != name])
    before = await unread(api, cast, "charlie", "square")
    lifted = await api("lea").patch(f"/api/v1/conversations/{cast.talks['hush']}", json={"restricted": False})
    assert lifted.status_code == 200
    assert await unread(api, cast, "charlie", "square") == before + 1 == await opens("charlie", "square")


async def test_a_channel_at_rest_has_no_number(api, cast) -> None:
    await clear(api, cast, "alice", "bob")
    await post(api, cast, "bob", "square")
    assert await unread(api, cast, "alice", "square") == 1
    await api("alice").patch(f"/api/v1/channels/{cast.channels['square']}", json={"archived": True})
    assert await unread(api, cast, "alice", "square") is None
