"""How this process is: for probes, for Prometheus, for `parley doctor`."""

import asyncio
import os
import secrets
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest, multiprocess

from parley.core import jobs, leases, migrating
from parley.core.machine import Machine
from parley.core.runner import WORKER
from parley.kit.errors import NotFound
from parley.web.visit import Anyone

router = APIRouter()
PATIENCE = 3.0
"""Seconds that one question to the database or the bus may take before it counts as no answer."""
# What all processes see alike is told as whoever asked last saw it; what each has for itself is added up.
_JOBS = Gauge("parley_jobs", "Jobs by state", ["state"], multiprocess_mode="mostrecent")
_WAITING = Gauge(
    "parley_jobs_waiting_seconds", "Age of the oldest job that should have begun", multiprocess_mode="mostrecent"
)
_WORKERS = Gauge("parley_workers", "Workers that are alive", multiprocess_mode="mostrecent")
_UP = Gauge("parley_up", "Whether a part answers", ["part"], multiprocess_mode="mostrecent")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing this process stands on. Without a vital one it cannot answer anybody."""

    name: str
    ok: bool
    words: str
    vital: bool


async def parts(machine: Machine) -> list[Part]:
    """Ask everything this process stands on."""
    return [
        await _ask("database", _database(machine), vital=True),
        await _ask("migrations", _migrations(machine), vital=True),
        await _ask("bus", _bus(machine), vital=False),
        await _ask("worker", _worker(machine), vital=False),
    ]


@router.get("/healthz", include_in_schema=False)
async def healthz(_visit: Anyone) -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", include_in_schema=False)
async def readyz(visit: Anyone) -> Response:
    """Say whether requests can be served: 503 when not. What is away but not vital is told, and serves on."""
    found = await parts(visit.machine)
    down = any(part.vital and not part.ok for part in found)
    status = "down" if down else "ok" if all(part.ok for part in found) else "degraded"
    body = {"status": status, "parts": {part.name: part.words for part in found}}
    return JSONResponse(body, 503 if down else 200, {"Cache-Control": "no-store"})


@router.get("/metrics", include_in_schema=False)
async def metrics(visit: Anyone) -> Response:
    """Give the figures to who knows the token; the port of their own needs none."""
    given = visit.request.headers.get("authorization", "").removeprefix("Bearer ")
    wanted = visit.machine.settings.metrics_token
    if not wanted or not secrets.compare_digest(given.encode(), wanted.encode()):
        raise NotFound
    return Response(await figures(visit.machine), media_type=CONTENT_TYPE_LATEST)


async def figures(machine: Machine) -> bytes:
    """Return all figures in Prometheus' form: of this process, or of all that serve together."""
    for part in await parts(machine):
        _UP.labels(part.name).set(part.ok)
    with suppress(Exception):  # a database that is away is a figure too (parley_up), not a failed scrape
        async with asyncio.timeout(PATIENCE), machine.database.reading() as session:
            counts = await jobs.counts(session)
            for state in ("queued", "running", "dead"):
                _JOBS.labels(state).set(getattr(counts, state))
            _WAITING.set(counts.waiting_seconds)
            _WORKERS.set(len(await leases.holders(session, WORKER)))
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # carries no types
    return generate_latest(together)


class MetricsPort:
    """`/metrics` on a loopback port of its own, where no token is asked."""

    def __init__(self, machine: Machine, port: int) -> None:
        """Take the port to listen on."""
        self._machine = machine
        self._port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self._port, limit=8192)

    async def stop(self) -> None:
        """Stop answering."""
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(10):
                request = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0]
                known = request.startswith((b"GET /metrics ", b"GET /metrics?"))
                body = await figures(self._machine) if known else b"only /metrics is here\n"
                head = f"HTTP/1.1 {'200 OK' if known else '404 Not Found'}\r\nContent-Type: {CONTENT_TYPE_LATEST}\r\n"
                writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
                await writer.drain()
        writer.close()


async def _ask(name: str, question: Awaitable[str], *, vital: bool) -> Part:
    try:
        async with asyncio.timeout(PATIENCE):
            return Part(name, True, await question, vital)
    except Fault as fault:
        return Part(name, False, str(fault), vital)
    except Exception as error:  # noqa: BLE001  (whatever it is: the part does not answer)
        return Part(name, False, f"no answer ({type(error).__name__})", vital)


class Fault(Exception):  # noqa: N818  (says what is wrong)
    """A part answers, and is not as it should be."""


async def _database(machine: Machine) -> str:
    await machine.database.ping()
    return "SQLite" if machine.settings.embedded else "PostgreSQL"


async def _migrations(machine: Machine) -> str:
    async with machine.database.reading() as session:
        current = await migrating.current(session)
    if current != migrating.head():
        raise Fault(f"the schema is at {current or 'nothing'}, this version needs {migrating.head()}")
    return current


async def _bus(machine: Machine) -> str:
    await machine.bus.ping()
    return "Redis" if machine.settings.redis_url else "in this process"


async def _worker(machine: Machine) -> str:
    async with machine.database.reading() as session:
        alive = len(await leases.holders(session, WORKER))
    if not alive:
        raise Fault("no worker is alive: no mail comes in, no reply goes out")
    return f"{alive} alive"
