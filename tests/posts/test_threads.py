"""Threads: who follows by themselves, what a choice by hand means, what is unread, who settles them."""

from sqlalchemy import select
from sqlmodel import col

from parley.models.posts import Comment, Post


async def thread_of(machine, post_id: int) -> int:
    async with machine.database.reading() as session:
        return (await session.execute(select(col(Post.thread_id)).where(col(Post.id) == post_id))).scalar_one()


async def post(program, cast, channel: str = "square", body: str = "Hello") -> int:
    answer = await program.post(f"/api/v1/channels/{cast.channels[channel]}/posts", json={"body": body})
    return answer.json()["id"]


async def comment(program, post_id: int, body: str = "Yes") -> int:
    answer = await program.post(f"/api/v1/posts/{post_id}/comments", json={"body": body})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def unread(program, thread: int) -> tuple[int, int] | None:
    """What is unread in a thread and how much of it names the person; None for a thread not followed."""
    items = (await program.get("/api/v1/threads?limit=200")).json()["items"]
    return next(((item["unread"], item["mentions"]) for item in items if item["id"] == thread), None)


async def test_author_commenter_and_named_follow_and_who_looks_does_not(api, sign_in, cast, machine) -> None:
    alice, bob, charlie, mo = api("alice"), api("bob"), api("charlie"), api("mo")
    there = await post(alice, cast)
    thread = await thread_of(machine, there)
    await sign_in("mo").get(f"/posts/{there}")
    await comment(bob, there, "What does @charlie say?")
    assert await unread(alice, thread) == (1, 0)
    assert await unread(bob, thread) == (0, 0), "one's own words are read"
    assert await unread(charlie, thread) == (1, 1)
    assert await unread(mo, thread) is None
    await comment(alice, there)
    assert await unread(bob, thread) == (1, 0)


async def test_letting_go_by_hand_is_undone_by_no_mention_and_by_ones_own_next_word(api, cast, machine) -> None:
    alice, bob = api("alice"), api("bob")
    there = await post(alice, cast)
    thread = await thread_of(machine, there)
    await comment(bob, there)
    assert (await bob.delete(f"/api/v1/threads/{thread}/follow")).status_code == 204
    await comment(alice, there, "And @bob?")
    assert await unread(bob, thread) is None
    assert (await bob.get("/api/v1/notifications")).json()["items"][0]["kind"] == "mention", "the bell tells it"
    await comment(bob, there, "Here I am")
    await comment(alice, there)
    assert await unread(bob, thread) == (1, 0)
    await bob.delete(f"/api/v1/threads/{thread}/follow")
    assert (await bob.put(f"/api/v1/threads/{thread}/follow")).status_code == 204
    assert await unread(bob, thread) == (0, 0), "from now on"


async def test_reading_and_unread_from_here_and_what_never_counts(api, sign_in, cast, machine) -> None:
    alice, bob = api("alice"), api("bob")
    there = await post(alice, cast)
    thread = await thread_of(machine, there)
    ids = [await comment(bob, there, f"Number {n}") for n in range(4)]
    assert await unread(alice, thread) == (4, 0)
    await bob.delete(f"/api/v1/comments/{ids[1]}")
    assert await unread(alice, thread) == (3, 0), "removed ones do not count"
    path = f"/api/v1/threads/{thread}/read"
    for upto, left in ((ids[2], 1), (ids[0], 1), (2**31 - 1, 0)):
        assert (await alice.post(path, json={"comment_id": upto})).status_code == 204
        assert await unread(alice, thread) == (left, 0)
    told = (await alice.get("/api/v1/notifications?limit=200")).json()["items"]
    assert {item["read"] for item in told if item["post_id"] == there} == {True}, "reading quiets the bell"
    assert (await sign_in("alice").post(f"/comments/{ids[2]}/unread-from")).status_code == 303
    assert await unread(alice, thread) == (2, 0)
    assert (await api("charlie").post(f"/api/v1/comments/{ids[0]}/unread-from")).status_code == 204
    assert await unread(api("charlie"), thread) == (3, 0), "to keep it unread is to follow it"
    page = (await sign_in("alice").get("/threads?unread=1")).text
    assert f'data-thread-row="{thread}"' in page
    await alice.delete(f"/api/v1/posts/{there}")
    assert await unread(alice, thread) is None, "with its post the thread is gone"


async def test_who_began_it_or_moderates_settles_a_thread(api, sign_in, cast, machine) -> None:
    alice, bob = api("alice"), api("bob")
    there = await post(bob, cast)
    thread = await thread_of(machine, there)
    path = f"/api/v1/threads/{thread}/resolved"
    assert (await api("charlie").put(path)).status_code == 403
    assert (await bob.put(path)).status_code == 204
    assert (await bob.put(path)).status_code == 204, "again changes nothing"
    await comment(alice, there)
    page = (await sign_in("charlie").get(f"/posts/{there}")).text
    assert "This thread is settled" in page
    assert f"/threads/{thread}/resolve" not in page
    assert "Settled" in (await sign_in("charlie").get(f"/channels/{cast.channels['square']}")).text
    reopened = await sign_in("alice").post(f"/threads/{thread}/resolve", data={"on": "0"})
    assert reopened.status_code == 303, "an owner of the channel moderates it"
    assert "This thread is settled" not in (await sign_in("charlie").get(f"/posts/{there}")).text


async def test_a_link_to_an_old_comment_opens_the_thread_there(api, sign_in, cast, machine) -> None:
    there = await post(api("alice"), cast)
    first = await comment(api("bob"), there, "The very first")
    thread = await thread_of(machine, there)
    async with machine.units.begin() as unit:
        unit.session.add_all(
            Comment(thread_id=thread, author_id=cast.bob.id, body="x", body_html="<p>x</p>", created_at=unit.now)
            for _ in range(150)
        )
    alice = sign_in("alice")
    link = (await alice.get(f"/comments/{first}")).headers["location"]
    assert link == f"/posts/{there}?comment={first}#comment-{first}"
    assert f'id="comment-{first}"' not in (await alice.get(f"/posts/{there}")).text
    page = (await alice.get(link)).text
    assert f'id="comment-{first}"' in page
    assert "To the newest comments" in page


async def test_a_thread_that_one_may_not_read_does_not_exist(api, cast, machine) -> None:
    thread = await thread_of(machine, cast.posts["vault"])
    charlie = api("charlie")
    for answer in (
        await charlie.put(f"/api/v1/threads/{thread}/follow"),
        await charlie.put(f"/api/v1/threads/{thread}/resolved"),
        await charlie.post(f"/api/v1/threads/{thread}/read", json={"comment_id": 1}),
        await charlie.post(f"/api/v1/comments/{cast.comments['vault']}/unread-from"),
    ):
        assert answer.status_code == 404
    fay = await api("fay").get("/api/v1/threads")
    assert cast.sung(fay.text, "fay") == set(), "who left hears of their old threads no more"
