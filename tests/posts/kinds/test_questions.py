"""Questions: one accepted answer, taken back and given again, by who asked or a moderator."""

import pytest

from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)
HTMX = {"HX-Request": "true"}


async def answer(api, cast, post: dict, who: str = "bob", body: str = "Use the blue one.") -> int:
    return (await api(who).post(f"/api/v1/posts/{post['id']}/comments", json={"body": body})).json()["id"]


async def test_an_answer_is_accepted_shown_told_and_taken_back(api, cast, publish, bell, sign_in) -> None:
    post = await publish("question", title="Which dimmer buzzes least?")
    comment = await answer(api, cast, post)
    path = f"/api/v1/posts/{post['id']}/accepted-comment"
    accepted = await api("alice").put(path, json={"comment_id": comment})
    assert accepted.json()["question"] == {"answered": True, "accepted_comment_id": comment}
    assert await bell("bob", post["id"]) == ["accepted"]
    page = (await sign_in("charlie").get(f"/posts/{post['id']}")).text
    assert ("Question, answered" in page, "comment--accepted" in page) == (True, True)
    assert (await api("alice").delete(path)).status_code == 204
    assert (await api("bob").get(f"/api/v1/posts/{post['id']}")).json()["question"]["answered"] is False


@pytest.mark.parametrize(("who", "status"), [("alice", 200), ("mo", 200), ("bob", 403), ("gus", 404)])
async def test_who_may_accept(api, cast, publish, who: str, status: int) -> None:
    post = await publish("question")
    comment = await answer(api, cast, post)
    given = await api(who).put(f"/api/v1/posts/{post['id']}/accepted-comment", json={"comment_id": comment})
    assert given.status_code == status


async def test_only_a_comment_under_it_answers_it(api, cast, publish) -> None:
    post = await publish("question")
    path = f"/api/v1/posts/{post['id']}/accepted-comment"
    for other in (cast.comments["vault"], cast.comments["square"], 987_654):
        refused = await api("alice").put(path, json={"comment_id": other})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["comment_id"])
    update = f"/api/v1/posts/{cast.posts['square']}/accepted-comment"
    refused = await api("alice").put(update, json={"comment_id": cast.comments["square"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "other_kind")


async def test_a_removed_answer_opens_the_question_again(api, cast, publish) -> None:
    post = await publish("question")
    comment = await answer(api, cast, post)
    await api("alice").put(f"/api/v1/posts/{post['id']}/accepted-comment", json={"comment_id": comment})
    await api("bob").delete(f"/api/v1/comments/{comment}")
    assert (await api("bob").get(f"/api/v1/posts/{post['id']}")).json()["question"]["answered"] is False
    listed = (await api("charlie").get("/api/v1/questions")).json()["items"]
    assert post["id"] in [each["id"] for each in listed]


async def test_lists_hold_what_the_reader_may_read(api, cast, publish, sign_in) -> None:
    open_one, secret = await publish("question"), await publish("question", channel="vault", title="Whose gold?")
    done = await publish("question")
    await api("alice").put(
        f"/api/v1/posts/{done['id']}/accepted-comment", json={"comment_id": await answer(api, cast, done)}
    )

    async def ids(who: str, state: str = "open") -> set[int]:
        return {post["id"] for post in (await api(who).get(f"/api/v1/questions?state={state}")).json()["items"]}

    assert await ids("bob") >= {open_one["id"], secret["id"]}
    assert secret["id"] not in await ids("charlie")
    assert await ids("charlie", "answered") == {done["id"]}
    assert await ids("gus", "all") == set()
    assert "Whose gold?" not in (await sign_in("charlie").get("/questions?state=all")).text
    assert "Whose gold?" in (await sign_in("bob").get("/")).text


async def test_similar_questions_are_offered_to_those_who_may_read_them(publish, sign_in) -> None:
    await publish("question", title="Does the thermostat need a wireless receiver?")
    await publish("question", channel="vault", title="Thermostat of the strongroom")
    await publish("update", title="The thermostat is not a question")
    path = "/questions/similar?q=my+thermostat+blinks"
    shown = {name: (await sign_in(name).get(path, headers=HTMX)).text for name in ("bob", "charlie", "gus")}
    assert [shown["bob"].count("<li>"), shown["charlie"].count("<li>"), shown["gus"].count("<li>")] == [2, 1, 0]
    assert "strongroom" not in shown["charlie"]
    for odd in ("", "%00", '") OR 1 "', "a b c", "'" * 200):
        assert (await sign_in("bob").get("/questions/similar", params={"q": odd}, headers=HTMX)).status_code == 200


async def test_on_pages_the_menu_offers_it_and_undo_takes_it_back(api, cast, publish, sign_in) -> None:
    post = await publish("question")
    comment = await answer(api, cast, post)
    assert "/accept" in (await sign_in("alice").get(f"/comments/{comment}/menu", headers=HTMX)).text
    assert "/accept" not in (await sign_in("bob").get(f"/comments/{comment}/menu", headers=HTMX)).text
    done = await sign_in("alice").post(f"/comments/{comment}/accept", headers=HTMX)
    assert (done.status_code, "comment--accepted" in done.text) == (200, True)
    assert done.headers["x-parley-undo"] == f"/comments/{comment}/unaccept"
    back = await sign_in("alice").post(done.headers["x-parley-undo"], headers=HTMX)
    assert "comment--accepted" not in back.text
