"""How Alembic meets the database: on a connection of ours, in one transaction, against all our tables."""

import asyncio
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from parley import models
from parley.core import eventlog, jobs, leases, migrating, schedules
from parley.core.settings import Settings
from parley.core.tables import UtcDateTime, metadata

LOADED = (models, eventlog, jobs, leases, schedules)
"""Importing them is what fills the metadata."""


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Leave out the search index: it has a form of its own on each engine and no place in the models."""
    if kind == "table":
        return not (name or "").startswith("search_index")
    inside = parents.get("table_name") == "search_document"
    return not (inside and name in {"words", "ix_search_document_words"})


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | bool:
    """Write types as plain SQLAlchemy, since a migration must not change when our code does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def run(connection: sa.Connection) -> None:
    """Run what was asked for on `connection`, whose transaction is begun and ended by the caller."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        render_item=render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(migrating.on_own_connection(Settings(), run))
