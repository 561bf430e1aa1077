"""A house to measure: a database with persons, channels and posts, and a server on it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import insert

from parley.app.composition import compose
from parley.channels.service import lifecycle, membership
from parley.core import migrating
from parley.core.machine import build
from parley.core.settings import Settings
from parley.identity.service import accounts, tokens
from parley.kit import clock
from parley.models.channels import Channel
from parley.models.posts import Post, Thread
from parley.policy.actor import SCOPES, Actor

BODY = "A sentence of the usual length about valves, paint and lorries. " * 6
TICKS = os.sysconf("SC_CLK_TCK")


def settings_for(folder: Path, port: int = 0) -> Settings:
    return Settings(data_dir=folder, public_url=f"http://127.0.0.1:{port}", log_level="error", secret_key="b" * 40)


async def furnish(settings: Settings, persons: int, channels: int, posts: int) -> list[str]:
    """Make persons (each in every channel), channels and posts; return one token a person."""
    await migrating.upgrade(settings)
    machine = build(settings)
    house = compose(machine)
    secrets: list[str] = []
    async with machine.units.begin() as unit:
        people = [
            await accounts.create_person(unit, email=f"p{n}@example.org", name=f"Person {n}", by=None, via="machine")
            for n in range(persons)
        ]
        owner = Actor(people[0].id or 0, people[0].handle, people[0].name, frozenset())
        rooms = [await lifecycle.create(unit, owner, name=f"room-{n}", kind="open") for n in range(channels)]
        for person in people:
            for room in rooms:
                await membership.let_in(unit, room, person.id or 0, by=None)
            _, secret = await tokens.create(unit, person.id or 0, name="bench", scopes=SCOPES, by=None, via="machine")
            secrets.append(secret)
        await _fill(unit.session, [room.id or 0 for room in rooms], owner.person_id, posts)
        for room in rooms:
            room.last_number = posts // channels
            unit.session.add(room)
    await house.close()
    await machine.close()
    return secrets


async def _fill(session: object, rooms: list[int], author: int, posts: int) -> None:
    now = clock.now()
    body = f"<p>{BODY}</p>"
    for start in range(0, posts, 5000):
        some = range(start, min(start + 5000, posts))
        await session.execute(insert(Thread), [{"id": n + 1, "comment_count": 0} for n in some])  # type: ignore[attr-defined]
        await session.execute(
            insert(Post),
            [
                {  # type: ignore[attr-defined]
                    "channel_id": rooms[n % len(rooms)],
                    "number": n // len(rooms) + 1,
                    "kind": "update",
                    "author_id": author,
                    "thread_id": n + 1,
                    "title": "",
                    "body": body,
                    "body_html": body,
                    "content_hash": "",
                    "version": 1,
                    "published_at": now,
                }
                for n in some
            ],
        )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server and wait until it answers; end it afterwards."""
    process = subprocess.Popen(command, env={**os.environ, **(env or {})}, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).read()
                break
            except OSError:
                time.sleep(0.01)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def serving(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    env = {
        "PARLEY_DATA_DIR": str(settings.data_dir),
        "PARLEY_PUBLIC_URL": settings.public_url,
        "PARLEY_SECRET_KEY": settings.secret_key,
        "PARLEY_LOG_LEVEL": "error",
    }
    command = [str(Path(sys.executable).parent / "parley"), "serve", "--port", str(port)]
    with running(command, port, env) as process:
        yield process


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_kb(pid: int) -> int:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def say(work: str, **figures: object) -> None:
    print(
        json.dumps(
            {
                "work": work,
                **{name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()},
            }
        ),
        flush=True,
    )


def main_channel(settings: Settings) -> int:
    async def find() -> int:
        machine = build(settings)
        async with machine.database.reading() as session:
            from sqlmodel import select

            found = (await session.exec(select(Channel.id).limit(1))).one()
        await machine.close()
        return found or 0

    return asyncio.run(find())
