"""The same thing sent many times at the same moment is one thing, on both engines."""

import asyncio
from uuid import uuid4

import pytest

from stage import RACES

pytestmark = pytest.mark.parametrize("databases", RACES, indirect=True)


async def test_one_client_id_many_times_at_once(api, cast) -> None:
    posts = f"/api/v1/channels/{cast.channels['square']}/posts"
    sent = {"body": "At once", "client_id": str(uuid4())}
    answers = await asyncio.gather(*(api("bob").post(posts, json=sent) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    comments = f"/api/v1/posts/{cast.posts['square']}/comments"
    answers = await asyncio.gather(*(api("bob").post(comments, json=sent) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert (await api("bob").get(f"/api/v1/posts/{cast.posts['square']}")).json()["comment_count"] == 2


async def test_one_client_id_in_two_places_at_once_is_one_of_them(api, cast) -> None:
    sent = {"body": "Where", "client_id": str(uuid4())}
    for paths in (
        [f"/api/v1/channels/{cast.channels[name]}/posts" for name in ("square", "vault", "terrace")],
        [f"/api/v1/posts/{cast.posts[name]}/comments" for name in ("square", "vault", "terrace")],
    ):
        answers = await asyncio.gather(*(api("bob").post(path, json=sent) for path in paths))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_one_file_is_attached_once(api, cast) -> None:
    file = (await api("bob").post("/api/v1/files", files={"file": ("a.txt", b"words")})).json()["id"]
    posts = f"/api/v1/channels/{cast.channels['square']}/posts"
    answers = await asyncio.gather(
        *(api("bob").post(posts, json={"body": f"With {turn}", "attachments": [file]}) for turn in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


async def test_reactions_and_reading_at_once(api, cast) -> None:
    post = f"/api/v1/posts/{cast.posts['square']}/reactions/👍"
    answers = await asyncio.gather(*(api("bob").put(post) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {204}
    shown = (await api("bob").get(f"/api/v1/posts/{cast.posts['square']}")).json()["reactions"]
    assert [(reaction["emoji"], reaction["count"]) for reaction in shown] == [("👍", 1)]
    reads = await asyncio.gather(
        *(
            api("charlie").post(f"/api/v1/channels/{cast.channels['square']}/read", json={"number": number})
            for number in (1, 2, 1, 2)
        )
    )
    assert {answer.status_code for answer in reads} == {204}
