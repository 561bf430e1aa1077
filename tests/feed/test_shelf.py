"""What was rendered of a post is kept exactly until it shows something else."""

import re

import pytest

from parley.events.base import Event
from parley.posts.service import stamps
from parley.posts.shelf import Shelf
from stage import BOTH

both_engines = pytest.mark.parametrize("databases", BOTH, indirect=True)
POSTS = re.compile(r'<article class="post.*?</article>', re.DOTALL)


@pytest.fixture
async def home(app, sign_in, cast, api):
    """A post on Bob's Home; returns its id, and what his Home shows now from the shelf and made anew."""
    made = await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Wide valves"})
    browser = sign_in("bob")

    async def both() -> tuple[str, str]:
        kept = "".join(POSTS.findall((await browser.get("/")).text))
        shelf, app.state.post_fragments = app.state.post_fragments, Shelf()
        fresh = "".join(POSTS.findall((await browser.get("/")).text))
        app.state.post_fragments = shelf
        return kept, fresh

    await both()
    return made.json()["id"], both


@both_engines
async def test_every_change_is_seen(home, api, sign_in, cast) -> None:
    post, both = home
    alice, bob, square = api("alice"), api("bob"), cast.channels["square"]
    comments = f"/api/v1/posts/{post}/comments"
    page = sign_in("alice")

    async def commented() -> None:
        await bob.post(comments, json={"body": "What size?"})

    async def comment() -> int:
        return (await bob.get(comments)).json()["items"][-1]["id"]

    acts = {
        "edited": lambda: alice.patch(f"/api/v1/posts/{post}", json={"body": "Wider valves"}),
        "reacted": lambda: bob.put(f"/api/v1/posts/{post}/reactions/helpful"),
        "taken off": lambda: bob.delete(f"/api/v1/posts/{post}/reactions/helpful"),
        "commented": commented,
        "the author renamed": lambda: page.post("/settings/profile", data={"name": "Alice Renamed", "title": "Fitter"}),
        "the channel renamed": lambda: alice.patch(f"/api/v1/channels/{square}", json={"name": "marketplace"}),
    }
    before, _ = await both()
    for name, act in acts.items():
        answer = await act()
        assert answer is None or answer.status_code < 400, (name, answer.text)
        kept, fresh = await both()
        assert kept == fresh, name
        assert kept != before, f"{name}: nothing changed, so nothing was tried"
        before = kept
    await page.post(f"/comments/{await comment()}/remove")
    kept, fresh = await both()
    assert kept == fresh
    await alice.delete(f"/api/v1/posts/{post}")
    kept, fresh = await both()
    assert kept == fresh
    assert "Wider valves" not in kept


@both_engines
async def test_programs_get_what_is_so_now(home, api, cast) -> None:
    post, _ = home

    async def mine() -> dict[str, object]:
        items = (await api("bob").get("/api/v1/feed/home?limit=200")).json()["items"]
        return next(item for item in items if item["id"] == post)

    assert await mine() == (await api("bob").get(f"/api/v1/posts/{post}")).json()
    await api("bob").post(f"/api/v1/posts/{post}/comments", json={"body": "What size?"})
    found = await mine()
    assert found == (await api("bob").get(f"/api/v1/posts/{post}")).json()
    assert found["comment_count"] == 1


@both_engines
async def test_what_is_kept_is_shown_to_nobody_who_may_not_read_it(api, sign_in, cast) -> None:
    """Bob leaves: the fragment stays on the shelf, his Home asks before it takes anything."""
    vault = cast.channels["vault"]
    await api("alice").post(f"/api/v1/channels/{vault}/posts", json={"body": "For the vault"})
    assert "For the vault" in (await sign_in("bob").get("/")).text
    await api("alice").delete(f"/api/v1/channels/{vault}/members/{cast.bob.id}")
    assert "For the vault" not in (await sign_in("bob").get("/")).text
    assert "For the vault" in (await sign_in("alice").get("/")).text


def test_whatever_names_a_post_raises_its_stamp() -> None:
    names = {getattr(event, "name", "") for event in stamps.events()}
    assert {"post.edited", "post.reacted", "comment.published", "comment.removed"} <= names
    assert "post.published" not in names
    assert all(issubclass(event, Event) for event in stamps.events())
