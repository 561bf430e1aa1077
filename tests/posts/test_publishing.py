"""Publishing: who may, once only, in order; what does not hold is said in words."""

import asyncio
from uuid import uuid4

import pytest

from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


def path(cast, channel: str = "square") -> str:
    return f"/api/v1/channels/{cast.channels[channel]}/posts"


async def test_a_post_as_the_contract_says(api, cast) -> None:
    client = str(uuid4())
    answer = await api("bob").post(
        path(cast), json={"body": "Hello **all**", "title": "T", "kind": "question", "client_id": client}
    )
    assert answer.status_code == 201
    post = answer.json()
    assert post["author"] == {"id": cast.bob.id, "handle": "bob", "name": "Bob Example"}
    assert (post["body"], post["title"]) == ("Hello **all**", "T")
    assert "Hello <strong>all</strong>" in post["body_html"]
    assert (post["kind"], post["client_id"], post["channel_id"]) == ("question", client, cast.channels["square"])
    assert (post["reactions"], post["comment_count"], post["attachments"], post["edited_at"]) == ([], 0, [], None)
    assert post["created_at"].endswith("Z")
    assert (await api("charlie").get(f"/api/v1/posts/{post['id']}")).json() == post
    newest = (await api("charlie").get(path(cast))).json()["items"][0]
    assert newest == post


@pytest.mark.parametrize(
    ("name", "channel", "status"),
    [
        ("alice", "square", 201),
        ("bob", "square", 201),
        ("charlie", "square", 403),
        ("mo", "square", 403),
        ("gus", "square", 404),
        ("alice", "notices", 201),
        ("bob", "notices", 403),
        ("alice", "vault", 201),
        ("bob", "vault", 201),
        ("fay", "vault", 404),
        ("mo", "vault", 404),
        ("ida", "vault", 404),
        ("ada", "vault", 404),
        ("lea", "vault", 404),
        ("gus", "terrace", 201),
        ("bob", "pair", 201),
        ("charlie", "pair", 404),
        ("alice", "attic", 403),
        ("dee", "square", 401),
    ],
)
async def test_who_may_publish_where(api, cast, name: str, channel: str, status: int) -> None:
    assert (await api(name).post(path(cast, channel), json={"body": "Hello"})).status_code == status


async def test_the_same_client_id_is_the_same_post(api, cast) -> None:
    bob, sent = api("bob"), {"body": "Once", "client_id": str(uuid4()).upper()}
    first, again = await bob.post(path(cast), json=sent), await bob.post(path(cast), json=sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = await bob.post(path(cast), json={**sent, "body": "Twice"})
    assert (other.status_code, other.json()["code"]) == (409, "client_id_reused")
    elsewhere = await bob.post(path(cast, "vault"), json=sent)
    assert elsewhere.status_code == 409
    assert (await api("alice").post(path(cast), json=sent)).status_code == 201, "client ids are each person's own"
    await bob.patch(f"/api/v1/posts/{first.json()['id']}", json={"body": "Edited"})
    assert (await bob.post(path(cast), json=sent)).json()["body"] == "Edited", "a late retry finds the post as it is"
    await bob.delete(f"/api/v1/posts/{first.json()['id']}")
    late = await bob.post(path(cast), json=sent)
    assert (late.status_code, late.json()["removed"]) == (200, True)
    numbers = [post["number"] for post in (await bob.get(f"{path(cast)}?limit=200")).json()["items"]]
    assert numbers == sorted(set(numbers), reverse=True)


async def test_numbers_follow_each_other_without_a_gap(api, cast) -> None:
    before = (await api("bob").get(f"/api/v1/channels/{cast.channels['square']}")).json()["last_number"]
    bad = {"body": "", "attachments": [999_999]}
    answers = await asyncio.gather(
        *(api("bob").post(path(cast), json=bad if turn % 3 == 2 else {"body": f"Number {turn}"}) for turn in range(9))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 6 + [422] * 3
    assert sorted(answer.json()["number"] for answer in answers if answer.status_code == 201) == [
        before + n for n in range(1, 7)
    ]
    assert (await api("bob").get(f"/api/v1/channels/{cast.channels['square']}")).json()["last_number"] == before + 6


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "  \n "}, "body"),
        ({"body": "x" * 16_001}, "body"),
        ({"body": "x", "title": "t" * 201}, "title"),
        ({"body": "x", "kind": "conversation"}, "kind"),
        ({"body": "x", "kind": "poll"}, "options"),
        ({"body": "x", "client_id": "1"}, "client_id"),
        ({"body": "x", "attachments": [0]}, "attachments.0"),
        ({"body": "x", "attachments": list(range(1, 12))}, "attachments"),
        ({"body": "x", "author_id": 1}, "author_id"),
        ({"body": "x", "number": 1}, "number"),
        ({"body": "x", "created_at": "2020"}, "created_at"),
        ({"body": 5}, "body"),
        ({"body": ["x"]}, "body"),
        ({"body": "[" * 16_000}, "body"),
    ],
)
async def test_what_does_not_hold_is_said_at_its_field(api, cast, given: dict, field: str) -> None:
    answer = await api("bob").post(path(cast), json=given)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert field in answer.json()["fields"]
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b'{"body": "\\ud800"}', b'{"body": NaN}', b"\xff\xfe"]
)
async def test_what_is_no_post_at_all_is_refused_in_words(api, cast, body: bytes) -> None:
    bob = api("bob")
    answer = await bob.post(path(cast), content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (
        await bob.post(path(cast), content=b'{"body": "x"}', headers={"content-type": "application/json"})
    ).status_code == 201


async def test_control_characters_and_directions_never_reach_the_others(api, cast) -> None:
    answer = await api("bob").post(path(cast), json={"body": "a\u0000b\u202ec\r\nd", "title": "t\u0000\u2066u\n"})
    assert answer.status_code == 201
    assert (answer.json()["body"], answer.json()["title"]) == ("abc\nd", "tu")


async def test_an_announcement_stands_on_top_of_home_so_owners_make_it(api, cast) -> None:
    said = {"body": "Hear", "kind": "announcement"}
    assert (await api("bob").post(path(cast), json=said)).json()["code"] == "may_not_announce"
    assert (await api("alice").post(path(cast), json=said)).status_code == 201


async def test_the_page_answers_with_the_post_or_the_composer_as_it_was(sign_in, cast) -> None:
    bob, form = sign_in("bob"), {"body": "From the page", "client_id": str(uuid4())}
    post = f"/channels/{cast.channels['square']}/posts"
    htmx = {"HX-Request": "true"}
    first, again = await bob.post(post, data=form, headers=htmx), await bob.post(post, data=form, headers=htmx)
    assert (first.status_code, again.status_code) == (201, 200)
    assert "From the page" in first.text
    assert 'id="post-' in again.text
    refused = await bob.post(post, data={"body": " "}, headers=htmx)
    assert refused.status_code == 422
    assert "Write something first." in refused.text
    too_long = await bob.post(post, data={"body": "kept " * 4000, "title": "Kept title"}, headers=htmx)
    assert (too_long.status_code, "kept kept" in too_long.text, "Kept title" in too_long.text) == (422, True, True)
    clash = await bob.post(post, data={**form, "body": "Other"}, headers=htmx)
    assert clash.status_code == 409
    assert (await bob.post(post, data={"body": "Plain form"})).headers[
        "location"
    ] == f"/channels/{cast.channels['square']}"


async def test_lists_go_on_where_they_ended(api, cast) -> None:
    bob = api("bob")
    for turn in range(7):
        await bob.post(path(cast), json={"body": f"Turn {turn}"})
    seen, more = [], path(cast) + "?limit=3"
    while more:
        part = (await bob.get(more)).json()
        seen += [post["number"] for post in part["items"]]
        more = f"{path(cast)}?limit=3&cursor={part['next']}" if part["next"] else None
    whole = [post["number"] for post in (await bob.get(f"{path(cast)}?limit=200")).json()["items"]]
    assert seen == whole
    after = (await bob.get(f"{path(cast)}?limit=2&after={whole[-1]}")).json()["items"]
    assert [post["number"] for post in after] == [whole[-3], whole[-2]], "page by page from the oldest unseen"
    for made_up in ("x", "bm90", "W10", "WzFd" * 60, "WzQ2MTE2ODYwMTg0MjczODc5MDRd"):
        assert (await bob.get(f"{path(cast)}?cursor={made_up}")).status_code == 422


async def test_the_page_of_a_post_without_a_title_says_whose_it_is(api, sign_in, cast) -> None:
    made = await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Untitled"})
    bob = sign_in("bob")
    for post, title in (
        (made.json()["id"], "Post by Alice Example"),
        (cast.posts["hush-care"], "A customer conversation"),
    ):
        page = (await bob.get(f"/posts/{post}", headers={"accept-language": "en"})).text
        assert f"<title>{title} · " in page
