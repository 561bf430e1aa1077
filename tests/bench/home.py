"""W2: Home of 50 posts at 100,000 posts, beside its bare SQL and rendering."""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

import httpx2

from bench.house import furnish, say, settings_for
from parley.app.main import create_app
from parley.channels.views import ChannelRef
from parley.core import log
from parley.core.machine import build
from parley.kit import clock
from parley.people.views import PersonCard
from parley.posts.views import PostView

CHANNELS, POSTS, ROUNDS = 40, 100_000, 60
SQL = (
    "SELECT p.id, p.channel_id, p.number, p.kind, p.author_id, p.title, p.body_html, p.published_at FROM post p "
    "WHERE p.id IN (SELECT id FROM ({arms}) ORDER BY id DESC LIMIT 50) ORDER BY p.id DESC"
)


async def _ours(settings: object, token: str) -> tuple[float, object]:
    machine = build(settings)  # type: ignore[arg-type]
    app = create_app(machine)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:  # type: ignore[attr-defined]
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        path = "/api/v1/feed/home"
        for _ in range(5):
            (await client.get(path, headers=headers)).raise_for_status()
        started = time.process_time()
        for _ in range(ROUNDS):
            await client.get(path, headers=headers)
        api = (time.process_time() - started) / ROUNDS * 1000
    page = await _page(app, settings, token)
    await app.state.house.close()
    await machine.close()
    return api, (page, app.state.renderer)


async def _page(app: object, settings: object, token: str) -> float:
    from parley.identity.authenticate import authenticate  # the page wants a session; its actor is given here

    async def signed_in(connection: object) -> object:
        connection.scope["path"] = "/api/"  # type: ignore[attr-defined]
        return await authenticate(connection)  # type: ignore[arg-type]

    app.state.authenticate = signed_in  # type: ignore[attr-defined]
    transport = httpx2.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:  # type: ignore[attr-defined]
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        for _ in range(5):
            answer = await client.get("/", headers=headers)
            assert answer.status_code == 200
            assert answer.text.count('class="post"') == 50
        started = time.process_time()
        for _ in range(ROUNDS):
            await client.get("/", headers=headers)
        return (time.process_time() - started) / ROUNDS * 1000


def _floor(folder: Path, renderer: object) -> float:
    database = sqlite3.connect(folder / "parley.db")
    arms = " UNION ALL ".join(
        f"SELECT * FROM (SELECT id FROM post WHERE channel_id={n + 1} AND removed_at IS NULL ORDER BY id DESC LIMIT 50)"  # noqa: S608  (numbers)
        for n in range(CHANNELS)
    )
    person = PersonCard(1, "p0", "Person 0", "", "", "P0", 1, None)
    template = renderer.environment("en").get_template("feed/_flow.html")  # type: ignore[attr-defined]
    now = clock.now()

    def once() -> None:
        rows = database.execute(SQL.format(arms=arms)).fetchall()
        posts = [
            PostView(
                row[0],
                row[2],
                ChannelRef(row[1], f"room-{row[1]}", "open"),
                person,
                row[3],
                row[5],
                row[6],
                now,
                None,
                removed=False,
                pinned=False,
                folded=False,
                reactions=[],
                files=[],
                comment_count=0,
                faces=[],
                last_comment=None,
            )
            for row in rows
        ]
        template.render(posts=posts, older_url=None)

    once()
    started = time.process_time()
    for _ in range(ROUNDS):
        once()
    return (time.process_time() - started) / ROUNDS * 1000


def run() -> None:
    log.configure("console", "error")
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder))
        tokens = asyncio.run(furnish(settings, persons=2, channels=CHANNELS, posts=POSTS))
        api, (page, renderer) = asyncio.run(_ours(settings, tokens[1]))
        floor = _floor(Path(folder), renderer)
    say(
        "W2 Home of 50 posts at 100,000 posts, 40 channels followed",
        page_cpu_ms=page,
        api_cpu_ms=api,
        floor_cpu_ms=floor,
        ratio=page / floor,
    )
