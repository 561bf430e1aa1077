"""Home: posts of what one follows, newest first, of one moment, and nothing of what one may not read."""

import pytest

from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def bodies(api, name: str, more: str = "") -> list[str]:
    answer = await api(name).get(f"/api/v1/feed/home{more}")
    assert answer.status_code == 200
    return [item["body"] for item in answer.json()["items"]]


async def test_home_is_what_one_follows(api, sign_in, cast) -> None:
    for channel in ("square", "vault", "pair"):
        await api("alice").post(f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": f"News of {channel}"})
    assert (await bodies(api, "bob"))[:3] == ["News of pair", "News of vault", "News of square"]
    assert await bodies(api, "charlie") == [], "who follows nothing sees nothing"
    await api("charlie").put(f"/api/v1/channels/{cast.channels['square']}/members/{cast.charlie.id}")
    assert (await bodies(api, "charlie"))[0] == "News of square"
    for level in ("mentions", "mute"):
        await sign_in("bob").post(f"/channels/{cast.channels['vault']}/follow", data={"level": level})
        assert "News of vault" not in await bodies(api, "bob")
    assert not any("attic" in body for body in await bodies(api, "alice")), "archived channels are at rest"


@pytest.mark.parametrize("name", ["alice", "bob", "gus", "fay", "charlie", "lea", "mo"])
async def test_home_holds_no_word_that_is_not_for_its_reader(api, sign_in, cast, name: str) -> None:
    for path in ("/api/v1/feed/home?limit=200", "/api/v1/feed/home?filter=customers"):
        assert not cast.sung((await api(name).get(path)).text, name)
    for path in ("/", "/?filter=customers", "/?filter=channels", "/?filter=announcements", "/?before=9"):
        assert not cast.sung((await sign_in(name).get(path)).text, name)


async def test_pages_of_home_neither_skip_nor_repeat(api, cast) -> None:
    for turn in range(7):
        channel = ("square", "vault", "terrace")[turn % 3]
        await api("alice").post(f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": f"Turn {turn}"})
    whole, seen, cursor = await bodies(api, "bob", "?limit=200"), [], ""
    while cursor is not None:
        part = (await api("bob").get(f"/api/v1/feed/home?limit=3{cursor}")).json()
        seen += [item["body"] for item in part["items"]]
        cursor = f"&cursor={part['next']}" if part["next"] else None
        await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Meanwhile"})
    assert seen == whole
    assert len(whole) > 8


async def test_filters(api, cast) -> None:
    await api("alice").post(
        f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Hear!", "kind": "announcement"}
    )
    assert await bodies(api, "bob", "?filter=announcements") == ["Hear!"]
    found = (await api("bob").get("/api/v1/feed/home?filter=customers")).json()["items"]
    assert {item["conversation_id"] for item in found} == set(cast.talks.values())
    assert {item["kind"] for item in (await api("bob").get("/api/v1/feed/home?filter=channels")).json()["items"]} == {
        "update",
        "announcement",
    }
    assert await bodies(api, "bob", "?filter=nonsense") == await bodies(api, "bob")


async def test_an_announcement_leads_until_it_is_acknowledged(api, sign_in, cast) -> None:
    made = await api("alice").post(
        f"/api/v1/channels/{cast.channels['square']}/posts",
        json={"body": "Fire drill", "title": "Drill", "kind": "announcement"},
    )
    assert 'class="lead' in (await sign_in("bob").get("/")).text
    assert 'class="lead' not in (await sign_in("charlie").get("/")).text
    await api("bob").post(f"/api/v1/posts/{made.json()['id']}/acknowledgement")
    assert 'class="lead' not in (await sign_in("bob").get("/")).text


async def test_more_channels_than_one_statement_takes_are_still_one_home(api, cast, machine, monkeypatch) -> None:
    from parley.feed import queries

    expected = await bodies(api, "alice", "?limit=200")
    monkeypatch.setattr(queries, "MAX_ARMS", 2)
    assert await bodies(api, "alice", "?limit=200") == expected
    assert len(expected) > 5


async def test_the_composer_offers_only_where_one_may_post(sign_in, cast) -> None:
    def offered(text: str) -> set[str]:
        return {name for name in cast.channels if f'<option value="{cast.channels[name]}"' in text}

    assert offered((await sign_in("bob").get("/")).text) == {"square", "vault", "terrace", "care", "pair"}
    assert offered((await sign_in("alice").get("/")).text) == {"square", "vault", "terrace", "care", "pair", "notices"}


async def test_the_channel_page_and_its_parts(sign_in, cast) -> None:
    alice, path = sign_in("alice"), f"/channels/{cast.channels['vault']}"
    whole = (await alice.get(path)).text
    assert "canaryvaultbody" in whole
    for tab, word in (
        ("files", "canaryvaultfile"),
        ("about", "Alice Example"),
        ("customers", ""),
        ("nonsense", "canaryvaultbody"),
    ):
        answer = await alice.get(f"{path}?tab={tab}")
        assert answer.status_code == 200
        assert word in answer.text
    for place in ("before=2", "after=0", "around=1", "before=0", f"before={2**31 - 1}"):
        assert (await alice.get(f"{path}?{place}")).status_code == 200
        part = await alice.get(f"{path}?{place}", headers={"HX-Request": "true"})
        assert "<html" not in part.text
    for place in ("before=x", "before=-1", f"before={2**31}", f"after={10**30}"):
        assert (await alice.get(f"{path}?{place}")).status_code == 422
    assert (await sign_in("gus").get(f"/channels/{cast.channels['terrace']}?tab=customers")).status_code == 404
    for tab in ("posts", "files", "about", "customers"):
        assert (await sign_in("fay").get(f"{path}?tab={tab}")).status_code == 404
