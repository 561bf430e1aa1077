"""What went to another channel is shown, by nothing that stayed behind, to those who may not read it there."""

import pytest
from sqlmodel import select

from parley.core.eventlog import Hint
from parley.models.posts import Post
from parley.web.rendering import Renderer

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
CANARY = "Heliotrope"


@pytest.fixture
async def question(api, cast) -> tuple[int, int]:
    """A question in the square with an accepted answer: their ids."""
    given = {"title": "Which?", "body": "Which one?", "kind": "question"}
    made = await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json=given)
    post = made.json()["id"]
    said = await api("alice").post(f"/api/v1/posts/{post}/comments", json={"body": CANARY})
    comment = said.json()["id"]
    done = await api("alice").put(f"/api/v1/posts/{post}/accepted-comment", json={"comment_id": comment})
    assert done.status_code == 200
    return post, comment


async def test_an_answer_that_was_split_off_answers_no_more(api, cast, question, sign_in) -> None:
    post, comment = question
    assert CANARY in (await sign_in("charlie").get(f"/posts/{post}")).text
    split = {"channel_id": cast.channels["vault"], "comment_ids": [comment], "body": "Apart"}
    assert (await api("alice").post(f"/api/v1/posts/{post}/split", json=split)).status_code == 201
    assert CANARY not in (await sign_in("charlie").get(f"/posts/{post}")).text
    assert (await api("charlie").get(f"/api/v1/posts/{post}")).json()["question"]["answered"] is False


@pytest.mark.parametrize("name", ["question.answered", "thread.resolved", "comments.split"])
async def test_an_old_event_tells_a_channel_nothing_of_what_left_it(api, app, cast, machine, question, name) -> None:
    post, comment = question
    async with machine.database.reading() as session:
        thread = (await session.execute(select(Post).where(Post.id == post))).scalar_one().thread_id
    data = {"post_id": post, "comment_id": comment, "before_id": None, "thread_id": thread, "comment_ids": []}
    hint = Hint(f"channel:{cast.channels['square']}", 1, name, data)
    renderer = Renderer(machine.settings)

    async def told() -> str:
        async with machine.database.reading() as session:
            parts = await app.state.house.voices.parts[name](session, renderer, "en", hint)
        return "".join(part.html for part in parts)

    assert CANARY in await told()
    await api("alice").put(f"/api/v1/posts/{post}/channel", json={"channel_id": cast.channels["vault"]})
    assert CANARY not in await told()


async def test_a_card_says_nothing_of_a_post_that_became_private(api, cast, sign_in) -> None:
    alice = api("alice")
    made = await alice.post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": CANARY})
    passed = {"channel_id": cast.channels["notices"], "body": "Look"}
    card = (await alice.post(f"/api/v1/posts/{made.json()['id']}/pass-on", json=passed)).json()
    assert CANARY in (await sign_in("charlie").get(f"/posts/{card['id']}")).text
    moved = {"channel_id": cast.channels["vault"]}
    assert (await alice.put(f"/api/v1/posts/{made.json()['id']}/channel", json=moved)).status_code == 200
    assert CANARY not in (await sign_in("charlie").get(f"/posts/{card['id']}")).text
    again = {"channel_id": cast.channels["square"], "body": "On purpose"}
    known = (await alice.post(f"/api/v1/posts/{made.json()['id']}/pass-on", json=again)).json()
    assert CANARY in (await sign_in("charlie").get(f"/posts/{known['id']}")).text
