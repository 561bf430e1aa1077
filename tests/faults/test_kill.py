"""kill -9 under posting: every acknowledged post is there once, whatever was repeated."""

import asyncio
import os
import signal
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from bench.house import free_port, furnish, main_channel, serving, settings_for

WRITERS = 8


async def _post(client: httpx2.AsyncClient, channel: int, token: str, words: str) -> int:
    """Post until it is acknowledged, with the same client id each time; return the post's id."""
    body = {"body": words, "client_id": str(uuid4())}
    while True:
        try:
            answer = await client.post(
                f"/api/v1/channels/{channel}/posts", json=body, headers={"Authorization": f"Bearer {token}"}
            )
        except httpx2.HTTPError:
            await asyncio.sleep(0.1)  # the server is dead at this moment; there is nothing to wait for but time
            continue
        if answer.status_code in {200, 201}:
            found: int = answer.json()["id"]
            return found
        assert answer.status_code in {409, 429, 503}, answer.text
        await asyncio.sleep(float(answer.headers.get("Retry-After", "0.2")))


class Stored:
    """What was acknowledged so far: the words and their post's id."""

    def __init__(self) -> None:
        self.posts: dict[str, int] = {}
        self._news = asyncio.Condition()

    async def note(self, words: str, post: int) -> None:
        async with self._news:
            self.posts[words] = post
            self._news.notify_all()

    async def until(self, count: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self.posts) >= count)


async def _write(base: str, channel: int, tokens: list[str], count: int, stored: Stored) -> None:
    """Let several writers post `count` texts in all; each keeps its own order."""
    numbers = iter(range(count))

    async def writer(place: int) -> None:
        async with httpx2.AsyncClient(base_url=base, timeout=20, trust_env=False) as client:
            for number in numbers:
                words = f"Post {number} of writer {place}"
                await stored.note(words, await _post(client, channel, tokens[number % len(tokens)], words))

    await asyncio.gather(*(writer(place) for place in range(WRITERS)))


async def _kill_now_and_then(settings: object, port: int, stored: Stored, count: int, kills: int) -> None:
    """Kill the server as often as asked, each time in the middle of posting, and let the last one finish."""
    for turn in range(1, kills + 2):
        with serving(settings, port) as process:  # type: ignore[arg-type]
            await stored.until(count * turn // (kills + 1))
            if turn <= kills:
                os.kill(process.pid, signal.SIGKILL)


async def _all(base: str, channel: int, token: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    cursor = None
    async with httpx2.AsyncClient(base_url=base, timeout=20, trust_env=False) as client:
        while True:
            answer = await client.get(
                f"/api/v1/channels/{channel}/posts",
                headers={"Authorization": f"Bearer {token}"},
                params={"limit": 200, **({"cursor": cursor} if cursor else {})},
            )
            page = answer.json()
            found += [(post["id"], post["body"]) for post in page["items"]]
            cursor = page["next"]
            if cursor is None:
                return found


@pytest.mark.faults
@pytest.mark.parametrize(
    ("count", "kills"),
    [pytest.param(150, 2, id="150 posts"), pytest.param(1000, 8, id="1000 posts", marks=pytest.mark.full)],
)
def test_every_acknowledged_post_is_there_once(tmp_path: Path, count: int, kills: int) -> None:
    port = free_port()
    settings = settings_for(tmp_path, port)
    tokens = asyncio.run(furnish(settings, persons=40, channels=1, posts=0))
    channel = main_channel(settings)

    stored = Stored()

    async def run() -> None:
        await asyncio.gather(
            _write(settings.public_url, channel, tokens, count, stored),
            _kill_now_and_then(settings, port, stored, count, kills),
        )

    asyncio.run(run())
    with serving(settings, port):
        there = asyncio.run(_all(settings.public_url, channel, tokens[0]))
    assert sorted(stored.posts) == sorted(words for _, words in there)
    assert {words: number for number, words in there} == stored.posts
