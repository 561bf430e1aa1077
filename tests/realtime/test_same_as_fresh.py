"""Events applied to an old state equal a fresh fetch; a part put into an old page equals a fresh page."""

import random
import re
from html.parser import HTMLParser

import pytest
from sqlmodel import col, select

from parley.core import eventlog
from parley.models.posts import Post
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def state(api, cast, name: str) -> dict:
    """What a program knows of a channel and its threads."""
    posts = (await api(name).get(f"/api/v1/channels/{cast.channels['square']}/posts?limit=200")).json()["items"]
    comments = {}
    for post in posts:
        if post["kind"] != "conversation":
            found = (await api(name).get(f"/api/v1/posts/{post['id']}/comments?limit=200")).json()["items"]
            comments[post["id"]] = {comment["id"]: comment for comment in found}
    return {"posts": {post["id"]: post for post in posts}, "comments": comments}


def apply(known: dict, threads: dict[int, int], frame: dict) -> None:
    """Put one event into what is known, as a program would that reads the documentation."""
    data = frame["data"]
    if frame["event"].startswith("post."):
        known["posts"][data["id"]] = {key: value for key, value in data.items() if key in FIELDS["post"]}
        known["comments"].setdefault(data["id"], {})
    elif frame["event"].startswith("comment."):
        post = threads[data["thread_id"]]
        thread = known["comments"][post]
        thread[data["id"]] = {key: value for key, value in data.items() if key in FIELDS["comment"]}
        known["posts"][post]["comment_count"] = len([comment for comment in thread.values() if not comment["removed"]])


FIELDS = {
    "post": {"id", "channel_id", "number", "kind", "author", "title", "body", "body_html", "created_at", "edited_at", "removed",
             "client_id", "reactions", "comment_count", "attachments", "conversation_id", "question",
             "announcement", "poll", "praise", "event", "decision"},
    "comment": {"id", "author", "body", "body_html", "created_at", "edited_at", "removed", "client_id", "reactions", "attachments"},
}  # fmt: skip


async def act(api, sign_in, cast, dice: random.Random, posts: list[int], comments: list[int]) -> None:
    """Let somebody do something in the square."""
    who = api(dice.choice(["alice", "bob"]))
    page = sign_in(dice.choice(["alice", "bob"]))
    post, comment = dice.choice(posts), dice.choice(comments) if comments else None
    doing = dice.choice(
        [
            "post",
            "post",
            "comment",
            "comment",
            "edit",
            "react",
            "unreact",
            "remove",
            "restore",
            "recomment",
            "uncomment",
            "recall",
        ]
    )
    if doing == "post":
        made = await who.post(
            f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": f"Word {dice.random()}"}
        )
        posts.append(made.json()["id"])
    elif doing == "comment":
        made = await who.post(f"/api/v1/posts/{post}/comments", json={"body": f"Word {dice.random()}"})
        comments.append(made.json()["id"])
    elif doing == "edit":
        await who.patch(f"/api/v1/posts/{post}", json={"body": f"Word {dice.random()}", "title": "T"})
    elif doing in {"react", "unreact"}:
        await who.request(
            "PUT" if doing == "react" else "DELETE",
            f"/api/v1/posts/{post}/reactions/{dice.choice(['helpful', 'seen'])}",
        )
    elif doing in {"remove", "restore"}:
        await page.post(f"/posts/{post}/{doing}")
    elif comment and doing == "recomment":
        await who.patch(f"/api/v1/comments/{comment}", json={"body": f"Word {dice.random()}"})
    elif comment and doing == "uncomment":
        await page.post(f"/comments/{comment}/remove")
    elif comment:
        await page.post(f"/comments/{comment}/restore")


@pytest.mark.parametrize("seed", [3, 11])
async def test_events_on_an_old_state_equal_a_fresh_fetch(lines, api, sign_in, cast, machine, seed: int) -> None:
    dice, topic = random.Random(seed), f"channel:{cast.channels['square']}"
    async with machine.database.reading() as session:
        start = (await eventlog.positions(session, [topic]))[topic]
    known = await state(api, cast, "bob")
    line = await lines.program("bob", {topic: start})
    posts, comments = [cast.posts["square"]], []
    for turn in range(40):
        await act(api, sign_in, cast, dice, posts, comments)
        if turn == 20:  # the line breaks in the middle of it, and comes back to where it was
            heard = line.events(topic)
            await line.close()
            line = await lines.program("bob", {topic: heard[-1]["seq"] if heard else start})
            line.heard = [*heard, *line.heard]
    async with machine.database.reading() as session:
        last = (await eventlog.positions(session, [topic]))[topic]
    await line.at(topic, last)
    frames = line.events(topic)
    assert [frame["seq"] for frame in frames] == list(range(start + 1, last + 1))
    threads = {frame["data"]["thread_id"]: None for frame in frames if frame["event"].startswith("comment.")}
    async with machine.database.reading() as session:
        rows = await session.exec(select(Post.thread_id, Post.id).where(col(Post.thread_id).in_(threads)))
        threads = dict(rows.all())
    for frame in frames:
        apply(known, threads, frame)
    fresh = await state(api, cast, "bob")
    assert known["posts"] == fresh["posts"]
    assert {post: thread for post, thread in known["comments"].items() if thread} == {
        post: thread for post, thread in fresh["comments"].items() if thread
    }
    assert len(frames) > 12


class _Elements(HTMLParser):
    """Cuts the element with one id out of a page."""

    VOID = frozenset({"img", "input", "br", "hr", "meta", "link", "use", "wbr"})

    def __init__(self, wanted: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wanted, self.depth, self.found = wanted, 0, []

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        if self.depth or given.get("id") == self.wanted:
            self.found.append((tag, tuple(sorted((name, value or "") for name, value in given.items()))))
            self.depth += tag not in self.VOID

    def handle_startendtag(self, tag, attrs) -> None:
        if self.depth:
            self.found.append((tag, tuple(sorted((name, value or "") for name, value in attrs))))

    def handle_endtag(self, tag) -> None:
        if self.depth and tag not in self.VOID:
            self.depth -= 1
            self.found.append(f"/{tag}")

    def handle_data(self, data) -> None:
        if self.depth and data.strip():
            self.found.append(" ".join(data.split()))


def element(html: str, wanted: str) -> list:
    parser = _Elements(wanted)
    parser.feed(re.sub(r'csrf_token" value="[^"]*"', 'csrf_token" value=""', html))
    assert parser.found, f"#{wanted} is there"
    return parser.found


async def part(line, name: str, wanted: str) -> str:
    """Wait for the newest part with the id `wanted` that an event of `name` brought."""

    def found() -> str | None:
        for frame in reversed(line.heard):
            if frame.get("event") == name:
                for each in frame["parts"]:
                    if each["id"] == wanted and each["html"]:
                        return each["html"]
        return None

    return await line.until(found)


@pytest.fixture
async def hearing(lines, cast):
    """Bob's open page, which has heard everything up to now."""
    topics = {f"channel:{cast.channels[name]}": -1 for name in ("square", "care", "terrace")}
    line = await lines.page(
        "bob", {**topics, f"person:{cast.bob.id}": -1, f"conversation:{cast.talks['valve']}": -1, "channel:999999": 0}
    )
    await line.until(line.refused)
    return line


async def test_a_swapped_post_equals_a_fresh_page(hearing, api, sign_in, cast) -> None:
    bob, path = sign_in("bob"), f"/channels/{cast.channels['square']}"
    made = (
        await api("alice").post(
            f"/api/v1{path}/posts", json={"body": "# Big\n\nWords for @bob in #notices", "title": "T"}
        )
    ).json()["id"]
    steps = [
        ("post.published", None),
        ("post.edited", lambda: api("alice").patch(f"/api/v1/posts/{made}", json={"body": "Other words"})),
        ("post.reacted", lambda: api("charlie").put(f"/api/v1/posts/{made}/reactions/helpful")),
        ("post.removed", lambda: api("alice").delete(f"/api/v1/posts/{made}")),
        ("post.restored", lambda: sign_in("alice").post(f"/posts/{made}/restore")),
    ]
    for name, do in steps:
        if do:
            assert (await do()).status_code < 400
        swapped = await part(hearing, name, f"post-{made}")
        assert element(swapped, f"post-{made}") == element((await bob.get(path)).text, f"post-{made}"), name
        if name != "post.removed":  # a tombstone stands in its channel only
            assert element(swapped, f"post-{made}") == element((await bob.get("/")).text, f"post-{made}"), name


async def test_a_swapped_comment_and_the_foot_equal_a_fresh_page(hearing, api, sign_in, cast) -> None:
    bob, post = sign_in("bob"), cast.posts["square"]
    made = (await api("charlie").post(f"/api/v1/posts/{post}/comments", json={"body": "A *word*"})).json()["id"]
    steps = [
        ("comment.published", None),
        ("comment.edited", lambda: api("charlie").patch(f"/api/v1/comments/{made}", json={"body": "Another"})),
        ("comment.reacted", lambda: sign_in("alice").post(f"/comments/{made}/reactions/seen", data={"on": "1"})),
        ("comment.removed", lambda: api("charlie").delete(f"/api/v1/comments/{made}")),
    ]
    for name, do in steps:
        if do:
            assert (await do()).status_code < 400
        swapped = await part(hearing, name, f"comment-{made}")
        assert element(swapped, f"comment-{made}") == element(
            (await bob.get(f"/posts/{post}")).text, f"comment-{made}"
        ), name
        if name != "comment.reacted":
            foot = await part(hearing, name, f"post-{post}-talk")
            page = (await bob.get(f"/channels/{cast.channels['square']}")).text
            assert element(foot, f"post-{post}-talk") == element(page, f"post-{post}-talk"), name


async def test_a_swapped_surfacing_equals_a_fresh_page(hearing, api, sign_in, cast) -> None:
    bob, post = sign_in("bob"), cast.posts["valve-terrace"]
    await api("alice").post(f"/api/v1/posts/{post}/comments", json={"body": "I know this one"})
    swapped = await part(hearing, "comment.published", f"post-{post}")
    page = (await bob.get(f"/channels/{cast.channels['terrace']}")).text
    assert element(swapped, f"post-{post}") == element(page, f"post-{post}")


async def taken(line, wanted: str, after: int) -> None:
    """Wait until a part heard after the first `after` frames takes the element `wanted` away."""
    gone = {"select": f"#{wanted}", "how": "remove"}
    await line.until(
        lambda: any(gone.items() <= each.items() for frame in line.heard[after:] for each in frame.get("parts", []))
    )


async def test_a_place_that_is_taken_away_is_gone_for_every_reader_and_comes_back(hearing, api, sign_in, cast) -> None:
    """Bob reads `hush` in care and Lea leads customers; the square shows it to neither while it is restricted."""

    async def shown(name: str, channel: str, wanted: str) -> bool:
        return f'id="{wanted}"' in (await sign_in(name).get(f"/channels/{cast.channels[channel]}")).text

    async def restrict(*, on: bool) -> None:
        await api("lea").patch(f"/api/v1/conversations/{cast.talks['hush']}", json={"restricted": on})

    hush, valve = (f"post-{cast.posts[name]}" for name in ("hush-square", "valve-terrace"))
    hidden, terrace = cast.posts["valve-terrace"], cast.channels["terrace"]
    assert [await shown(name, "square", hush) for name in ("bob", "lea", "charlie")] == [False] * 3
    await restrict(on=False)
    page = (await sign_in("charlie").get(f"/channels/{cast.channels['square']}")).text
    assert element(await part(hearing, "conversation.changed", hush), hush) == element(page, hush)
    before = len(hearing.heard)
    await restrict(on=True)
    await taken(hearing, hush, before)
    assert [await shown(name, "square", hush) for name in ("bob", "lea", "charlie")] == [False] * 3
    before = len(hearing.heard)
    assert (await sign_in("bob").post(f"/posts/{hidden}/remove")).status_code < 400
    await taken(hearing, valve, before)
    assert [await shown(name, "terrace", valve) for name in ("bob", "alice")] == [False] * 2
    assert (await sign_in("bob").post(f"/posts/{hidden}/restore")).status_code < 400
    page = (await sign_in("alice").get(f"/channels/{terrace}")).text
    assert element(await part(hearing, "post.restored", valve), valve) == element(page, valve)


def counted(line, select: str) -> str | None:
    """The number that stands at `select` now: told alone, or in a rail that was told anew."""
    name, numbers = select.removeprefix("[").removesuffix("]"), []
    for part in (each for frame in line.heard for each in frame.get("parts", [])):
        if part["select"] == select:
            numbers.append(part["html"])
        elif inside := re.search(rf"{re.escape(name)}[^>]*>(\d*)<", part.get("html") or ""):
            numbers.append(inside[1] or "0")
    return numbers[-1] if numbers else None


async def test_swapped_numbers_equal_a_fresh_page(hearing, api, sign_in, cast) -> None:
    async def shown(name: str) -> str:
        page = (await sign_in("bob").get("/")).text
        return re.search(rf'data-unread="{name}"[^>]*>(\d*)<', page)[1] or "0"

    square = f"channel:{cast.channels['square']}"
    mark = f'[data-unread="{square}"]'
    for turn in range(3):
        await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": f"For @bob {turn}"})
    await hearing.until(lambda: counted(hearing, '[data-unread="notifications"]'))
    last = (await api("bob").get(f"/api/v1/channels/{cast.channels['square']}")).json()["last_number"]
    steps = (
        lambda: api("bob").post(f"/api/v1/channels/{cast.channels['square']}/read", json={"number": last - 1}),
        lambda: sign_in("bob").post(f"/channels/{cast.channels['square']}/unread-from", data={"number": str(last - 2)}),
        lambda: sign_in("bob").post(f"/channels/{cast.channels['square']}/follow", data={"level": "mute"}),
        lambda: sign_in("bob").post(f"/channels/{cast.channels['square']}/follow", data={"level": "all"}),
        lambda: api("bob").post(f"/api/v1/channels/{cast.channels['square']}/read", json={"number": last}),
        lambda: api("bob").post("/api/v1/notifications/read", json={}),
    )
    for number, do in enumerate(steps):
        before = len(hearing.heard)
        assert (await do()).status_code < 400
        await hearing.until(lambda before=before: len(hearing.heard) > before)
        name = "notifications" if number == len(steps) - 1 else square
        expected = await shown(name)
        wanted = f'[data-unread="{name}"]'
        await hearing.until(lambda wanted=wanted, expected=expected: counted(hearing, wanted) == expected)
    assert counted(hearing, mark) == "0"
    assert counted(hearing, '[data-unread="notifications"]') == "0"
