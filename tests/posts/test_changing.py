"""Editing keeps what was said before, removing leaves a tombstone, and only the right people do either."""

import pytest

from parley.posts import api as posts_api
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def publish(api, cast, who: str = "bob", channel: str = "square", **more) -> dict:
    answer = await api(who).post(
        f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": "First words", **more}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_edit_changes_what_is_given_and_keeps_the_earlier_words(api, sign_in, cast) -> None:
    post = await publish(api, cast, title="First title")
    path = f"/api/v1/posts/{post['id']}"
    edited = (await api("bob").patch(path, json={"body": "Second words"})).json()
    assert (edited["title"], edited["body"], edited["edited_at"] is not None) == ("First title", "Second words", True)
    assert edited["created_at"] == post["created_at"]
    assert (await api("bob").patch(path, json={"body": "Second words"})).json()["edited_at"] == edited["edited_at"]
    await api("bob").patch(path, json={"title": "Second title"})
    history = (await sign_in("charlie").get(f"/posts/{post['id']}/history")).text
    assert history.index("Second words") < history.index("First words"), "the newest of the earlier ones first"
    assert "First title" in history


async def test_only_the_author_edits(api, sign_in, cast) -> None:
    post = await publish(api, cast)
    for name, status in (("alice", 403), ("mo", 403), ("charlie", 403), ("gus", 404), ("bob", 200)):
        assert (await api(name).patch(f"/api/v1/posts/{post['id']}", json={"body": "Mine"})).status_code == status
    assert (await sign_in("alice").post(f"/posts/{post['id']}/edit", data={"body": "x"})).status_code == 403
    assert (await sign_in("alice").get(f"/posts/{post['id']}/edit")).status_code == 404
    assert "Mine" in (await sign_in("bob").get(f"/posts/{post['id']}/edit")).text
    for field in ("author_id", "channel_id", "number", "kind", "created_at", "removed", "client_id"):
        answer = await api("bob").patch(f"/api/v1/posts/{post['id']}", json={field: 1})
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


async def test_a_removed_post_is_a_place_without_words_everywhere(api, sign_in, cast) -> None:
    post = await publish(api, cast, title="Secretword", body="Secretword here")
    await api("alice").post(f"/api/v1/posts/{post['id']}/comments", json={"body": "Said below"})
    path = f"/api/v1/posts/{post['id']}"
    assert (await api("charlie").delete(path)).status_code == 403
    assert (await api("bob").delete(path)).status_code == 204
    assert (await api("bob").delete(path)).status_code == 204, "again changes nothing"
    for url in (
        path,
        f"/api/v1/channels/{cast.channels['square']}/posts",
        "/api/v1/search?q=secretword",
        "/api/v1/feed/home",
    ):
        answer = await api("bob").get(url)
        assert answer.status_code == 200
        assert "secretword here" not in answer.text.lower(), url
    for url in (f"/posts/{post['id']}", f"/channels/{cast.channels['square']}", "/"):
        assert "Secretword" not in (await sign_in("bob").get(url)).text, url
    assert (await sign_in("bob").get(f"/posts/{post['id']}/history")).status_code == 404
    assert (await sign_in("bob").get(f"/posts/{post['id']}/edit")).status_code == 404
    assert (await api("bob").patch(path, json={"body": "Back"})).json()["code"] == "removed"
    assert (await api("bob").put(f"{path}/reactions/👍")).json()["code"] == "removed"
    assert (await api("bob").get(path)).json()["removed"] is True
    assert [comment["body"] for comment in (await api("bob").get(f"{path}/comments")).json()["items"]] == ["Said below"]


@pytest.mark.parametrize(
    ("remover", "restorer", "status"),
    [
        ("bob", "bob", 303),
        ("bob", "alice", 303),
        ("alice", "bob", 403),
        ("alice", "alice", 303),
        ("mo", "bob", 403),
        ("mo", "alice", 303),
        ("bob", "charlie", 403),
        ("bob", "gus", 404),
    ],
)
async def test_a_removal_is_undone_by_who_did_it_or_who_moderates(
    sign_in, api, cast, remover, restorer, status
) -> None:
    post = await publish(api, cast)
    removed = await sign_in(remover).post(f"/posts/{post['id']}/remove", headers={"HX-Request": "true"})
    assert (removed.status_code, removed.headers["x-parley-undo"]) == (200, f"/posts/{post['id']}/restore")
    assert (await sign_in(restorer).post(f"/posts/{post['id']}/restore")).status_code == status
    shown = (await api("charlie").get(f"/api/v1/posts/{post['id']}")).json()
    assert shown["body"] == ("First words" if status == 303 else "")
    found = (await api("charlie").get("/api/v1/search?q=first+words")).json()["items"]
    assert (post["id"] in [item["id"] for item in found]) is (status == 303)


async def test_what_a_moderator_takes_away_is_on_record(api, cast) -> None:
    post = await publish(api, cast)
    await api("mo").delete(f"/api/v1/posts/{post['id']}")
    rows = (await api("ada").get("/api/v1/audit?limit=50")).json()["items"]
    found = [row for row in rows if row["event"] == "post.removed"]
    assert [(row["target"], row["via"]) for row in found] == [(f"post:{post['id']}", "api")]
    assert "First words" not in str(rows)


async def test_an_edit_of_a_text_that_changed_meanwhile_is_told(api, cast, monkeypatch) -> None:
    post = await publish(api, cast)
    path, bob, ready = f"/api/v1/posts/{post['id']}", api("bob"), posts_api.ready

    async def slowly(*given, **more):
        monkeypatch.setattr(posts_api, "ready", ready)
        assert (await bob.patch(path, json={"body": "Faster"})).status_code == 200
        return await ready(*given, **more)

    monkeypatch.setattr(posts_api, "ready", slowly)
    slower = await bob.patch(path, json={"body": "Slower"})
    assert (slower.status_code, slower.json()["code"]) == (409, "changed")
    assert (await bob.get(path)).json()["body"] == "Faster"


async def test_the_menu_offers_what_one_may(sign_in, api, cast) -> None:
    post = await publish(api, cast)

    def offers(text: str) -> tuple[bool, bool]:
        return f"/posts/{post['id']}/edit" in text, f"/posts/{post['id']}/remove" in text

    assert offers((await sign_in("bob").get(f"/posts/{post['id']}/menu")).text) == (True, True)
    assert offers((await sign_in("alice").get(f"/posts/{post['id']}/menu")).text) == (False, True)
    assert offers((await sign_in("charlie").get(f"/posts/{post['id']}/menu")).text) == (False, False)
    assert (await sign_in("gus").get(f"/posts/{post['id']}/menu")).status_code == 404
