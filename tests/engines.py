"""The databases and the Redis that tests run on: found once, and said loudly when missing."""

import asyncio
import getpass
import itertools
import os
import re
import shutil
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from parley.core import migrating
from parley.core.settings import Settings

T = TypeVar("T")
KINDS = ("sqlite", "postgresql")
LEFT_OUT: dict[str, str] = {}
"""What does not answer here, and what it said."""
SECRET = f"a secret of these tests {uuid4().hex}"
"""New for each run: on a shared Redis it keeps two runs apart."""
_OURS = re.compile(r"parley_test_(\d+)_\w+")


def settings_for(data_dir: Path, database_url: str = "", **more: object) -> Settings:
    """Return settings that owe nothing to the machine the tests run on."""
    values = {"data_dir": data_dir, "database_url": database_url, "secret_key": SECRET, "log_format": "console", **more}
    return Settings(_env_file=None, **values)


class SqliteFiles:
    """Fresh migrated SQLite databases: one is migrated, the others are copies of its file."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"

    def fresh(self, folder: Path) -> str:
        if not self._template.exists():
            asyncio.run(migrating.upgrade(settings_for(self._template.parent, f"sqlite:///{self._template}")))
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._template, folder / "parley.db")
        return f"sqlite:///{folder / 'parley.db'}"

    def drop(self, url: str) -> None:
        """Leave the file to pytest's own tidying."""

    def close(self) -> None:
        """Leave the template to pytest's own tidying."""


class PostgresDatabases:
    """Fresh migrated PostgreSQL databases: one is migrated, the others are made from it as their template."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._prefix = f"parley_test_{os.getpid()}"
        self._numbers = itertools.count(1)
        self._template = ""

    def fresh(self, _folder: Path) -> str:
        if not self._template:
            self._sweep()
            self._create(f"{self._prefix}_template")
            self._template = f"{self._prefix}_template"
            asyncio.run(migrating.upgrade(settings_for(Path(), self._url(self._template))))
        return self.empty(self._template)

    def empty(self, template: str = "template1") -> str:
        """Return a new database that is a copy of `template`."""
        name = f"{self._prefix}_{next(self._numbers)}"
        self._create(name, template)
        return self._url(name)

    def drop(self, url: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{urlsplit(url).path[1:]}" WITH (FORCE)')

    def close(self) -> None:
        if self._template:
            self.drop(self._url(self._template))

    def _create(self, name: str, template: str = "template1") -> None:
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def _run(self, statement: str) -> None:
        asyncio.run(_with_connection(self._admin_url, lambda connection: connection.execute(statement)))

    def _sweep(self) -> None:
        """Drop what test runs that were killed have left behind."""
        rows = asyncio.run(
            _with_connection(self._admin_url, lambda connection: connection.fetch("SELECT datname FROM pg_database"))
        )
        for row in rows:
            match = _OURS.fullmatch(row["datname"])
            if match and not Path(f"/proc/{match[1]}").exists():
                self._run(f'DROP DATABASE IF EXISTS "{row["datname"]}" WITH (FORCE)')

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._admin_url)._replace(path=f"/{name}"))


def postgres() -> PostgresDatabases | None:
    """Return the PostgreSQL of `PARLEY_TEST_POSTGRES_URL`, else of the usual port, else nothing."""
    user = getpass.getuser()
    usual = [f"postgresql://{user}@127.0.0.1/{name}" for name in ("test", "postgres")]
    given = os.environ.get("PARLEY_TEST_POSTGRES_URL")
    reason = ""
    for url in [given] if given else usual:
        try:
            asyncio.run(_with_connection(url, lambda connection: connection.execute("SELECT 1")))
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            reason = f"{type(error).__name__}: {error}"
        else:
            return PostgresDatabases(url)
    LEFT_OUT["PostgreSQL"] = reason
    return None


def redis_url() -> str:
    """Return the Redis of `PARLEY_TEST_REDIS_URL`, else of the usual port, else nothing."""
    url = os.environ.get("PARLEY_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=1):
            return url
    except OSError as error:
        LEFT_OUT["Redis"] = f"{type(error).__name__}: {error}"
        return ""


async def _with_connection(url: str, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(url, timeout=3)
    try:
        return await work(connection)
    finally:
        await connection.close()
