"""What every table shares: one metadata with named constraints, and times that are always aware."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, MetaData
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from parley.kit.clock import aware

# Alembic can only drop a constraint that has a name, on SQLite as well.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ANN401
        """Refuse naive times: they are always a mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time was about to be stored")
        return aware(value).replace(tzinfo=None) if dialect.name == "sqlite" else aware(value)

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:  # noqa: ANN401
        """Give back an aware time."""
        return None if value is None else aware(value)
