"""Written by `policy.audit` for every domain: who did what to whom. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from parley.models.columns import document, moment, reference


class AuditRow(SQLModel, table=True):
    """One administrative or sensitive act. Holds no message text and no secrets."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"), Index("ix_audit_event", "event", "at"))
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = moment()
    actor_id: int | None = reference("person", null=True)
    via: str = Field(max_length=40)
    """page, api, command, provider:<slug>, machine"""
    event: str = Field(max_length=64)
    target: str = Field(default="", max_length=80)
    address: str = Field(default="", max_length=64)
    detail: dict[str, Any] = document(dict)
