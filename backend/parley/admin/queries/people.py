"""Accounts as IT sees them: who there is, how they sign in, what is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, or_, select, tuple_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.admin.views import AdminPersonRow, SignInWay
from parley.identity import queries as identity
from parley.kit.paging import decode_cursor, encode_cursor
from parley.models.identity import ExternalIdentity, Person, Provider, RoleGrant
from parley.people.queries import CARD_COLUMNS, card, with_profile

SHOWN = ("active", "left", "all")
_WORDS = 6


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to."""

    q: str = ""
    show: str = "active"
    role: str = ""


async def rows(
    session: AsyncSession, filters: Filters, limit: int, cursor: str | None = None
) -> tuple[Sequence[AdminPersonRow], str | None]:
    """Return a part of the accounts by name, and the cursor of the rest."""
    statement = _found(
        with_profile(
            select(
                *CARD_COLUMNS, col(Person.email), col(Person.active), col(Person.seen_at), col(Person.break_glass)
            ).select_from(Person)
        ),
        filters,
    ).order_by(col(Person.name), col(Person.id))
    if cursor:
        name, person_id = decode_cursor(cursor, str, int)
        statement = statement.where(tuple_(col(Person.name), col(Person.id)) > tuple_(name, person_id))
    found = (await session.execute(statement.limit(limit + 1))).all()
    shown = found[:limit]
    roles = await identity.roles_of(session, [row.id for row in shown])
    more = encode_cursor(shown[-1].name, shown[-1].id) if len(found) > limit else None
    return [
        AdminPersonRow(card(row), row.email, roles.get(row.id, []), row.active, row.seen_at, row.break_glass)
        for row in shown
    ], more


async def count(session: AsyncSession, filters: Filters) -> int:
    """Return how many accounts the filters find."""
    statement = _found(with_profile(select(func.count(col(Person.id))).select_from(Person)), filters)
    return int((await session.execute(statement)).scalar_one())


async def ways(session: AsyncSession, person_id: int) -> Sequence[SignInWay]:
    """Return who the person is at which provider."""
    found = await session.execute(
        select(
            col(ExternalIdentity.issuer),
            col(ExternalIdentity.subject),
            col(ExternalIdentity.linked_at),
            select(func.min(col(Provider.name)))
            .where(col(Provider.issuer) == col(ExternalIdentity.issuer))
            .scalar_subquery()
            .label("provider"),
        )
        .where(col(ExternalIdentity.person_id) == person_id)
        .order_by(col(ExternalIdentity.id))
    )
    return [SignInWay(row.provider or row.issuer, row.subject, row.linked_at) for row in found]


def _found(statement: Select[Any], filters: Filters) -> Select[Any]:
    if filters.show != "all":
        statement = statement.where(col(Person.active).is_(filters.show != "left"))
    if filters.role:
        statement = statement.where(
            exists().where(col(RoleGrant.person_id) == Person.id, col(RoleGrant.role) == filters.role)
        )
    for word in filters.q.split()[:_WORDS]:
        columns = (col(Person.name), col(Person.handle), col(Person.email))
        statement = statement.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return statement
