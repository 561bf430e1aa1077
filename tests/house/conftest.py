"""What walks the routes: the whole application with the cast and its props, and a way back after each change."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from cast import Cast
from engines import LEFT_OUT
from house.props import write
from house.walking import Rewinder, Walk
from identity.provider import LoopbackProvider
from parley.app.main import create_app
from parley.core.machine import build
from stage import Scripts, browser, program, scripts

__all__ = ["scripts"]


@pytest.fixture
def played(request, scripts: Scripts, tmp_path):
    """The settings and the cast; on SQLite, where what was changed can be undone, or on the engine that is asked for."""
    engine = getattr(request, "param", "sqlite")
    databases = request.getfixturevalue("sqlite_files" if engine == "sqlite" else "postgres_databases")
    if databases is None:
        pytest.skip(f"PostgreSQL does not answer ({LEFT_OUT['PostgreSQL']})")
    settings, cast = scripts.copy(databases, tmp_path / "house")
    more = {"trusted_networks": ("127.0.0.0/8",), "demo": True, "metrics_token": "scrape-me"}
    yield settings.model_copy(update=more), cast
    databases.drop(settings.database_url)


@pytest.fixture
def cast(played) -> Cast:
    return played[1]


@pytest.fixture
async def app(played) -> AsyncIterator[FastAPI]:
    machine = build(played[0])
    app = create_app(machine)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def walk(app: FastAPI, cast: Cast, played) -> AsyncIterator[Walk]:
    running = LoopbackProvider()
    await running.start()
    props = await write(app.state.machine, cast, running)
    rewinder = Rewinder(played[0].data_dir / "parley.db") if played[0].embedded else None
    walk = Walk(
        props, lambda name: browser(app, cast, name), lambda name, scope: program(app, cast, name, scope), rewinder
    )
    yield walk
    await walk.close()
    if rewinder:
        rewinder.close()
    await running.stop()
