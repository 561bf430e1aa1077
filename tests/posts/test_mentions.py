"""Naming: who may read it is told once, who may not is told nothing, and a hidden channel's name stays hidden."""

import pytest
from sqlalchemy import func, select

from parley.identity.service import accounts
from parley.models.notifications import Notification
from parley.models.people import Profile
from parley.people import teams
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def told(api, name: str) -> list[tuple[str, int | None, int | None]]:
    found = (await api(name).get("/api/v1/notifications")).json()
    assert found["unread"] == len([item for item in found["items"] if not item["read"]])
    return [(item["kind"], item["post_id"], item["comment_id"]) for item in found["items"]]


async def publish(api, cast, body: str, who: str = "alice", channel: str = "square") -> int:
    answer = await api(who).post(f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": body})
    assert answer.status_code == 201
    return answer.json()["id"]


async def test_whoever_may_read_it_is_told_once(api, cast) -> None:
    before = {name: await told(api, name) for name in ("bob", "charlie", "alice", "fay")}
    post = await publish(api, cast, "Look @bob, @charlie, @Bob and @alice @nobody")
    assert await told(api, "bob") == [("mention", post, None), *before["bob"]]
    assert await told(api, "charlie") == [("mention", post, None), *before["charlie"]]
    assert await told(api, "alice") == before["alice"], "nobody is told what they wrote"
    await api("alice").patch(f"/api/v1/posts/{post}", json={"body": "Look again @bob @fay"})
    assert len(await told(api, "bob")) == len(before["bob"]) + 1
    assert await told(api, "fay") == [("mention", post, None), *before["fay"]], "an edit tells those who are new"


@pytest.mark.parametrize(
    ("name", "channel"),
    [("charlie", "vault"), ("fay", "vault"), ("gus", "square"), ("charlie", "pair"), ("dee", "square")],
)
async def test_whoever_may_not_read_it_is_not_told(api, cast, machine, name: str, channel: str) -> None:
    before = await told(api, "bob"), 0 if name == "dee" else await told(api, name)
    post = await publish(api, cast, f"Between us @{name} @bob", channel=channel)
    assert await told(api, "bob") == [("mention", post, None), *before[0]]
    if name != "dee":
        assert await told(api, name) == before[1]
    comment = await api("alice").post(f"/api/v1/posts/{post}/comments", json={"body": f"And @{name}"})
    assert comment.status_code == 201
    if name != "dee":
        assert await told(api, name) == before[1]


@pytest.mark.parametrize("place", ["post", "conversation", "edit"])
async def test_a_discussion_tells_only_who_reads_the_conversation(api, cast, place: str) -> None:
    before = {name: len(await told(api, name)) for name in ("alice", "lea", "charlie", "gus")}
    body = {"body": "Who knows? @alice @lea @charlie @gus"}
    bob = api("bob")
    if place == "post":
        answer = await bob.post(f"/api/v1/posts/{cast.posts['hush-care']}/comments", json=body)
    elif place == "conversation":
        answer = await bob.post(f"/api/v1/conversations/{cast.talks['hush']}/discussion", json=body)
    else:
        answer = await bob.patch(f"/api/v1/comments/{cast.comments['hush']}", json=body)
    assert answer.status_code in {200, 201}
    after = {name: len(await told(api, name)) - number for name, number in before.items()}
    assert after == {"alice": 1, "lea": 1, "charlie": 0, "gus": 0}


async def test_those_in_the_thread_hear_of_a_comment(api, cast) -> None:
    before = {name: await told(api, name) for name in ("alice", "bob", "charlie")}
    made = (
        await api("charlie").post(f"/api/v1/posts/{cast.posts['square']}/comments", json={"body": "Me too @bob"})
    ).json()["id"]
    assert await told(api, "alice") == [("comment", cast.posts["square"], made), *before["alice"]]
    assert await told(api, "bob") == [("mention", cast.posts["square"], made), *before["bob"]], (
        "named and in it: told once"
    )
    assert await told(api, "charlie") == before["charlie"]


async def test_who_was_put_out_hears_no_more_of_the_thread(api, cast) -> None:
    await api("bob").post(f"/api/v1/posts/{cast.posts['vault']}/comments", json={"body": "I am in"})
    before = await told(api, "bob")
    await api("alice").delete(f"/api/v1/channels/{cast.channels['vault']}/members/{cast.bob.id}")
    await api("alice").post(f"/api/v1/posts/{cast.posts['vault']}/comments", json={"body": "Gone? @bob"})
    now = await told(api, "bob")
    assert now == [item for item in before if item[1] != cast.posts["vault"]], "nor of what they were told before"


async def test_names_become_links_and_hidden_channels_do_not(api, cast) -> None:
    hidden = next(word for word, thing in cast.canaries.items() if thing == "vault" and word.endswith("name"))
    post = await publish(api, cast, f"See #square and #notices, not #{hidden}, ask @bob or @nobody", who="bob")
    html = (await api("charlie").get(f"/api/v1/posts/{post}")).json()["body_html"]
    for name in ("square", "notices"):
        assert f'href="/channels/{cast.channels[name]}"' in html
    assert f"/channels/{cast.channels['vault']}" not in html
    assert 'href="/people/bob"' in html
    assert "Bob Example" in html
    assert "/people/nobody" not in html


async def test_a_crowd_is_asked_about_and_told_when_confirmed(api, cast, machine) -> None:
    async with machine.units.begin() as unit:
        for number in range(31):
            person = await accounts.create_person(
                unit, email=f"crowd{number}@example.org", name=f"Crowd {number}", by=None, via="command"
            )
            profile = await unit.session.get_one(Profile, person.id)
            await teams.move(unit, profile, await teams.named(unit, "The Whole Crowd"), by=None)
    path, body = f"/api/v1/channels/{cast.channels['square']}/posts", {"body": "News for @the-whole-crowd."}
    asked = await api("alice").post(path, json=body)
    assert (asked.status_code, asked.json()["code"], asked.json()["count"]) == (409, "crowd", 31)
    small = await publish(api, cast, "News for some: " + " ".join(f"@crowd{number}" for number in range(30)))
    assert await notified(machine, small) == 30
    sent = await api("alice").post(path, json={**body, "confirm_crowd": True})
    assert sent.status_code == 201
    assert "/teams/" in sent.json()["body_html"]
    assert await notified(machine, sent.json()["id"]) == 31
    # Who was told before is no crowd: the thirty-first is told alone, without a question.
    more = await api("alice").patch(f"/api/v1/posts/{small}", json={"body": "All of you, @team/the-whole-crowd"})
    assert more.status_code == 200
    assert await notified(machine, small) == 31
    comment = f"/api/v1/posts/{small}/comments"
    assert (await api("bob").post(comment, json={"body": "@the-whole-crowd"})).json()["code"] == "crowd"
    assert (await api("bob").post(comment, json={"body": "`@the-whole-crowd`"})).status_code == 201, "code names nobody"


async def notified(machine, post: int) -> int:
    async with machine.database.reading() as session:
        count = await session.execute(select(func.count()).where(Notification.post_id == post))
        return count.scalar_one()


async def test_completion_offers_only_what_one_may_see(sign_in, cast) -> None:
    async def offered(name: str, kind: str, q: str) -> str:
        answer = await sign_in(name).get(f"/complete?kind={kind}&q={q}", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return answer.text

    assert "canaryvaultname" in await offered("bob", "channel", "canary")
    for name in ("charlie", "fay", "mo", "ida", "gus"):
        assert not cast.sung(await offered(name, "channel", "canary"), name)
    assert "square" in await offered("charlie", "channel", "squ")
    assert "attic" not in await offered("charlie", "channel", "att"), "nobody posts there any more"
    assert "@charlie" in await offered("bob", "person", "char")
    assert "@charlie" not in await offered("gus", "person", "char")
    assert "@dee" not in await offered("bob", "person", "de")
    for odd in ("%25", "_", "%00", "'", "\\"):
        await offered("bob", "person", odd)
        await offered("bob", "channel", odd)
