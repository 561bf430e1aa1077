"""Whose own topic an event came on: numbers on it are that person's, with the rights they have now."""

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.models.identity import RoleGrant
from parley.policy.actor import Actor


async def owner(session: AsyncSession, hint: Hint) -> Actor | None:
    """Return the person on whose topic `hint` is told; None on every other topic, which more people hear."""
    person_id = hint.data.get("person_id")
    if person_id is None or hint.topic != f"person:{person_id}":
        return None
    roles = await session.execute(select(col(RoleGrant.role)).where(col(RoleGrant.person_id) == person_id))
    return Actor(person_id, "", "", frozenset(roles.scalars()))
