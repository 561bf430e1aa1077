"""Insert-on-conflict on both engines, with one spelling."""

from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession


def upsert(session: AsyncSession, table: Table) -> postgresql.Insert:
    """Return an INSERT into `table` that knows ON CONFLICT, in the dialect of `session`."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(postgresql.Insert, sqlite.insert(table))
    return postgresql.insert(table)
