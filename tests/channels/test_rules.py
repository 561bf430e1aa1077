"""Who may post, comment and invite; what a kind means; rest, newcomers, and a channel that always has an owner."""

import pytest

from parley.channels.service import membership
from parley.identity.service import accounts
from parley.identity.service.deactivate import deactivate, reactivate
from parley.models.channels import Channel
from parley.models.people import Profile
from parley.people import teams


def at(cast, name: str) -> str:
    return f"/api/v1/channels/{cast.channels[name]}"


@pytest.mark.parametrize(
    ("who", "bob", "moderator", "alice"),
    [("members", 201, 201, 201), ("moderators", 403, 201, 201), ("owners", 403, 403, 201)],
)
async def test_posting_is_for_those_whom_the_channel_names(api, cast, who, bob, moderator, alice) -> None:
    square = at(cast, "square")
    await api("alice").put(f"{square}/members/{cast.charlie.id}", json={"role": "moderator"})
    assert (await api("alice").patch(square, json={"who_posts": who})).json()["who_posts"] == who
    for name, status in (("bob", bob), ("charlie", moderator), ("alice", alice)):
        assert (await api(name).post(f"{square}/posts", json={"body": "x"})).status_code == status, name


async def test_commenting_is_for_those_whom_the_channel_names_and_reacting_for_all_who_read(api, sign_in, cast) -> None:
    square, post = at(cast, "square"), f"/api/v1/posts/{cast.posts['square']}"
    assert (await api("charlie").post(f"{post}/comments", json={"body": "From outside"})).status_code == 201
    await api("alice").patch(square, json={"who_comments": "members"})
    refused = await api("charlie").post(f"{post}/comments", json={"body": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_member")
    assert (
        "Join this channel to comment in it." in (await sign_in("charlie").get(f"/posts/{cast.posts['square']}")).text
    )
    assert (await api("bob").post(f"{post}/comments", json={"body": "x"})).status_code == 201
    await api("alice").patch(square, json={"who_comments": "owners"})
    assert (await api("bob").post(f"{post}/comments", json={"body": "x"})).json()["code"] == "may_not_comment"
    assert (await api("charlie").put(f"{post}/reactions/👍")).status_code == 204


async def test_an_announcement_channel_is_written_by_few_until_it_says_otherwise(api, cast) -> None:
    assert (await api("bob").post(f"{at(cast, 'notices')}/posts", json={"body": "x"})).json()["code"] == "may_not_post"
    assert (await api("alice").patch(at(cast, "square"), json={"kind": "announcement"})).json()["who_posts"] == (
        "moderators"
    )
    await api("alice").patch(at(cast, "notices"), json={"who_posts": "members"})
    assert (await api("bob").post(f"{at(cast, 'notices')}/posts", json={"body": "x"})).status_code == 201


async def test_inviting_is_for_those_whom_the_channel_names(api, cast) -> None:
    vault, who = at(cast, "vault"), cast.charlie.id
    assert (await api("bob").put(f"{vault}/members/{who}")).json()["code"] == "not_an_owner"
    await api("alice").patch(vault, json={"who_invites": "members"})
    assert (await api("bob").put(f"{vault}/members/{who}")).status_code == 200


async def test_a_kind_is_changed_after_its_meaning_was_said(sign_in, api, cast) -> None:
    path = f"/channels/{cast.channels['vault']}/settings"
    form = {"name": "vault", "purpose": "p", "kind": "open", "who_may_post": "members"}
    asked = await sign_in("alice").post(path, data=form)
    assert asked.status_code == 422
    assert "colleagues more will read it" in asked.text
    assert "written in confidence" in asked.text
    assert (await api("charlie").get(at(cast, "vault"))).status_code == 404
    told = (await api("alice").get(f"{at(cast, 'vault')}/kinds/open")).json()
    assert (told["closes"], told["posts"], told["colleagues"]) == (False, 2, 6)
    assert (await sign_in("alice").post(path, data={**form, "confirm_kind": "open"})).status_code == 303
    assert (await api("charlie").get(at(cast, "vault"))).status_code == 200
    # Open to announcement changes nobody's reading, so nothing is asked.
    assert (await sign_in("alice").post(path, data={**form, "kind": "announcement"})).status_code == 303


async def test_a_taken_name_is_said_at_the_name(sign_in, cast) -> None:
    refused = await sign_in("alice").post(
        f"/channels/{cast.channels['vault']}/settings", data={"name": "Square", "purpose": "Kept"}
    )
    assert refused.status_code == 422
    assert "Another channel already has this name." in refused.text
    assert "Kept" in refused.text


async def test_the_only_owner_is_led_to_name_another(sign_in, api, cast) -> None:
    alice = sign_in("alice")
    stayed = await alice.post(f"/channels/{cast.channels['square']}/leave")
    assert stayed.status_code == 409
    assert "You are the only owner." in stayed.text
    assert 'name="role"' in stayed.text, "the members are here to choose from"
    members = f"/channels/{cast.channels['square']}/members"
    assert (await alice.post(f"{members}/{cast.bob.id}", data={"role": "owner"})).status_code == 303
    assert (await alice.post(f"/channels/{cast.channels['square']}/leave")).status_code == 303


async def test_moderators_put_members_out_and_not_each_other(api, cast) -> None:
    vault = at(cast, "vault")
    for who in ("charlie", "mo"):
        await api("alice").put(f"{vault}/members/{cast.people[who].id}")
    await api("alice").put(f"{vault}/members/{cast.bob.id}", json={"role": "moderator"})
    assert (await api("bob").delete(f"{vault}/members/{cast.charlie.id}")).status_code == 204
    assert (await api("bob").delete(f"{vault}/members/{cast.alice.id}")).status_code == 403


async def test_a_channel_whose_owner_leaves_the_company_has_another(api, cast, machine) -> None:
    async with machine.units.begin() as unit:
        await deactivate(unit, cast.alice.id, by=cast.ida.id, via="page", successor_id=None)
    assert (await api("bob").get(f"{at(cast, 'vault')}/members/{cast.bob.id}")).json()["role"] == "owner"


async def test_newcomers_find_themselves_where_moderators_say(api, cast, machine) -> None:
    square = at(cast, "square")
    assert (await api("alice").patch(square, json={"default": True})).json()["code"] == "not_an_admin"
    assert (await api("mo").patch(at(cast, "vault"), json={"default": True})).status_code == 404
    for admin in ("mo", "ida"):
        assert (await api(admin).patch(square, json={"default": True})).json()["default"] is True
    async with machine.units.begin() as unit:
        new = await accounts.create_person(unit, email="new@example.org", name="New", by=None, via="oidc")
        guest = await accounts.create_person(
            unit, email="visitor@example.org", name="V", by=None, via="oidc", roles=["guest"]
        )
        channel = cast.channels["square"]
        assert await membership.of(unit.session, channel, new.id)
        assert not await membership.of(unit.session, channel, guest.id)
    assert (await api("alice").patch(square, json={"kind": "private"})).json()["default"] is False


async def test_a_team_feeds_a_channel_and_who_was_there_alone_stays(api, cast, machine) -> None:
    vault = at(cast, "vault")

    async def move(person: int, team: str | None) -> None:
        async with machine.units.begin() as unit:
            profile = await unit.session.get_one(Profile, person)
            await teams.move(unit, profile, await teams.named(unit, team) if team else None, by=None)

    async def through() -> dict[str, str]:
        items = (await api("alice").get(f"{vault}/members?limit=200")).json()["items"]
        return {item["handle"]: item["through"] for item in items}

    await move(cast.charlie.id, "Plumbing")
    await move(cast.bob.id, "Plumbing")
    team = next(one for one in (await api("alice").get("/api/v1/teams")).json()["items"] if one["name"] == "Plumbing")
    assert (await api("bob").put(f"{vault}/teams/{team['id']}")).json()["code"] == "not_an_owner"
    assert (await api("alice").put(f"{vault}/teams/{team['id']}")).status_code == 204
    assert await through() == {"alice": "", "bob": "", "charlie": "Plumbing"}
    refused = await api("charlie").delete(f"{vault}/members/{cast.charlie.id}")
    assert (refused.status_code, refused.json()["code"]) == (403, "through_team")
    await move(cast.mo.id, "Plumbing")
    assert (await through())["mo"] == "Plumbing"
    # Nobody lets themselves in by writing the team into their profile.
    entered = await api("fay").patch(f"/api/v1/people/{cast.fay.id}", json={"team": "Plumbing"})
    assert (entered.status_code, list(entered.json()["fields"])) == (422, ["team"])
    assert (await api("bob").put(f"/api/v1/teams/{team['id']}/members/{cast.fay.id}")).status_code == 403
    assert (await api("ida").put(f"/api/v1/teams/{team['id']}/members/{cast.fay.id}")).status_code == 204
    assert (await through())["fay"] == "Plumbing"
    for person in (cast.charlie.id, cast.bob.id):
        await move(person, None)
    assert await through() == {"alice": "", "bob": "", "mo": "Plumbing", "fay": "Plumbing"}
    assert (await api("charlie").get(vault)).status_code == 404
    # Gone and back: the team's channels come back with the account.
    async with machine.units.begin() as unit:
        await deactivate(unit, cast.fay.id, by=cast.ida.id, via="page")
        await reactivate(unit, cast.fay.id, by=cast.ida.id, via="page")
    assert (await through())["fay"] == "Plumbing"
    assert (await api("alice").delete(f"{vault}/teams/{team['id']}")).status_code == 204
    assert await through() == {"alice": "", "bob": ""}


async def test_a_group_becomes_a_private_channel_with_what_was_said(api, sign_in, cast, machine) -> None:
    made = await api("alice").post("/api/v1/channels", json={"kind": "direct", "members": [cast.bob.id, cast.mo.id]})
    number, path = made.json()["id"], f"/api/v1/channels/{made.json()['id']}"
    await api("bob").post(f"{path}/posts", json={"body": "Said among three"})
    assert (await api("charlie").post(f"{path}/private", json={"name": "x"})).status_code == 404
    pair = await api("alice").post(f"{at(cast, 'pair')}/private", json={"name": "two"})
    assert pair.json()["code"] == "not_direct"
    taken = await sign_in("alice").post(f"/channels/{number}/private", data={"name": "square"})
    assert taken.status_code == 422
    assert "Another channel already has this name." in taken.text
    done = (await api("alice").post(f"{path}/private", json={"name": "Three of us"})).json()
    assert (done["kind"], done["name"], done["member_count"]) == ("private", "three-of-us", 3)
    assert (await api("alice").put(f"{path}/members/{cast.charlie.id}")).status_code == 200
    assert "Said among three" in (await api("charlie").get(f"{path}/posts")).text
    again = await api("bob").post("/api/v1/channels", json={"kind": "direct", "members": [cast.alice.id, cast.mo.id]})
    assert again.json()["id"] != number
    async with machine.units.begin() as unit:
        assert (await unit.session.get_one(Channel, number)).direct_key is None


async def test_more_than_nine_are_offered_a_private_channel(sign_in, api, cast, machine) -> None:
    async with machine.units.begin() as unit:
        many = [
            await accounts.create_person(unit, email=f"p{n}@example.org", name=f"P {n}", by=None, via="oidc")
            for n in range(9)
        ]
    ids = [str(person.id) for person in many]
    refused = await sign_in("alice").post("/direct", data={"people": ids})
    assert refused.status_code == 422
    assert "nine persons at most" in refused.text
    assert f"/channels/new?kind=private&amp;people={','.join(ids)}" in refused.text
    form = (await sign_in("alice").get(f"/channels/new?kind=private&people={','.join(ids)}")).text
    assert form.count('name="people"') == 9
    made = await sign_in("alice").post("/channels/new", data={"name": "many", "kind": "private", "people": ids})
    channel = made.headers["location"].rpartition("/")[2]
    assert (await api("alice").get(f"/api/v1/channels/{channel}")).json()["member_count"] == 10
    named = await sign_in("alice").post("/direct", data={"person": "bob, @mo"})
    assert named.status_code == 303
    unknown = await sign_in("alice").post("/direct", data={"person": "nobody"})
    assert unknown.status_code == 422
    assert "Nobody here is called that." in unknown.text
