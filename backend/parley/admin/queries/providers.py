"""Sign-in providers as IT sees them."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.admin.views import ProviderRow
from parley.kit.errors import NotFound
from parley.models.identity import ExternalIdentity, Provider


async def rows(session: AsyncSession) -> Sequence[ProviderRow]:
    """Return every provider with how many persons are linked to its issuer."""
    people = (
        select(func.count(func.distinct(col(ExternalIdentity.person_id))))
        .where(col(ExternalIdentity.issuer) == col(Provider.issuer))
        .scalar_subquery()
    )
    found = await session.execute(
        select(
            col(Provider.id), col(Provider.slug), col(Provider.name), col(Provider.issuer), col(Provider.enabled),
            people.label("people"),
        ).order_by(col(Provider.name), col(Provider.id))
    )  # fmt: skip
    return [ProviderRow(row.id, row.slug, row.name, row.issuer, row.enabled, row.people) for row in found]


async def one(session: AsyncSession, provider_id: int) -> Provider:
    """Return the provider, or raise `NotFound`."""
    row = await session.get(Provider, provider_id)
    if row is None:
        raise NotFound
    return row
