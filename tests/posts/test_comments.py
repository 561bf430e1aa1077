"""Comments: who may, once only, edited, removed; those of a surfaced conversation are its discussion."""

from uuid import uuid4

import pytest

from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


def path(cast, post: str = "square") -> str:
    return f"/api/v1/posts/{cast.posts[post]}/comments"


@pytest.mark.parametrize(
    ("name", "post", "status"),
    [
        ("bob", "square", 201), ("charlie", "square", 201), ("fay", "square", 201), ("gus", "square", 404),
        ("charlie", "notices", 201), ("bob", "vault", 201), ("fay", "vault", 404), ("mo", "vault", 404), ("gus", "terrace", 201),
        ("charlie", "pair", 404), ("alice", "attic", 403), ("alice", "cellar", 403), ("fay", "cellar", 404),
        ("bob", "valve-terrace", 201), ("gus", "valve-terrace", 404), ("alice", "hush-care", 201),
        ("alice", "hush-square", 404), ("charlie", "hush-square", 404), ("dee", "square", 401),
    ],
)  # fmt: skip
async def test_who_may_comment_where(api, cast, name: str, post: str, status: int) -> None:
    assert (await api(name).post(path(cast, post), json={"body": "Hello"})).status_code == status


async def test_a_comment_as_the_contract_says_and_only_once(api, cast) -> None:
    charlie, sent = api("charlie"), {"body": "Once *more*", "client_id": str(uuid4())}
    first, again = await charlie.post(path(cast), json=sent), await charlie.post(path(cast), json=sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["author"]["handle"] == "charlie"
    assert "<em>more</em>" in first.json()["body_html"]
    clash = await charlie.post(path(cast), json={**sent, "body": "Other"})
    assert (clash.status_code, clash.json()["code"]) == (409, "client_id_reused")
    assert (await charlie.post(path(cast, "notices"), json=sent)).status_code == 409
    shown = (await api("bob").get(path(cast))).json()["items"]
    assert [comment["body"] for comment in shown] == ["plainsquarecomment", "Once *more*"]
    assert (await api("bob").get(f"/api/v1/posts/{cast.posts['square']}")).json()["comment_count"] == 2


async def test_only_the_author_edits_and_moderators_take_away(api, sign_in, cast) -> None:
    made = (await api("charlie").post(path(cast), json={"body": "First"})).json()["id"]
    comment = f"/api/v1/comments/{made}"
    for name, status in (("alice", 403), ("bob", 403), ("gus", 404), ("charlie", 200)):
        assert (await api(name).patch(comment, json={"body": "Second"})).status_code == status
    history = (await sign_in("bob").get(f"/comments/{made}/history")).text
    assert history.index("Second") < history.index("First")
    assert (await api("charlie").patch(comment, json={"body": " "})).status_code == 422
    assert (await api("charlie").patch(comment, json={"thread_id": 1, "body": "x"})).status_code == 422
    for name, status in (("bob", 403), ("gus", 404), ("alice", 204)):
        assert (await api(name).delete(comment)).status_code == status
    shown = (await api("bob").get(path(cast))).json()["items"][-1]
    assert (shown["id"], shown["removed"], shown["body"], shown["body_html"]) == (made, True, "", "")
    assert (await api("bob").get(f"/api/v1/posts/{cast.posts['square']}")).json()["comment_count"] == 1
    assert (await api("charlie").patch(comment, json={"body": "Third"})).json()["code"] == "removed"
    assert (await sign_in("charlie").post(f"/comments/{made}/restore")).status_code == 403
    assert (await sign_in("alice").post(f"/comments/{made}/restore")).status_code == 303
    assert (await api("bob").get(comment)).json()["body"] == "Second"
    assert (await api("bob").get(f"/api/v1/posts/{cast.posts['square']}")).json()["comment_count"] == 2


async def test_every_surfacing_shows_the_one_discussion(api, cast) -> None:
    await api("bob").post(path(cast, "valve-terrace"), json={"body": "Said on the terrace"})
    for place in (path(cast, "valve-care"), f"/api/v1/conversations/{cast.talks['valve']}/discussion"):
        assert (await api("alice").get(place)).json()["items"][-1]["body"] == "Said on the terrace"
    assert (await api("lea").get(f"/api/v1/conversations/{cast.talks['valve']}/discussion")).status_code == 200
    made = (await api("alice").get(path(cast, "valve-care"))).json()["items"][-1]["id"]
    assert (await api("lea").get(f"/api/v1/comments/{made}")).status_code == 200
    for name in ("gus", "charlie", "fay", "mo", "ida", "ada"):
        assert (await api(name).get(f"/api/v1/comments/{made}")).status_code == 404


async def test_long_threads_are_read_part_by_part(api, sign_in, cast) -> None:
    for turn in range(5):
        await api("bob").post(path(cast), json={"body": f"Turn {turn}"})
    seen, cursor = [], ""
    while cursor is not None:
        part = (await api("charlie").get(f"{path(cast)}?limit=2{cursor}")).json()
        seen += [comment["body"] for comment in part["items"]]
        cursor = f"&cursor={part['next']}" if part["next"] else None
    assert seen == ["plainsquarecomment", *(f"Turn {turn}" for turn in range(5))]
    page = await sign_in("charlie").get(f"/posts/{cast.posts['square']}?before=999999", headers={"HX-Request": "true"})
    assert "Turn 4" in page.text
    assert "<html" not in page.text


async def test_the_page_answers_with_the_comment_or_the_composer_as_it_was(sign_in, cast) -> None:
    charlie, htmx = sign_in("charlie"), {"HX-Request": "true"}
    post, form = f"/posts/{cast.posts['square']}/comments", {"body": "From the page", "client_id": str(uuid4())}
    first, again = await charlie.post(post, data=form, headers=htmx), await charlie.post(post, data=form, headers=htmx)
    assert (first.status_code, again.status_code) == (201, 200)
    assert 'id="comment-' in again.text
    refused = await charlie.post(post, data={"body": "kept " * 4000}, headers=htmx)
    assert (refused.status_code, "kept kept" in refused.text) == (422, True)
    plain = await charlie.post(post, data={"body": "Plain form"})
    assert plain.headers["location"].startswith(f"/posts/{cast.posts['square']}#comment-")
    number = plain.headers["location"].rpartition("-")[2]
    led = await charlie.get(f"/comments/{number}")
    assert led.headers["location"] == f"/posts/{cast.posts['square']}?comment={number}#comment-{number}"
    hidden = await charlie.get(f"/comments/{cast.comments['vault']}")
    assert (hidden.status_code, "location" in hidden.headers) == (404, False)
    to_talk = await sign_in("alice").get(f"/comments/{cast.comments['valve']}")
    assert to_talk.headers["location"] == f"/conversations/{cast.talks['valve']}#comment-{cast.comments['valve']}"
