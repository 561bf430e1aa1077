"""Health: what probes and Prometheus are told, and what they are not."""

import asyncio
import socket
from contextlib import suppress

import pytest
from fastapi import FastAPI

from parley.app.health import MetricsPort
from parley.core import migrating
from parley.core.machine import Machine
from parley.core.runner import Runner
from parley.kit.errors import Unavailable
from stage import Caller


async def away() -> None:
    raise Unavailable


async def ready(app: FastAPI) -> tuple[int, dict]:
    async with Caller(app) as stranger:
        answer = await stranger.get("/readyz")
        return answer.status_code, answer.json()


async def test_a_process_that_answers_says_so_without_asking_anybody(
    app: FastAPI, machine: Machine, monkeypatch
) -> None:
    monkeypatch.setattr(machine.database, "reading", away)
    async with Caller(app) as stranger:
        answer = await stranger.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_ready_tells_of_every_part_and_that_no_worker_lives(app: FastAPI, machine: Machine) -> None:
    status, told = await ready(app)
    assert (status, told["status"]) == (200, "degraded"), "pages can be served without a worker"
    assert set(told["parts"]) == {"database", "migrations", "bus", "worker"}
    assert "no worker" in told["parts"]["worker"]
    runner = Runner(machine, {})
    await runner.start()
    async with asyncio.timeout(20):
        while (await ready(app))[1]["parts"]["worker"] != "1 alive":
            await asyncio.sleep(0.02)
    assert (await ready(app))[1]["status"] == "ok"
    await runner.stop()
    assert (await ready(app))[1]["status"] == "degraded"


@pytest.mark.parametrize("part", ["database", "migrations", "bus"])
async def test_ready_is_503_only_without_what_no_page_can_do_without(app, machine, monkeypatch, part) -> None:
    if part == "database":
        monkeypatch.setattr(machine.database, "ping", away)
    elif part == "migrations":
        monkeypatch.setattr(migrating, "head", lambda: "the_next_version")
    else:
        monkeypatch.setattr(machine.bus, "ping", away)
    status, told = await ready(app)
    assert status == (200 if part == "bus" else 503)
    assert told["status"] == ("degraded" if part == "bus" else "down")


async def test_figures_are_for_who_knows_the_token(app: FastAPI, settings, monkeypatch) -> None:
    async with Caller(app) as stranger:
        assert (await stranger.get("/metrics")).status_code == 404, "closed while no token is set"
        monkeypatch.setitem(settings.__dict__, "metrics_token", "scrape-me")
        assert (await stranger.get("/metrics")).status_code == 404
        wrong = await stranger.get("/metrics", headers={"authorization": "Bearer scrape-mf"})
        assert wrong.status_code == 404
        right = await stranger.get("/metrics", headers={"authorization": "Bearer scrape-me"})
    assert right.status_code == 200
    assert 'parley_up{part="database"} 1.0' in right.text
    assert 'parley_jobs{state="queued"}' in right.text
    assert "parley_sockets 0.0" in right.text


async def test_a_loopback_port_of_its_own_asks_no_token(app: FastAPI, machine: Machine) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    port = MetricsPort(machine, number)
    await port.start()
    assert b"parley_up" in await ask(number, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"404 Not Found" in await ask(number, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await ask(number, b"x" * 20_000) == b"", "nonsense ends, and harms nobody"
    assert b"parley_up" in await ask(number, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    await port.stop()


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = b""
    with suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer
