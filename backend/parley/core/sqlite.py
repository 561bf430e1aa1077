"""SQLite for the event loop: a thread for each connection, and one trip into it for each statement.

SQLAlchemy's dialect for aiosqlite speaks to what stands here instead of aiosqlite's own connection, which goes into its
thread four times for one SELECT (docs/decisions/one-trip-to-sqlite.md).
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Self, TypeVar

T = TypeVar("T")
_PRAGMAS = (
    "busy_timeout=15000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-16000",
    "temp_store=MEMORY",
)


async def connect(file: Path) -> "Connection":
    """Open the database in `file`, tuned as the house needs it."""
    connection = Connection(file)
    try:
        await connection.open()
    except BaseException:
        connection.stop()
        raise
    return connection


class Connection:
    """One connection and its thread, in the shape of aiosqlite's, as the dialect expects it."""

    def __init__(self, file: Path) -> None:
        """Prepare; `open` opens."""
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._work: SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._begin = ""
        self._connection: sqlite3.Connection | None = None
        Thread(target=self._serve, name="sqlite", daemon=True).start()

    async def open(self) -> None:
        """Open the file."""
        self._connection = await self._do(self._opened)

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    @property
    def raw(self) -> sqlite3.Connection:
        """The driver's connection; raises `OperationalError` when it is closed."""
        if self._connection is None:
            raise sqlite3.OperationalError("connection closed")
        return self._connection

    def begin(self, statement: str) -> None:
        """Let a transaction begin with the next statement, in the same trip."""
        self._begin = statement

    def cursor(self) -> "Cursor":
        """Return a cursor; it costs nothing before its first statement."""
        return Cursor(self)

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `function` returns for the driver's connection in its thread."""
        raw, begin, self._begin = self.raw, self._begin, ""

        def statement() -> T:
            if begin:
                raw.execute(begin)
            return function(raw)

        try:
            return await self._do(statement)
        except asyncio.CancelledError:
            # Nobody waits for it any more: it must not hold the writers' turn until it comes to its end.
            raw.interrupt()
            raise

    async def rows(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        """Run `statement` and return its rows as they are."""
        return await self.run(lambda raw: raw.execute(statement, parameters).fetchall())

    async def create_function(self, *args: Any, **more: Any) -> None:  # noqa: ANN401  (sqlite3's own)
        """Make a function of Python known to SQL."""
        await self._do(lambda: self.raw.create_function(*args, **more))

    async def commit(self) -> None:
        """Commit, if anything was begun."""
        await self._end(sqlite3.Connection.commit)

    async def rollback(self) -> None:
        """Roll back, if anything was begun."""
        await self._end(sqlite3.Connection.rollback)

    async def _end(self, how: Callable[[sqlite3.Connection], None]) -> None:
        self._begin = ""
        raw = self.raw
        if raw.in_transaction:
            await self._do(lambda: how(raw))

    async def close(self) -> None:
        """Close, after what is under way."""
        if (raw := self._connection) is not None:
            self._connection = None
            await self._do(raw.close)
        self._work.put(None)

    def stop(self) -> None:
        """Close without waiting for it."""
        raw, self._connection = self._connection, None
        if raw is not None:
            raw.interrupt()
            self._work.put((self._loop.create_future(), raw.close))
        self._work.put(None)

    async def _do(self, function: Callable[[], T]) -> T:
        done: asyncio.Future[T] = self._loop.create_future()
        self._work.put((done, function))
        return await done

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            done, function = work
            result: object = None
            error: Exception | None = None
            try:
                result = function()
            except Exception as failure:  # noqa: BLE001  (it belongs to whoever waits)
                error = failure
            with suppress(RuntimeError):  # the loop has ended: nobody waits
                self._loop.call_soon_threadsafe(_tell, done, result, error)


def _tell(done: asyncio.Future[Any], result: object, error: Exception | None) -> None:
    if done.done():
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(result)


class Cursor:
    """Runs one statement and holds all of its rows."""

    arraysize = 1
    rowcount = -1
    lastrowid: int | None = None
    description: Any = None

    def __init__(self, connection: Connection) -> None:
        """Belong to `connection`."""
        self._connection = connection
        self._rows: Sequence[Any] = ()

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> Self:  # noqa: ANN401  (a sequence or mapping)
        """Run `statement` and fetch its rows."""

        def work(raw: sqlite3.Connection) -> tuple[sqlite3.Cursor, Sequence[Any]]:
            cursor = raw.execute(statement, parameters)
            return cursor, cursor.fetchall() if cursor.description else ()

        self._keep(*await self._connection.run(work))
        return self

    async def executemany(self, statement: str, parameters: Any) -> Self:  # noqa: ANN401
        """Run `statement` once for each of `parameters`."""

        def work(raw: sqlite3.Connection) -> sqlite3.Cursor:
            return raw.executemany(statement, parameters)

        self._keep(await self._connection.run(work), ())
        return self

    def _keep(self, cursor: sqlite3.Cursor, rows: Sequence[Any]) -> None:
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        self._rows = rows

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows."""
        return self._rows

    async def close(self) -> None:
        """Let go of the rows."""
        self._rows = ()
