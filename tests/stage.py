"""What the tests of the domains stand on: the cast in a fresh database, the application, and whoever calls it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

import engines
from cast import Cast, write
from engines import PostgresDatabases, SqliteFiles
from parley.app import composition
from parley.app.main import create_app
from parley.core import crypto
from parley.core.machine import Machine, build
from parley.core.settings import Settings

BOTH = ["sqlite", "postgresql"]
"""SQLite always; PostgreSQL in `make check-full`."""
RACES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.races)]
"""Always both: what happens at the same moment is another story where writers do not take turns."""


class Scripts:
    """The cast, written once for each engine and copied for each test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[str, tuple[Cast, str, Path]] = {}

    def copy(self, databases: SqliteFiles | PostgresDatabases, folder: Path) -> tuple[Settings, Cast]:
        kind = type(databases).__name__
        if kind not in self._written:
            self._written[kind] = self._write(databases, self._folder / kind)
        cast, url, data = self._written[kind]
        shutil.copytree(data, folder, dirs_exist_ok=True)
        if isinstance(databases, SqliteFiles):
            return engines.settings_for(folder, f"sqlite:///{folder / 'parley.db'}"), cast
        return engines.settings_for(folder, databases.empty(url.rpartition("/")[2])), cast

    def _write(self, databases: SqliteFiles | PostgresDatabases, data: Path) -> tuple[Cast, str, Path]:
        url = databases.fresh(data)
        data.mkdir(parents=True, exist_ok=True)

        async def whole() -> Cast:
            machine = build(engines.settings_for(data, url))
            house = composition.compose(machine)
            cast = await write(machine)
            await house.close()
            await machine.close()
            return cast

        return asyncio.run(whole()), url, data


class Caller(AsyncClient):
    """A browser on our own pages, or a program with a token."""

    def __init__(self, app: FastAPI, **more: object) -> None:
        super().__init__(
            transport=ASGITransport(app, client=("127.0.0.1", 50000)),
            base_url=app.state.machine.settings.public_url,
            **more,
        )


def browser(app: FastAPI, cast: Cast, name: str | None) -> Caller:
    """A browser in which `name` (None: nobody) is signed in."""
    client = Caller(app, headers={"sec-fetch-site": "same-origin", "accept": "text/html"})
    if name:
        someone = cast.people[name]
        client.cookies.set("parley", someone.secret, domain="127.0.0.1", path="/")
        client.headers["x-csrf-token"] = crypto.csrf_token(app.state.csrf_key, str(someone.session_id))
    return client


def program(app: FastAPI, cast: Cast, name: str, scope: str | None = None) -> Caller:
    """A program that acts for `name`, with every scope or one."""
    someone = cast.people[name]
    secret = someone.scoped[scope] if scope else someone.token
    return Caller(app, headers={"authorization": f"Bearer {secret}"})


def files_in(settings: Settings) -> set[str]:
    """Every file that uploads left on the disk, half ones too."""
    return {
        str(file.relative_to(settings.data_dir)) for file in (settings.data_dir / "files").rglob("*") if file.is_file()
    }


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Scripts:
    return Scripts(tmp_path_factory.mktemp("cast"))


@pytest.fixture
def staged(
    databases: SqliteFiles | PostgresDatabases, scripts: Scripts, tmp_path: Path
) -> Iterator[tuple[Settings, Cast]]:
    settings, cast = scripts.copy(databases, tmp_path / "house")
    yield settings, cast
    databases.drop(settings.database_url)


@pytest.fixture
def settings(staged: tuple[Settings, Cast]) -> Settings:
    return staged[0]


@pytest.fixture
def cast(staged: tuple[Settings, Cast]) -> Cast:
    return staged[1]


@pytest.fixture
async def machine(settings: Settings) -> AsyncIterator[Machine]:
    """The cast's machine, not yet composed."""
    machine = build(settings)
    await machine.start()
    yield machine
    await machine.close()


@pytest.fixture
async def house(machine: Machine) -> AsyncIterator[composition.House]:
    """The domains tied together, without the application."""
    house = composition.compose(machine)
    yield house
    await house.close()


@pytest.fixture
async def app(machine: Machine) -> AsyncIterator[FastAPI]:
    """The whole application; it composes the machine itself."""
    app = create_app(machine)
    yield app
    await app.state.hub.close()
    if hasattr(app.state, "last_seen"):
        await app.state.last_seen.close()
    if hasattr(app.state, "federation"):
        await app.state.federation.http.aclose()
    await app.state.house.close()


@pytest.fixture
async def sign_in(app: FastAPI, cast: Cast) -> AsyncIterator[Callable[[str | None], Caller]]:
    """Return browsers in which the named are signed in."""
    opened: list[Caller] = []

    def enter(name: str | None) -> Caller:
        opened.append(browser(app, cast, name))
        return opened[-1]

    yield enter
    for client in opened:
        await client.aclose()


@pytest.fixture
async def api(app: FastAPI, cast: Cast) -> AsyncIterator[Callable[..., Caller]]:
    """Return programs that act for the named."""
    opened: list[Caller] = []

    def enter(name: str, scope: str | None = None) -> Caller:
        opened.append(program(app, cast, name, scope))
        return opened[-1]

    enter.app = app
    yield enter
    for client in opened:
        await client.aclose()
