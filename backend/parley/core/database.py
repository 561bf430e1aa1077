"""One database, two ways in: many readers, and writers in turn on SQLite (BEGIN IMMEDIATE)."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as SqlAlchemySession
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core import sqlite
from parley.core.settings import Settings
from parley.kit.errors import Invalid, StorageFull, Unavailable


class _Session(AsyncSession):
    """SQLModel's session, with SQLAlchemy's own `execute`: statements of columns are the rule here, not the exception."""

    execute = SqlAlchemySession.execute


class Database:
    """The engines of one process and the sessions on them."""

    def __init__(self, settings: Settings) -> None:
        """Prepare the engines; nothing is opened before the first use."""
        url = settings.resolved_database_url
        self.embedded = settings.embedded
        if self.embedded:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            file = Path(make_url(url).database or "")
            self._read = _sqlite(url, file, "BEGIN", pool_size=8, max_overflow=8)
            # A deferred transaction that reads first and writes then fails when another wrote between: IMMEDIATE.
            self._write = _sqlite(url, file, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0, pool_timeout=20)
        else:
            # Behind PgBouncer in transaction mode prepared statements belong to another connection.
            connect: dict[str, Any] = {"statement_cache_size": 0} if settings.pgbouncer else {}
            self._write = create_async_engine(
                url,
                pool_size=10,
                max_overflow=20,
                pool_timeout=20,
                pool_pre_ping=True,
                connect_args={"timeout": 5, **connect},
            )
            # A page's rows and the positions of its topics must be of one moment: one snapshot for each reading.
            self._read = self._write.execution_options(isolation_level="REPEATABLE READ")

    @property
    def write_engine(self) -> AsyncEngine:
        """The engine that may write: used by the unit of work and by migrations."""
        return self._write

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session that only reads; it never commits."""
        async with _Session(self._read, expire_on_commit=False, autoflush=False) as session:
            with translated():
                yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Open a session on the writer without committing: the unit of work's own affair."""
        async with _Session(self._write, expire_on_commit=False) as session:
            with translated():
                yield session

    async def ping(self) -> None:
        """Ask the database one question; raise `Unavailable` when it does not answer."""
        async with self.reading() as session:
            await session.exec(text("SELECT 1"))  # type: ignore[call-overload]  # SQLModel types only its selects

    async def close(self) -> None:
        """Close every connection."""
        await self._read.dispose()
        await self._write.dispose()


_NOT_TEXT = "22021"
"""PostgreSQL's code for a NUL inside a text, which SQLite takes."""
_AGAIN = frozenset({"40P01", "40001"})
"""Its codes for a deadlock and for a transaction that came too late: trying again is all they need."""


class translated:  # noqa: N801  (a context manager used like a function)
    """Turn failures of the database itself into facts: 503, or 507 when the disk is full."""

    def __enter__(self) -> None:
        """Do nothing on the way in."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise the fact that stands behind a driver's error."""
        if error is None:
            return
        # The driver's own words: those of SQLAlchemy quote the statement's values, which people have typed.
        words = str(error.orig) if isinstance(error, DBAPIError) else ""
        state = getattr(error.orig, "sqlstate", "") if isinstance(error, DBAPIError) else ""
        if "disk is full" in words or "No space left" in words:
            raise StorageFull from error
        if state == _NOT_TEXT:
            raise Invalid("This contains characters that cannot be stored.") from error
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        # SQLite says OperationalError for a missing table as well: that is a mistake of ours, not a busy moment.
        busy = isinstance(error, OperationalError) and (
            not isinstance(error.orig, sqlite3.Error)
            or any(word in words for word in ("locked", "busy", "interrupted", "disk I/O"))
        )
        if lost or busy or state in _AGAIN or isinstance(error, PoolTimeout | InterfaceError | ConnectionError):
            raise Unavailable from error


def _sqlite(url: str, file: Path, begin: str, **pool: Any) -> AsyncEngine:  # noqa: ANN401  (what the engine takes)
    engine = create_async_engine(url, async_creator=partial(sqlite.connect, file), **pool)

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401  (SQLAlchemy's connection)
        connection.connection.driver_connection.begin(begin)

    return engine
