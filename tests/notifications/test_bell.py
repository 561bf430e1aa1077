"""The bell: only what one may still open, counted as it is shown, cleared by looking."""

import pytest

from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def bell(api, name: str) -> dict:
    return (await api(name).get("/api/v1/notifications?limit=200")).json()


async def test_the_list_and_the_number_agree_everywhere(api, sign_in, cast) -> None:
    await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Hi @bob"})
    found = await bell(api, "bob")
    assert found["unread"] == len([item for item in found["items"] if not item["read"]]) >= 2
    page = (await sign_in("bob").get("/notifications")).text
    assert "mentioned you" in page
    assert (
        f'data-unread="notifications">{found["unread"]}<' in page.replace(" hidden", "") or str(found["unread"]) in page
    )
    popover = await sign_in("bob").get("/notifications?part=popover", headers={"HX-Request": "true"})
    assert (popover.status_code, "<html" in popover.text) == (200, False)


async def test_what_one_may_no_longer_read_leaves_the_bell(api, sign_in, cast) -> None:
    """Fay was named in the vault when she was in it."""
    assert (await bell(api, "fay")) == {"items": [], "next": None, "unread": 0}
    assert not cast.sung((await sign_in("fay").get("/notifications")).text, "fay")
    before = await bell(api, "bob")
    assert before["unread"] > 0
    post = (
        await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Hi @bob"})
    ).json()
    assert (await bell(api, "bob"))["unread"] == before["unread"] + 1
    await api("alice").delete(f"/api/v1/posts/{post['id']}")
    assert await bell(api, "bob") == before
    await sign_in("alice").post(f"/posts/{post['id']}/restore")
    assert (await bell(api, "bob"))["unread"] == before["unread"] + 1


async def test_some_or_all_are_marked_as_seen_and_only_ones_own(api, sign_in, cast) -> None:
    for _ in range(2):
        await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Hi @bob @charlie"})
    bob, charlie = await bell(api, "bob"), await bell(api, "charlie")
    theirs = [item["id"] for item in charlie["items"]]
    await api("bob").post("/api/v1/notifications/read", json={"ids": theirs})
    assert (await bell(api, "charlie"))["unread"] == len(theirs) == 2
    await api("bob").post("/api/v1/notifications/read", json={"ids": [bob["items"][0]["id"]]})
    assert (await bell(api, "bob"))["unread"] == bob["unread"] - 1
    await sign_in("charlie").post("/notifications/read", data={"post": str(charlie["items"][0]["post_id"])})
    assert (await bell(api, "charlie"))["unread"] == 1
    await api("bob").post("/api/v1/notifications/read")
    assert (await bell(api, "bob"))["unread"] == 0
    await sign_in("charlie").post("/notifications/read", data={})
    assert (await bell(api, "charlie"))["unread"] == 0
    for wrong in ({"ids": ["x"]}, {"ids": [0]}, {"ids": list(range(1, 300))}, {"person_id": 1}):
        assert (await api("bob").post("/api/v1/notifications/read", json=wrong)).status_code == 422
    assert (await sign_in("bob").post("/notifications/read", data={"post": "x"})).status_code == 422


async def test_it_goes_on_where_it_ended(api, cast) -> None:
    for _ in range(5):
        await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Hi @charlie"})
    whole, seen, cursor = (await bell(api, "charlie"))["items"], [], ""
    while cursor is not None:
        part = (await api("charlie").get(f"/api/v1/notifications?limit=2{cursor}")).json()
        seen += part["items"]
        cursor = f"&cursor={part['next']}" if part["next"] else None
    assert seen == whole
    assert len(whole) == 5
