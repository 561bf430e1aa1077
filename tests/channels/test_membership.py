"""Who comes in, who may let in, who may put out; whoever is outside sees a private channel nowhere."""

import asyncio

import pytest

from parley.core.limits import RULES
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def members(api, cast, channel: str) -> dict[str, str]:
    found = (await api("alice").get(f"/api/v1/channels/{cast.channels[channel]}/members?limit=200")).json()["items"]
    return {item["handle"]: item["role"] for item in found}


async def test_joining_an_open_channel_and_leaving_it(api, cast) -> None:
    charlie, path = api("charlie"), f"/api/v1/channels/{cast.channels['square']}/members/{cast.charlie.id}"
    assert (await charlie.put(path)).json()["role"] == "member"
    assert (await charlie.put(path)).status_code == 200, "again changes nothing"
    assert "charlie" in await members(api, cast, "square")
    assert (await charlie.delete(path)).status_code == 204
    assert "charlie" not in await members(api, cast, "square")
    assert (await charlie.get(path)).status_code == 404


@pytest.mark.parametrize("channel", ["vault", "pair", "cellar"])
async def test_a_closed_channel_is_joined_by_nobody_and_looks_like_none(api, cast, channel: str) -> None:
    closed = await api("charlie").put(f"/api/v1/channels/{cast.channels[channel]}/members/{cast.charlie.id}")
    unknown = await api("charlie").put(f"/api/v1/channels/999999/members/{cast.charlie.id}")
    assert (closed.status_code, closed.content) == (404, unknown.content)


async def test_a_guest_does_not_join_and_does_not_invite(api, cast) -> None:
    gus = api("gus")
    assert (await gus.put(f"/api/v1/channels/{cast.channels['square']}/members/{cast.gus.id}")).status_code == 404

    async def invite(who):
        return await who.put(
            f"/api/v1/channels/{cast.channels['terrace']}/members/{cast.bob.id}", json={"role": "member"}
        )

    assert (await invite(gus)).status_code == 403
    assert (await invite(api("alice"))).status_code == 200


async def test_members_of_open_channels_invite_and_only_owners_give_roles(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}/members/{cast.charlie.id}"
    assert (
        await api("charlie").put(f"/api/v1/channels/{cast.channels['square']}/members/{cast.mo.id}")
    ).status_code == 403
    assert (await api("bob").put(path, json={"role": "owner"})).json()["code"] == "not_an_owner"
    assert (await api("bob").put(path)).json()["role"] == "member"
    assert (await api("alice").put(path, json={"role": "moderator"})).json()["role"] == "moderator"
    assert (await api("bob").put(path)).json()["role"] == "moderator", "inviting again takes nothing away"


async def test_only_owners_let_others_into_a_private_channel(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['vault']}/members/{cast.charlie.id}"
    assert (await api("bob").put(path)).json()["code"] == "not_an_owner"
    assert (await api("alice").put(path)).status_code == 200
    assert (await api("charlie").get(f"/api/v1/channels/{cast.channels['vault']}")).status_code == 200


async def test_nobody_who_left_the_company_is_let_in(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}/members/"
    assert (await api("alice").put(f"{path}{cast.dee.id}")).status_code == 404
    assert (await api("alice").put(f"{path}{cast.charlie.id}")).status_code == 200


async def test_owners_put_members_out_and_members_do_not(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['vault']}/members/"
    assert (await api("bob").delete(f"{path}{cast.alice.id}")).status_code == 403
    assert (await api("alice").delete(f"{path}{cast.bob.id}")).status_code == 204
    assert (await api("bob").get(f"/api/v1/channels/{cast.channels['vault']}")).status_code == 404


async def test_the_last_owner_stays(api, cast) -> None:
    alice, path = api("alice"), f"/api/v1/channels/{cast.channels['square']}/members/"
    assert (await alice.delete(f"{path}{cast.alice.id}")).json()["code"] == "last_owner"
    assert (await alice.put(f"{path}{cast.alice.id}", json={"role": "member"})).json()["code"] == "last_owner"
    assert (await alice.put(f"{path}{cast.bob.id}", json={"role": "owner"})).status_code == 200
    assert (await alice.delete(f"{path}{cast.alice.id}")).status_code == 204


async def test_two_owners_who_leave_at_once_do_not_both_leave(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}/members/"
    await api("alice").put(f"{path}{cast.bob.id}", json={"role": "owner"})
    left = await asyncio.gather(*(api(name).delete(f"{path}{cast.people[name].id}") for name in ("alice", "bob")))
    assert sorted(answer.status_code for answer in left) == [204, 409]


async def test_joining_many_times_at_once_is_joining_once(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}/members/{cast.charlie.id}"
    answers = await asyncio.gather(*(api("charlie").put(path) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len([handle for handle in await members(api, cast, "square") if handle == "charlie"]) == 1


async def test_direct_is_one_channel_for_the_same_persons(api, cast) -> None:
    async def open_with(name: str, *ids: int) -> dict:
        answer = await api(name).post("/api/v1/channels", json={"kind": "direct", "members": list(ids)})
        return answer.json()

    first, again = await open_with("alice", cast.bob.id), await open_with("bob", cast.alice.id)
    assert first["id"] == again["id"] == cast.channels["pair"]
    assert (first["name"], again["name"]) == ("Bob Example", "Alice Example")
    at_once = await asyncio.gather(*(open_with("alice", cast.charlie.id, cast.mo.id) for _ in range(5)))
    assert len({channel["id"] for channel in at_once}) == 1
    assert (await open_with("alice", cast.dee.id))["fields"]["members"]
    assert (await open_with("alice", cast.alice.id))["code"] == "invalid", "nobody writes to oneself"


async def test_a_guest_writes_only_to_whom_they_share_a_channel_with(api, sign_in, cast) -> None:
    async def answer(person_id: int) -> tuple[int, str]:
        got = await api("gus").post("/api/v1/channels", json={"kind": "direct", "members": [person_id]})
        page = await sign_in("gus").post("/direct", data={"person": str(person_id)})
        assert page.status_code == (303 if got.status_code == 201 else got.status_code)
        return got.status_code, got.json().get("detail", "")

    assert (await answer(cast.bob.id))[0] == 201
    assert await answer(cast.charlie.id) == await answer(999_999)


async def test_a_direct_channel_keeps_its_persons(api, cast) -> None:
    path = f"/api/v1/channels/{cast.channels['pair']}"
    for answer in (
        await api("alice").put(f"{path}/members/{cast.charlie.id}"),
        await api("alice").delete(f"{path}/members/{cast.alice.id}"),
        await api("alice").patch(path, json={"name": "ours"}),
        await api("alice").patch(path, json={"kind": "open"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "direct_channel")


@pytest.fixture
def few(monkeypatch) -> None:
    """Before the application is made, which reads the rules once."""
    monkeypatch.setitem(RULES, "invite", "2/minute")


async def test_letting_in_has_a_limit(few, api, sign_in, cast) -> None:
    square, who = f"/channels/{cast.channels['square']}/members", cast.charlie.id
    answers = [(await api("alice").put(f"/api/v1{square}/{who}")).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert (await sign_in("alice").post(square, data={"person": "charlie"})).status_code == 429
    assert (await sign_in("bob").post(square, data={"person": "charlie"})).status_code == 303
