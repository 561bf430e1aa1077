"""Search finds what one may read, all of its words, and nothing can be asked that breaks it."""

from urllib.parse import quote

import pytest

from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def found(api, name: str, q: str) -> list[int]:
    answer = await api(name).get(f"/api/v1/search?q={quote(q)}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_all_words_and_the_last_may_go_on(api, cast) -> None:
    post = (
        await api("alice").post(
            f"/api/v1/channels/{cast.channels['square']}/posts",
            json={"body": "The **boiler** in Zürich needs a valve", "title": "Heating"},
        )
    ).json()["id"]
    for q in (
        "boiler",
        "boil",
        "valve boiler",
        "heating val",
        "ZÜRICH",
        "zurich",
        "Boiler,",
        "“boiler”",
        "boiler\u0000valve",
    ):
        assert await found(api, "charlie", q) == [post], q
    for q in ("boilers", "oiler", "boiler pump", "needsa", "strong"):
        assert await found(api, "charlie", q) == [], q
    await api("alice").patch(f"/api/v1/posts/{post}", json={"body": "The pump"})
    assert await found(api, "charlie", "boiler") == []
    assert await found(api, "charlie", "pump") == [post]
    await api("alice").delete(f"/api/v1/posts/{post}")
    assert await found(api, "charlie", "pump") == []


@pytest.mark.parametrize("name", ["charlie", "fay", "gus", "mo", "lea", "ida", "ada"])
async def test_a_secret_word_finds_nothing_for_who_may_not_read_it(api, sign_in, cast, name: str) -> None:
    empty = (await api(name).get("/api/v1/search?q=xyzzyxyzzy")).json()
    secret = {word for word, thing in cast.canaries.items() if name not in cast.readers[thing]}
    for word in sorted(
        word for word in secret if word.endswith(("body", "title", "comment", "wordsterrace", "wordssquare", "later"))
    ):
        assert (await api(name).get(f"/api/v1/search?q={word}")).json() == empty, word
    for kind in ("", "posts", "people", "channels"):
        page = (await sign_in(name).get(f"/search?q=canary&kind={kind}")).text
        assert not cast.sung(page, name)
    palette = await sign_in(name).get("/search?q=canary&part=palette", headers={"HX-Request": "true"})
    assert not cast.sung(palette.text, name)


async def test_who_may_read_it_finds_it(api, sign_in, cast) -> None:
    assert await found(api, "bob", "canaryvaultbody") == [cast.posts["vault"]]
    assert await found(api, "bob", "canarypairbody") == [cast.posts["pair"]]
    assert await found(api, "alice", "canaryvalvewordsterrace") == [cast.posts["valve-terrace"]]
    assert await found(api, "alice", "canaryhushwordssquare") == [], "it is restricted, and stands elsewhere"
    assert await found(api, "gus", "canaryterracebody") == [cast.posts["terrace"]]
    assert await found(api, "alice", "canaryremovedbody") == []
    page = (await sign_in("bob").get("/search?q=canaryvaultname")).text
    assert f"/channels/{cast.channels['vault']}" in page


ODD = ["", " ", "_", "__ _", "a _ b", "*", '"', "'", "''", "\\", "%", "NOT", "AND OR", "a NEAR b", "title:x", "^a", "(a", "a)", "a*", "-a", "+",
       "\u0301\u0301\u0301", "\u202e", "\u0000", "😀", "a" * 200, " ".join("abcdefghijklmnopqrstuvwxyz"), "ﬁ", "\uff11\uff12\uff13", "a:*", "&", "|", "!", "<->", "日本語",
       "\ud83d"]  # fmt: skip


@pytest.mark.parametrize("name", ["bob"])
async def test_nothing_can_be_asked_that_breaks_it(api, sign_in, cast, name: str) -> None:
    for q in ODD:
        asked = quote(q.encode("utf-8", "surrogatepass"))
        assert (await api(name).get(f"/api/v1/search?q={asked}")).status_code == 200, q
        page = await sign_in(name).get(f"/search?q={asked}")
        assert page.status_code == 200, q
    assert (await api(name).get(f"/api/v1/search?q={'a' * 201}")).status_code == 422
    assert (await api(name).get("/api/v1/search")).status_code == 422
    assert (await sign_in(name).get(f"/search?q={'a' * 500}")).status_code == 200


async def test_what_was_asked_and_found_is_shown_as_text(api, sign_in, cast) -> None:
    await api("alice").post(
        f"/api/v1/channels/{cast.channels['square']}/posts",
        json={"body": "Attack `<img src=x onerror=alert(1)>` attack", "title": "<b>attack</b>"},
    )
    page = (await sign_in("bob").get("/search?q=" + quote('attack <script>alert(1)</script>" onload="'))).text
    assert "<script>alert" not in page
    page = (await sign_in("bob").get("/search?q=attack")).text
    assert "<img src=x" not in page
    assert "<b>attack" not in page
    assert "<mark>Attack</mark>" in page


async def test_results_go_on_where_they_ended(api, sign_in, cast) -> None:
    for turn in range(25):
        from parley.posts.service import publishing
        from parley.posts.service.words import prepare

        async with api.app.state.machine.units.begin() as unit:
            await publishing.publish(
                unit, cast.alice.actor, cast.channels["square"], publishing.Draft(prepare(f"needle {turn}"))
            )
    whole, seen, cursor = await found(api, "bob", "needle"), [], ""
    while cursor is not None:
        part = (await api("bob").get(f"/api/v1/search?q=needle&limit=10{cursor}")).json()
        seen += [item["id"] for item in part["items"]]
        cursor = f"&cursor={part['next']}" if part["next"] else None
    assert seen == whole == sorted(whole, reverse=True)
    assert len(whole) == 25
    page = (await sign_in("bob").get("/search?q=needle&kind=posts")).text
    assert "before=" in page
