"""Reactions: any emoji once a person, four that mean something, fifty kinds at most."""

from urllib.parse import quote

import pytest

from parley.kit.emoji import emoji_table
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def reactions(api, cast, post: str = "square") -> dict[str, list[int]]:
    shown = (await api("alice").get(f"/api/v1/posts/{cast.posts[post]}")).json()["reactions"]
    assert all(reaction["count"] == len(reaction["person_ids"]) for reaction in shown)
    return {reaction["emoji"]: reaction["person_ids"] for reaction in shown}


async def test_on_and_off_and_twice_the_same(api, cast) -> None:
    path = f"/api/v1/posts/{cast.posts['square']}/reactions/{quote('👍')}"
    for who in ("bob", "bob", "charlie"):
        assert (await api(who).put(path)).status_code == 204
    assert await reactions(api, cast) == {"👍": [cast.bob.id, cast.charlie.id]}
    for _ in range(2):
        assert (await api("bob").delete(path)).status_code == 204
    assert await reactions(api, cast) == {"👍": [cast.charlie.id]}


async def test_the_same_picture_is_one_reaction(api, cast) -> None:
    path = f"/api/v1/posts/{cast.posts['square']}/reactions/"
    await api("bob").put(path + quote("❤"))
    await api("charlie").put(path + quote("❤\ufe0f"))
    assert [len(people) for people in (await reactions(api, cast)).values()] == [2]
    await api("bob").delete(path + quote("❤\ufe0f"))
    assert list((await reactions(api, cast)).values()) == [[cast.charlie.id]]


@pytest.mark.parametrize(
    "bad", ["a", "1", "lol", "👍👍👍", "<b>", "helpfull", "%00", "👍x", " ", "\u202e", "x" * 33, "\ud83d"]
)
async def test_what_is_no_emoji_is_refused(api, cast, bad: str) -> None:
    path = f"/api/v1/posts/{cast.posts['square']}/reactions/"
    answer = await api("bob").put(path + quote(bad.encode("utf-8", "surrogatepass"), safe=""))
    assert answer.status_code in {404, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await api("bob").put(path + "helpful")).status_code == 204
    assert list(await reactions(api, cast)) == ["helpful"]


async def test_fifty_kinds_are_enough(house, machine, cast, api) -> None:
    path, kinds = f"/api/v1/posts/{cast.posts['square']}/reactions/", [row.emoji for row in emoji_table()][:51]
    from parley.posts.service import reactions as verbs

    async with machine.units.begin() as unit:
        for kind in kinds[:50]:
            await verbs.on_post(unit, cast.bob.actor, cast.posts["square"], kind, on=True)
    refused = await api("bob").put(path + quote(kinds[50]))
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_kinds")
    assert (await api("charlie").put(path + quote(kinds[0]))).status_code == 204, "one of those that are there"
    await api("bob").delete(path + quote(kinds[1]))
    assert (await api("bob").put(path + quote(kinds[50]))).status_code == 204


@pytest.mark.parametrize(
    ("name", "post", "status"),
    [("charlie", "square", 204), ("gus", "square", 404), ("bob", "vault", 204), ("fay", "vault", 404), ("mo", "vault", 404),
     ("gus", "terrace", 204), ("gus", "valve-terrace", 404), ("alice", "attic", 403)],
)  # fmt: skip
async def test_who_may_react(api, cast, name: str, post: str, status: int) -> None:
    assert (await api(name).put(f"/api/v1/posts/{cast.posts[post]}/reactions/seen")).status_code == status


async def test_reactions_on_pages_and_on_comments(sign_in, cast) -> None:
    bob, htmx = sign_in("bob"), {"HX-Request": "true"}
    for noun, number in (("posts", cast.posts["square"]), ("comments", cast.comments["square"])):
        on = await bob.post(f"/{noun}/{number}/reactions/helpful", data={"on": "1"}, headers=htmx)
        assert (on.status_code, 'id="' + noun[:-1] in on.text, "Helpful" in on.text) == (200, True, True)
        off = await bob.post(f"/{noun}/{number}/reactions/helpful", data={"on": "0"}, headers=htmx)
        assert off.status_code == 200
        assert f'data-people="{cast.bob.id}"' in on.text
        assert f'data-people="{cast.bob.id}"' not in off.text
        plain = await bob.post(f"/{noun}/{number}/reactions/helpful", data={})
        assert plain.headers["location"] == f"/{noun}/{number}"
        assert (await sign_in("gus").post(f"/{noun}/{number}/reactions/helpful")).status_code == 404
    picker = await bob.get(f"/emoji?for=posts/{cast.posts['square']}&q=thumb", headers=htmx)
    assert (picker.status_code, "👍" in picker.text) == (200, True)
    for wrong in ("", "posts", "posts/x", "people/1", "posts/0"):
        assert (await bob.get(f"/emoji?for={wrong}", headers=htmx)).status_code == 422
