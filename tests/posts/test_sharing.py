"""A text that names somebody who cannot read it: never told in secret, never in vain, never by whom may not."""


async def write(api, cast, body: str, who: str = "alice", channel: str = "vault") -> int:
    answer = await api(who).post(f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": body})
    return answer.json()["id"]


async def heard(api, name: str) -> list[int | None]:
    return [item["post_id"] for item in (await api(name).get("/api/v1/notifications")).json()["items"]]


async def test_an_owner_is_asked_and_lets_in_and_then_they_are_told(api, sign_in, cast) -> None:
    answer = await sign_in("alice").post(
        f"/channels/{cast.channels['vault']}/posts",
        data={"body": "Ask @charlie and @bob, not `@mo`"},
        headers={"HX-Request": "true"},
    )
    asks = answer.headers["x-parley-ask"]
    post = int(asks.split("/")[2])
    assert post not in await heard(api, "charlie")
    question = (await sign_in("alice").get(asks, headers={"HX-Request": "true"})).text
    assert "Charlie Example" in question
    assert "Bob Example" not in question
    assert "Mo Example" not in question, "code names nobody"
    # Nobody lets others in through somebody else's text, or whom it does not name.
    assert (await sign_in("bob").post(asks, data={"people": str(cast.charlie.id)})).status_code == 403
    assert (await sign_in("charlie").post(asks, data={"people": str(cast.charlie.id)})).status_code == 404
    assert (await sign_in("alice").post(asks, data={"people": str(cast.mo.id)})).status_code == 422
    assert (await sign_in("alice").post(asks, data={"people": str(cast.charlie.id)})).status_code == 303
    assert post in await heard(api, "charlie")
    assert (await api("charlie").get(f"/api/v1/posts/{post}")).status_code == 200
    left = (await api("alice").get(f"/api/v1/posts/{post}/mentions")).json()
    assert left == {"without_access": [], "may_add": False, "why_not": ""}


async def test_who_may_not_invite_is_told_why(api, sign_in, cast) -> None:
    post = await write(api, cast, "Ask @charlie", who="bob")
    said = (await api("bob").get(f"/api/v1/posts/{post}/mentions")).json()
    assert [one["handle"] for one in said["without_access"]] == ["charlie"]
    assert (said["may_add"], said["why_not"]) == (False, "Only an owner of this channel may do this.")
    refused = await api("bob").post(f"/api/v1/posts/{post}/mentions", json={"people": [cast.charlie.id]})
    assert refused.status_code == 403
    assert "Add to the channel" not in (await sign_in("bob").get(f"/posts/{post}/share")).text
    assert (await api("alice").get(f"/api/v1/posts/{post}/mentions")).json()["without_access"] == [], "not her text"


async def test_a_comment_asks_too_and_an_open_channel_never(api, cast) -> None:
    comment = await api("alice").post(f"/api/v1/posts/{cast.posts['vault']}/comments", json={"body": "Is @mo there?"})
    path = f"/api/v1/comments/{comment.json()['id']}/mentions"
    assert [one["handle"] for one in (await api("alice").get(path)).json()["without_access"]] == ["mo"]
    assert (await api("alice").post(path, json={"people": [cast.mo.id]})).json()["without_access"] == []
    assert cast.posts["vault"] in await heard(api, "mo")
    post = await write(api, cast, "Ask @charlie", channel="square")
    assert (await api("alice").get(f"/api/v1/posts/{post}/mentions")).json()["without_access"] == []


async def test_editing_a_mention_in_tells_once_and_says_whom(api, sign_in, cast) -> None:
    post = await write(api, cast, "Nobody yet", channel="square")
    edit = f"/posts/{post}/edit"
    part = {"HX-Request": "true"}
    told = await sign_in("alice").post(edit, data={"body": "Now @charlie"}, headers=part)
    assert told.headers["x-parley-toast"] == "Told%20now%3A%20Charlie%20Example"
    again = await sign_in("alice").post(edit, data={"body": "Now @charlie, still"}, headers=part)
    assert "x-parley-toast" not in again.headers
    assert (await heard(api, "charlie")).count(post) == 1
