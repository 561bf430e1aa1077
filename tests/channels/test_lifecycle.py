"""Channels come, change and rest; at rest they refuse on every path."""

import pytest

from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def test_making_one(api, cast) -> None:
    made = await api("charlie").post("/api/v1/channels", json={"name": " #Nice Things ", "purpose": "Small\njoys"})
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["purpose"], made.json()["joined"]) == ("nice-things", "Small joys", True)
    assert (await api("gus").post("/api/v1/channels", json={"name": "guests"})).status_code == 403


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "!!!"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "ok", "purpose": "x" * 251}, "purpose"),
        ({"name": "ok", "kind": "secret"}, "kind"),
        ({"name": "ok", "last_number": 9}, "last_number"),
        ({"name": "ok", "created_by": 1}, "created_by"),
        ({"name": "\u202e\u200b"}, "name"),
    ],
)
async def test_what_does_not_hold_is_said_at_its_field(api, cast, given: dict, field: str) -> None:
    answer = await api("charlie").post("/api/v1/channels", json=given)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert field in answer.json()["fields"]


async def test_a_name_is_taken_also_by_a_channel_one_may_not_see(api, cast) -> None:
    hidden = next(word for word, thing in cast.canaries.items() if thing == "vault" and word.endswith("name"))
    for name in ("square", "SQUARE", hidden):
        answer = await api("charlie").post("/api/v1/channels", json={"name": name})
        assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    assert (await api("charlie").post("/api/v1/channels", json={"name": "squarer"})).status_code == 201


async def test_owners_and_moderators_change_and_others_do_not(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}"
    assert (await api("bob").patch(path, json={"purpose": "Mine"})).json()["code"] == "not_an_owner"
    assert (await api("alice").patch(path, json={"purpose": "Ours"})).json()["purpose"] == "Ours"
    assert (await api("mo").patch(path, json={"name": "plaza"})).json()["name"] == "plaza"
    vault = f"/api/v1/channels/{cast.channels['vault']}"
    assert (await api("mo").patch(vault, json={"name": "plaza"})).status_code == 404, (
        "moderators read no private channel"
    )
    assert (await api("alice").patch(path, json={"created_by": 1})).status_code == 422


async def test_what_becomes_private_is_gone_for_all_but_its_members(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}"
    assert (await api("charlie").get(path)).status_code == 200
    assert (await api("alice").patch(path, json={"kind": "private"})).status_code == 200
    assert (await api("bob").get(path)).status_code == 200
    for secondary in (
        path,
        f"{path}/posts",
        f"{path}/members",
        f"/api/v1/posts/{cast.posts['square']}",
        f"/api/v1/comments/{cast.comments['square']}",
        f"/api/v1/files/{cast.files['square']}",
    ):
        assert (await api("charlie").get(secondary)).status_code == 404, secondary
    assert (await api("charlie").get("/api/v1/search?q=plainsquarebody")).json()["items"] == []


async def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(sign_in, cast) -> None:
    alice = sign_in("alice")
    refused = await alice.post("/channels/new", data={"name": "???", "purpose": "Kept words"})
    assert refused.status_code == 422
    assert "Kept words" in refused.text
    assert "letters or digits" in refused.text
    part = await alice.post("/channels/new", data={"name": "???"}, headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert "<html" not in part.text
    made = await alice.post("/channels/new", data={"name": "fresh"})
    assert made.status_code == 303
    assert "#fresh" in (await alice.get(made.headers["location"])).text


async def test_settings_are_for_owners_and_change_everything_at_once(sign_in, api, cast) -> None:
    path = f"/channels/{cast.channels['square']}/settings"
    assert (await sign_in("bob").get(path)).status_code == 403
    assert (await sign_in("alice").get(path)).status_code == 200
    form = {"name": "forum", "purpose": "p", "who_may_post": "owners", "archived": "1"}
    assert (await sign_in("bob").post(path, data=form)).status_code == 403
    assert (await sign_in("alice").post(path, data=form)).status_code == 303
    shown = (await api("alice").get(f"/api/v1/channels/{cast.channels['square']}")).json()
    assert (shown["name"], shown["archived"]) == ("forum", True)
    assert (await sign_in("alice").post(path, data={**form, "name": "agora", "archived": ""})).status_code == 303
    shown = (await api("alice").get(f"/api/v1/channels/{cast.channels['square']}")).json()
    assert (shown["name"], shown["archived"]) == ("agora", False)


def changes(cast, channel: str) -> dict[str, tuple[str, str, dict]]:
    """Every way to change something in a channel, for Alice, who wrote there."""
    number, post, comment = cast.channels[channel], cast.posts[channel], cast.comments[channel]
    return {
        "post": ("POST", f"/channels/{number}/posts", {"body": "More"}),
        "edit": ("PATCH", f"/posts/{post}", {"body": "Changed"}),
        "react": ("PUT", f"/posts/{post}/reactions/👍", {}),
        "unreact": ("DELETE", f"/posts/{post}/reactions/👍", {}),
        "comment": ("POST", f"/posts/{post}/comments", {"body": "More"}),
        "remove comment": ("DELETE", f"/comments/{comment}", {}),
        "remove": ("DELETE", f"/posts/{post}", {}),
        "rename": ("PATCH", f"/channels/{number}", {"name": f"{channel}-again"}),
        "open up": ("PATCH", f"/channels/{number}", {"kind": "announcement"}),
        "let in": ("PUT", f"/channels/{number}/members/{cast.ada.id}", {"role": "member"}),
    }


async def test_an_archived_channel_refuses_on_every_path_and_can_be_read(api, cast) -> None:
    alice = api("alice")
    for name, (method, path, body) in changes(cast, "attic").items():
        answer = await alice.request(method, f"/api/v1{path}", json=body or None)
        assert (answer.status_code, answer.json()["code"]) == (403, "channel_archived"), name
    assert (
        await api("charlie").put(f"/api/v1/channels/{cast.channels['attic']}/members/{cast.charlie.id}")
    ).status_code == 403
    shown = (await api("charlie").get(f"/api/v1/posts/{cast.posts['attic']}")).json()
    assert "canaryatticbody" in shown["body"]
    # The same acts in a channel that lives: all of them are done.
    for name, (method, path, body) in changes(cast, "notices").items():
        answer = await api("mo" if name == "remove comment" else "alice").request(
            method, f"/api/v1{path}", json=body or None
        )
        if name == "remove comment":
            assert answer.status_code == 204
        else:
            assert answer.status_code in {200, 201, 204}, (name, answer.text)


async def test_the_pages_of_an_archived_channel_refuse_too(sign_in, cast) -> None:
    def acts(channel: str) -> list[tuple[str, dict]]:
        post, comment = cast.posts[channel], cast.comments[channel]
        return [
            (f"/posts/{post}/edit", {"body": "x"}),
            (f"/posts/{post}/reactions/👍", {"on": "1"}),
            (f"/comments/{comment}/reactions/👍", {"on": "1"}),
            (f"/posts/{post}/comments", {"body": "x"}),
            (f"/channels/{cast.channels[channel]}/posts", {"body": "x"}),
            (f"/posts/{post}/remove", {}),
            (f"/posts/{post}/restore", {}),
        ]

    alice = sign_in("alice")
    for path, form in acts("attic"):
        refused = await alice.post(path, data=form)
        assert refused.status_code == 403, path
        assert "archived" in refused.text
    for path, form in acts("notices"):
        assert (await alice.post(path, data=form)).status_code == 303, path


async def test_bringing_back(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['attic']}"
    assert (await api("bob").patch(path, json={"archived": False})).status_code == 403
    assert (await api("alice").patch(path, json={"archived": False, "name": "loft"})).json()["name"] == "loft"
    assert (await api("alice").post(f"{path}/posts", json={"body": "Alive"})).status_code == 201


async def test_browsing_finds_what_one_may_see(sign_in, cast) -> None:
    shown = (await sign_in("charlie").get("/channels?q=s")).text
    assert "square" in shown
    assert not cast.sung(shown, "charlie")
    guest = (await sign_in("gus").get("/channels")).text
    assert "canaryterracename" in guest
    assert "square" not in guest
    assert "attic" in (await sign_in("charlie").get("/channels?kind=archived")).text
