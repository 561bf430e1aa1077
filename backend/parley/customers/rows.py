"""Typed reads of single columns or entities: what `execute(...).scalars()` gives, without losing its type."""

from typing import Any, TypeVar

from sqlalchemy import Select
from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T")


async def first(session: AsyncSession, statement: Select[T]) -> T | None:
    """Return the first column of the first row, or None."""
    found: T | None = (await session.execute(statement)).scalars().first()
    return found


async def one(session: AsyncSession, statement: Select[T]) -> T:
    """Return the first column of the only row."""
    found: T = (await session.execute(statement)).scalars().one()
    return found


async def every(session: AsyncSession, statement: Select[T]) -> list[T]:
    """Return the first column of every row."""
    return list((await session.execute(statement)).scalars().all())


def key(row: Any) -> int:  # noqa: ANN401  (any stored row)
    """Return the id of a stored row."""
    assert row.id is not None  # noqa: S101  (flushed)
    return int(row.id)
