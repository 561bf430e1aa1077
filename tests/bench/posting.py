"""W3: durable posts through the API at 32 connections, beside an empty route."""

import asyncio
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import httpx2

from bench.house import cpu_seconds, free_port, furnish, main_channel, percentile, say, serving, settings_for

CONNECTIONS, REQUESTS = 32, 640


async def _load(base: str, request: object) -> tuple[float, list[float]]:
    times: list[float] = []
    numbers = iter(range(REQUESTS))

    async def worker(client: httpx2.AsyncClient) -> None:
        for number in numbers:
            started = time.perf_counter()
            await request(client, number)  # type: ignore[operator]
            times.append((time.perf_counter() - started) * 1000)

    limits = httpx2.Limits(max_connections=CONNECTIONS)
    async with httpx2.AsyncClient(base_url=base, limits=limits, timeout=60, trust_env=False) as client:
        started = time.perf_counter()
        await asyncio.gather(*(worker(client) for _ in range(CONNECTIONS)))
        return REQUESTS / (time.perf_counter() - started), times


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = settings_for(Path(folder), port)
        tokens = asyncio.run(furnish(settings, persons=40, channels=1, posts=0))
        channel = main_channel(settings)

        async def post(client: httpx2.AsyncClient, number: int) -> None:
            answer = await client.post(
                f"/api/v1/channels/{channel}/posts",
                json={"body": f"Post {number}", "client_id": str(uuid4())},
                headers={"Authorization": f"Bearer {tokens[number % len(tokens)]}"},
            )
            assert answer.status_code == 201, answer.text

        async def empty(client: httpx2.AsyncClient, _number: int) -> None:
            assert (await client.get("/healthz")).status_code == 200

        with serving(settings, port) as process:
            before = cpu_seconds(process.pid)
            rate, times = asyncio.run(_load(settings.public_url, post))
            cpu = (cpu_seconds(process.pid) - before) / REQUESTS * 1000
            before = cpu_seconds(process.pid)
            empty_rate, _ = asyncio.run(_load(settings.public_url, empty))
            empty_cpu = (cpu_seconds(process.pid) - before) / REQUESTS * 1000
    say(
        "W3 durable post, SQLite synchronous=FULL, 32 connections",
        posts_per_s=rate,
        p50_ms=percentile(times, 0.5),
        p99_ms=percentile(times, 0.99),
        cpu_ms=cpu,
        empty_route_per_s=empty_rate,
        empty_route_cpu_ms=empty_cpu,
        cpu_ratio=cpu / empty_cpu,
    )
