"""W2: Home of 50 posts for three readers at 10,000, 100,000 and 1,000,000 posts, beside its bare SQL and rendering."""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

import httpx2
from markupsafe import Markup

from bench import town
from bench.house import say, settings_for
from parley.app.main import create_app
from parley.channels.unread import unread
from parley.channels.views import ChannelRef
from parley.core import log
from parley.core.machine import build
from parley.core.sqlite import Connection
from parley.identity.authenticate import authenticate
from parley.kit import clock
from parley.people.views import PersonCard
from parley.policy.actor import Actor
from parley.posts.shelf import Shown
from parley.posts.views import PostView

SIZES, ROUNDS = (10_000, 100_000, 1_000_000), 60
WHO = {"usual": town.READER, "crowded": town.CROWDED, "quiet": town.QUIET}
SQL = (
    "SELECT p.id, p.channel_id, p.number, p.kind, p.author_id, p.title, p.body_html, p.published_at FROM post p "
    "WHERE p.id IN (SELECT id FROM ({arms} ORDER BY id DESC LIMIT 50)) ORDER BY p.id DESC"
)


async def _cpu(client: httpx2.AsyncClient, path: str, headers: dict[str, str]) -> float:
    for _ in range(5):
        (await client.get(path, headers=headers)).raise_for_status()
    started = time.process_time()
    for _ in range(ROUNDS):
        await client.get(path, headers=headers)
    return (time.process_time() - started) / ROUNDS * 1000


async def _ours(folder: Path, secrets: list[str]) -> tuple[dict[str, float], object]:
    settings = settings_for(folder)
    machine = build(settings)
    app = create_app(machine)

    async def signed_in(connection: object) -> object:  # a page wants a session; its actor is given here
        connection.scope["path"] = "/api/"  # type: ignore[attr-defined]
        return await authenticate(connection)  # type: ignore[arg-type]

    figures: dict[str, float] = {}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:
        for name, who in WHO.items():
            headers = {"Authorization": f"Bearer {secrets[who - 1]}", "Accept-Encoding": "identity"}
            app.state.authenticate = authenticate
            figures[f"{name}_api_cpu_ms"] = await _cpu(client, "/api/v1/feed/home", headers)
            app.state.authenticate = signed_in
            figures[f"{name}_page_cpu_ms"] = await _cpu(client, "/", headers)
    figures["rail_of_200_sql_ms"] = await _rail(machine)
    renderer = app.state.renderer
    await app.state.house.close()
    await machine.close()
    return figures, renderer


async def _rail(machine: object) -> float:
    """The CPU time of SQLite for the counts of 200 channels: one statement."""
    spent: list[float] = []
    run = Connection.run

    async def timed(self: Connection, function: object) -> object:
        def work(raw: sqlite3.Connection) -> object:
            started = time.thread_time()
            try:
                return function(raw)  # type: ignore[operator]
            finally:
                spent.append(time.thread_time() - started)

        return await run(self, work)

    actor = Actor(town.CROWDED, "p1", "Person 1", frozenset())
    Connection.run = timed  # type: ignore[method-assign, assignment]
    try:
        async with machine.database.reading() as session:  # type: ignore[attr-defined]
            assert len(await unread(session, actor)) == town.MANY
            spent.clear()
            for _ in range(ROUNDS):
                await unread(session, actor)
    finally:
        Connection.run = run  # type: ignore[method-assign]
    assert len(spent) == ROUNDS, "one statement each"
    return sum(spent) / ROUNDS * 1000


def _floor(folder: Path, renderer: object) -> float:
    database = sqlite3.connect(folder / "parley.db")
    arms = " UNION ALL ".join(
        f"SELECT id FROM post WHERE channel_id={n + 1} AND removed_at IS NULL"  # noqa: S608  (numbers)
        for n in range(town.FOLLOWED)
    )
    person = PersonCard(1, "p0", "Person 0", "", "", "P0", 1, None)
    environment = renderer.environment("en")  # type: ignore[attr-defined]
    post, flow = environment.get_template("posts/_post.html"), environment.get_template("feed/_flow.html")
    now = clock.now()

    def once() -> None:
        rows = database.execute(SQL.format(arms=arms)).fetchall()
        posts = [
            PostView(
                id=row[0],
                number=row[2],
                channel=ChannelRef(row[1], f"room-{row[1]}", "open"),
                author=person,
                kind=row[3],
                title=row[5],
                body_html=row[6],
                created_at=now,
                edited_at=None,
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
        shown = [Shown(each.id, each.number, now, Markup(post.render(post=each))) for each in posts]  # noqa: S704
        flow.render(posts=shown, older_url=None)

    once()
    started = time.process_time()
    for _ in range(ROUNDS):
        once()
    return (time.process_time() - started) / ROUNDS * 1000


def run() -> None:
    log.configure("console", "error")
    for posts in SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            secrets = town.furnish(settings_for(folder), posts)
            figures, renderer = asyncio.run(_ours(folder, secrets))
            floor = _floor(folder, renderer)
        ratio = figures["usual_page_cpu_ms"] / floor
        say(f"W2 Home of 50 posts at {posts:,} posts", **figures, floor_cpu_ms=floor, ratio=ratio)
