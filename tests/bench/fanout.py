"""W1 and W6: one post to 1,000 and 5,000 sockets, beside a bare loop; memory of an idle socket."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import websockets

from bench.house import (
    cpu_seconds,
    free_port,
    furnish,
    main_channel,
    percentile,
    resident_kb,
    running,
    say,
    serving,
    settings_for,
)

POSTS, A_PERSON = 30, 33


async def _listen(url: str, token: str, topic: str | None, got: "Heard") -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with websockets.connect(url, additional_headers=headers, compression=None, max_queue=None) as socket:
        if topic:
            # The answer about a channel that is not there comes after the topic itself is heard.
            await socket.send(json.dumps({"topics": {topic: -1, "channel:999999": 0}}))
            await socket.recv()
        got.open += 1
        async for text in socket:
            if '"event"' in text:
                got.heard()


class Heard:
    """Counts what arrives everywhere; `everywhere` is set when all have it."""

    def __init__(self, expected: int) -> None:
        self.open, self.count, self.expected = 0, 0, expected
        self.everywhere = asyncio.Event()

    def heard(self) -> None:
        self.count += 1
        if self.count % self.expected == 0:
            self.everywhere.set()


async def _measure(
    sockets: int, base: str, pid: int, tokens: list[str], topic: str | None, send: object
) -> dict[str, float]:
    got = Heard(sockets)
    before = resident_kb(pid)
    tasks = [
        asyncio.create_task(
            _listen(base.replace("http", "ws") + "/api/v1/live", tokens[n % len(tokens)] if tokens else "", topic, got)
        )
        for n in range(sockets)
    ]
    while got.open < sockets:
        await asyncio.sleep(0.1)
        for task in tasks:
            if task.done():
                task.result()
    await asyncio.sleep(2)
    memory = (resident_kb(pid) - before) / sockets
    last: list[float] = []
    cpu = cpu_seconds(pid)
    async with httpx2.AsyncClient(base_url=base, timeout=30, trust_env=False) as client:
        for number in range(POSTS):
            got.everywhere.clear()
            started = time.perf_counter()
            await send(client, number)  # type: ignore[operator]
            await asyncio.wait_for(got.everywhere.wait(), 30)
            last.append((time.perf_counter() - started) * 1000)
    used = (cpu_seconds(pid) - cpu) / (POSTS * sockets) * 1e6
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {
        "cpu_us_per_delivery": used,
        "last_ms_p50": percentile(last, 0.5),
        "last_ms_p99": percentile(last, 0.99),
        "memory_kb_per_socket": memory,
    }


def run() -> None:
    for sockets in (1000, 5000):
        _run(sockets)


def _run(sockets: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = settings_for(Path(folder), port)
        tokens = asyncio.run(furnish(settings, persons=sockets // A_PERSON + 1, channels=1, posts=0))
        channel = main_channel(settings)

        async def post(client: httpx2.AsyncClient, number: int) -> None:
            answer = await client.post(
                f"/api/v1/channels/{channel}/posts",
                json={"body": f"Post {number}. " + "Words about valves. " * 20},
                headers={"Authorization": f"Bearer {tokens[number % len(tokens)]}"},
            )
            answer.raise_for_status()

        with serving(settings, port) as process:
            ours = asyncio.run(_measure(sockets, settings.public_url, process.pid, tokens, f"channel:{channel}", post))
    frame = json.dumps({"event": "post.published", "data": "x" * 1200})

    async def bare(client: httpx2.AsyncClient, _number: int) -> None:
        await client.post("/post", content=frame)

    floor_port = free_port()
    with running([sys.executable, str(Path(__file__).with_name("floor.py")), str(floor_port)], floor_port) as process:
        floor = asyncio.run(_measure(sockets, f"http://127.0.0.1:{floor_port}", process.pid, [], None, bare))
    say(
        f"W1 fan-out of one durable post to {sockets:,} sockets",
        ours=ours,
        floor=floor,
        cpu_ratio=ours["cpu_us_per_delivery"] / floor["cpu_us_per_delivery"],
    )
