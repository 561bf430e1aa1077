"""Reads about sign-ins: the ways in, a person's sessions and tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import not_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.identity.service.sessions import Lifetime
from parley.kit import clock
from parley.kit.text import hue_of, initials
from parley.models.identity import ApiToken, Person, Provider, RoleGrant, Session
from parley.models.people import Profile


@dataclass(frozen=True, slots=True)
class Face:
    """A person as the pages before the sign-in show them."""

    id: int
    name: str
    title: str
    initials: str
    hue: int
    photo_url: str | None


@dataclass(frozen=True, slots=True)
class WayIn:
    """A provider as the sign-in page offers it."""

    slug: str
    name: str


async def ways_in(session: AsyncSession) -> Sequence[WayIn]:
    """Return the providers that are switched on, by name."""
    rows = await session.execute(
        select(col(Provider.slug), col(Provider.name))
        .where(col(Provider.enabled).is_(True))
        .order_by(col(Provider.name), col(Provider.id))
    )
    return [WayIn(row.slug, row.name) for row in rows]


async def face(session: AsyncSession, person_id: int) -> Face | None:
    """Return how `person_id` looks, if they are here."""
    found = await faces(session, [person_id])
    return found.get(person_id)


async def faces(session: AsyncSession, person_ids: Sequence[int]) -> dict[int, Face]:
    """Return how the active ones of `person_ids` look."""
    rows = await session.execute(
        select(col(Person.id), col(Person.name), col(Profile.title), col(Profile.hue), col(Profile.face))
        .outerjoin(Profile, col(Profile.person_id) == Person.id)
        .where(col(Person.id).in_(person_ids), col(Person.active).is_(True))
    )
    return {
        row.id: Face(
            row.id,
            row.name,
            row.title or "",
            initials(row.name),
            row.hue or hue_of(row.name),
            f"/faces/{row.face}.svg" if row.face else None,
        )
        for row in rows
    }


async def person_id_of(session: AsyncSession, email_norm: str) -> int | None:
    """Return who has the address, if they are here."""
    found: int | None = (
        await session.execute(
            select(col(Person.id)).where(col(Person.email_norm) == email_norm, col(Person.active).is_(True))
        )
    ).scalar_one_or_none()
    return found


async def sessions_of(session: AsyncSession, person_id: int, lasting: Lifetime) -> Sequence[Session]:
    """Return the sessions of `person_id` that still hold, the one seen last first."""
    return (
        (
            await session.execute(
                select(Session)
                .where(col(Session.person_id) == person_id, not_(lasting.spent(clock.now())))
                .order_by(col(Session.seen_at).desc(), col(Session.id))
            )
        )
        .scalars()
        .all()
    )


async def tokens_of(session: AsyncSession, person_id: int) -> Sequence[ApiToken]:
    """Return the API tokens of `person_id`, the newest first."""
    return (
        (
            await session.execute(
                select(ApiToken).where(col(ApiToken.person_id) == person_id).order_by(col(ApiToken.id).desc())
            )
        )
        .scalars()
        .all()
    )


async def roles_of(session: AsyncSession, person_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the roles of each of `person_ids`, sorted; those without one have no entry."""
    rows = await session.execute(
        select(col(RoleGrant.person_id), col(RoleGrant.role))
        .where(col(RoleGrant.person_id).in_(person_ids))
        .order_by(col(RoleGrant.role))
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row.role)
    return found
