"""Columns that recur."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Integer
from sqlmodel import Field

from parley.core.tables import UtcDateTime


def moment(**more: Any) -> datetime:  # noqa: ANN401  (what Field takes)
    """Return a column for an aware time in UTC."""
    field: datetime = Field(sa_type=UtcDateTime, **more)
    return field


def reference(table: str, *, null: bool = False, ondelete: str | None = None, index: bool = False) -> Any:  # noqa: ANN401
    """Return a foreign key to `table`.id; None is allowed when `null`."""
    column = Column(Integer, ForeignKey(f"{table}.id", ondelete=ondelete), nullable=null, index=index)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def document(default: Any) -> Any:  # noqa: ANN401
    """Return a JSON column that begins as `default()`."""
    return Field(default_factory=default, sa_column=Column(JSON, nullable=False))
