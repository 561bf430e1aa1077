"""Statements of the hot paths: compiled once, then handed to the driver with nothing but their values.

The rules are still written as SQLAlchemy conditions, by the policies; what a request saves is building them, keying them
and walking through the ORM's results, which costs five times what SQLite needs for the answer
(docs/decisions/fixed-statements.md).
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import BindParameter, ColumnElement, Dialect, Select, String, bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles

from parley.core.sqlite import Connection


class OneOf(ColumnElement[bool]):
    """The condition that a column of numbers or words holds one of as many values as are given: one statement for any number."""

    inherit_cache = False

    def __init__(self, column: Any, name: str) -> None:  # noqa: ANN401  (a column, mapped or not)
        """Compare `column` with the values that `Fixed.rows` is given as `name`."""
        self.column, self.values = column, _Many(name)


class _Many(BindParameter[Any]):
    inherit_cache = False

    def __init__(self, name: str) -> None:
        super().__init__(name, None)


@compiles(OneOf, "sqlite")
def _in_json(element: OneOf, compiler: Any, **more: Any) -> str:  # noqa: ANN401  (SQLAlchemy's compiler)
    column, values = compiler.process(element.column, **more), compiler.process(element.values, **more)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  # nosec B608  (a column and a place)


@compiles(OneOf, "postgresql")
def _any(element: OneOf, compiler: Any, **more: Any) -> str:  # noqa: ANN401
    column, values = compiler.process(element.column, **more), compiler.process(element.values, **more)
    return f"{column} = ANY (CAST({values} AS {'TEXT' if isinstance(element.column.type, String) else 'BIGINT'}[]))"


class Fixed:
    """One statement with named values (`bindparam`), prepared at its first use for each kind of database."""

    def __init__(self, build: Callable[[], Select[*tuple[Any, ...]]]) -> None:
        """Keep what builds the statement; it is called once."""
        self._build = build
        self._plans: dict[str, _Plan] = {}

    async def rows(self, session: AsyncSession, **values: Any) -> list[Any]:  # noqa: ANN401  (what the statement names)
        """Run it in `session` and return its rows as named tuples."""
        dialect = session.get_bind().dialect
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = _Plan(self._build(), dialect)
        given = plan.given(values)
        if dialect.name == "sqlite":
            raw: Connection | None = session.info.get("raw")
            if raw is None:
                connection = await session.connection()
                raw = session.info["raw"] = (await connection.get_raw_connection()).driver_connection
            found = await raw.rows(plan.sql, given)  # type: ignore[union-attr]  # set above
        else:
            found = (await (await session.connection()).exec_driver_sql(plan.sql, given)).all()
        return plan.made(found)


class _Plan:
    """A statement as one driver takes it."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self._order = tuple(compiled.positiontup)
        self._bind = compiled._bind_processors  # noqa: SLF001  (how the dialect writes a value; there is no public way)
        self._many = {name for name, bind in compiled.binds.items() if isinstance(bind, _Many)}
        self._fixed = {name: self._written(name, value) for name, value in compiled.params.items() if value is not None}
        self._as_json = dialect.name == "sqlite"
        columns = compiled._result_columns  # noqa: SLF001  (names and types of what comes back)
        self._row = namedtuple("Row", [column.keyname for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024  (its names are known only now)
        self._read = [
            (place, processor)
            for place, column in enumerate(columns)
            if (processor := column.type._cached_result_processor(dialect, None)) is not None  # noqa: SLF001  (the same on the way back)
        ]

    def given(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """Return all values in the statement's order."""
        named = {name: self._written(name, value) for name, value in values.items()}
        return tuple([named[name] if name in named else self._fixed[name] for name in self._order])

    def _written(self, name: str, value: Any) -> Any:  # noqa: ANN401
        if name in self._many:
            return orjson.dumps(list(value)).decode() if self._as_json else list(value)
        processor = self._bind.get(name)
        return processor(value) if processor is not None else value

    def made(self, found: Sequence[Any]) -> list[Any]:
        """Return raw rows as named tuples, each value as its type reads it."""
        if not self._read:
            return [self._row(*row) for row in found]
        made = []
        for row in found:
            values = list(row)
            for place, processor in self._read:
                values[place] = processor(values[place])
            made.append(self._row(*values))
        return made


def given(name: str) -> Any:  # noqa: ANN401  (stands for a value of any type)
    """Return the place of a value that `Fixed.rows` will be given under `name`; one that is forgotten is a KeyError."""
    return bindparam(name, None)
