"""Praise tells whom it praises; decisions take each other's place, never in a circle."""

import asyncio

import pytest

from stage import BOTH, RACES

HTMX = {"HX-Request": "true"}


def both(test):
    return pytest.mark.parametrize("databases", BOTH, indirect=True)(test)


@both
async def test_the_praised_are_told_once_and_it_stands_on_their_profile(api, cast, publish, bell, sign_in) -> None:
    post = await publish("praise", body="Thank you @bob", praise={"handles": ["bob"], "person_ids": [cast.charlie.id]})
    assert [person["handle"] for person in post["praise"]["people"]] == ["bob", "charlie"]
    assert [await bell(who, post["id"]) for who in ("bob", "charlie", "alice")] == [["praise"], ["praise"], []]
    assert "Thank you" in (await sign_in("charlie").get("/people/bob")).text


@both
async def test_praise_in_a_private_channel_is_seen_by_its_readers(cast, publish, sign_in) -> None:
    await publish("praise", channel="vault", body="Quiet thanks", praise={"handles": ["bob"]})
    assert "Quiet thanks" in (await sign_in("bob").get("/people/bob")).text
    assert "Quiet thanks" not in (await sign_in("charlie").get("/people/bob")).text


@both
@pytest.mark.parametrize(
    ("channel", "handles"),
    [("square", []), ("square", ["nobody"]), ("square", ["alice"]), ("vault", ["charlie"]), ("square", ["dee"])],
)
async def test_who_cannot_be_praised(api, cast, channel: str, handles: list[str]) -> None:
    path = f"/api/v1/channels/{cast.channels[channel]}/posts"
    refused = await api("alice").post(path, json={"body": "Well", "kind": "praise", "praise": {"handles": handles}})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["people"])


@both
async def test_a_decision_takes_the_place_of_another(api, cast, publish, sign_in) -> None:
    old = await publish("decision", title="We sell elbows")
    new = await publish("decision", title="We sell none", decision={"supersedes": old["id"]})
    assert new["decision"] == {"supersedes": old["id"], "superseded_by": None}
    assert (await api("bob").get(f"/api/v1/posts/{old['id']}")).json()["decision"]["superseded_by"] == new["id"]
    log = (await sign_in("charlie").get(f"/channels/{cast.channels['square']}?tab=decisions")).text
    assert ("We sell elbows" in log, "No longer holds" in log) == (True, True)
    listed = await api("bob").get(f"/api/v1/channels/{cast.channels['square']}/decisions")
    assert [item["id"] for item in listed.json()["items"]] == [new["id"], old["id"]]
    await api("alice").delete(f"/api/v1/posts/{new['id']}")
    assert (await api("bob").get(f"/api/v1/posts/{old['id']}")).json()["decision"]["superseded_by"] is None


@both
async def test_no_circle_no_other_channel_no_second_successor(api, cast, publish) -> None:
    one = await publish("decision", title="One")
    two = await publish("decision", title="Two", decision={"supersedes": one["id"]})
    three = await publish("decision", title="Three", decision={"supersedes": two["id"]})
    elsewhere = await publish("decision", title="Elsewhere", channel="vault")
    update = cast.posts["square"]
    for post, old in ((one, three), (one, one), (three, one), (one, elsewhere), (one, {"id": update})):
        refused = await api("alice").patch(f"/api/v1/posts/{post['id']}", json={"decision": {"supersedes": old["id"]}})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["supersedes"]), (post, old)
    let_go = await api("alice").patch(f"/api/v1/posts/{three['id']}", json={"decision": {}})
    assert let_go.json()["decision"]["supersedes"] is None
    choices = (await api("charlie").get(f"/api/v1/channels/{cast.channels['vault']}/decisions")).status_code
    assert choices == 404


@pytest.mark.parametrize("databases", RACES, indirect=True)
async def test_two_successors_at_once_are_one(api, cast, publish) -> None:
    old = await publish("decision", title="Old")
    path = f"/api/v1/channels/{cast.channels['square']}/posts"
    given = {"title": "New", "kind": "decision", "decision": {"supersedes": old["id"]}}
    answers = await asyncio.gather(*(api("alice").post(path, json={**given, "body": str(n)}) for n in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]


@both
async def test_a_part_of_another_kind_is_refused(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}/posts"
    refused = await api("alice").post(path, json={"body": "Hm", "kind": "update", "poll": {"options": ["a", "b"]}})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["poll"])
    unknown = await api("alice").post(path, json={"body": "Hm", "kind": "conversation"})
    assert (unknown.status_code, list(unknown.json()["fields"])) == (422, ["kind"])


@both
async def test_the_same_client_id_with_another_part_is_another_post(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}/posts"
    given = {"body": "Hm", "kind": "poll", "client_id": "8f14e45f-ceea-467f-a3d6-1f1a1e1b7b10"}
    first = await api("alice").post(path, json={**given, "poll": {"options": ["a", "b"]}})
    again = await api("alice").post(path, json={**given, "poll": {"options": ["a", "b"]}})
    other = await api("alice").post(path, json={**given, "poll": {"options": ["a", "c"]}})
    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]


@both
@pytest.mark.parametrize("kind", ["announcement", "poll", "praise", "event", "decision"])
async def test_editing_a_post_of_a_kind_shows_its_fields(publish, sign_in, soon, kind: str) -> None:
    parts = {
        "announcement": {"due_at": soon(60)},
        "poll": {"options": ["a", "b"], "closes_at": soon(60)},
        "praise": {"handles": ["bob"]},
        "event": {"starts_at": soon(60), "ends_at": soon(120), "zone": "Europe/London", "location": "Yard"},
        "decision": {},
    }
    post = await publish(kind, **{kind: parts[kind]})
    form = await sign_in("alice").get(f"/posts/{post['id']}/edit", headers=HTMX)
    assert f'name="kind" value="{kind}"' in form.text
    assert (await sign_in("bob").get(f"/posts/{post['id']}/edit", headers=HTMX)).status_code == 404
