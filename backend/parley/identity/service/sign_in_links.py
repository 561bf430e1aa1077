"""Sign-in links: one person, once, ten minutes. Only the demo has links that can be used again."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core import crypto
from parley.core.unit import Unit
from parley.identity.problems import AccountClosed, LinkSpent
from parley.kit import clock
from parley.kit.errors import NotFound
from parley.models.identity import Person, SignInLink
from parley.policy import audit

LIFETIME = timedelta(minutes=10)
_REUSABLE_LIFETIME = timedelta(days=365)


async def create(unit: Unit, person_id: int, *, by: int | None, via: str, reusable: bool = False) -> str:
    """Make a link for `person_id` and return its secret; `/auth/link/` goes before it."""
    active = (
        await unit.session.execute(
            select(col(Person.active)).where(col(Person.id) == person_id).with_for_update(key_share=True)
        )
    ).scalar_one_or_none()
    if active is None:
        raise NotFound
    if not active:
        raise AccountClosed
    await unit.session.execute(delete(SignInLink).where(col(SignInLink.expires_at) <= unit.now))
    secret, digest = crypto.new_token()
    unit.session.add(
        SignInLink(
            token_hash=digest,
            person_id=person_id,
            created_at=unit.now,
            expires_at=unit.now + (_REUSABLE_LIFETIME if reusable else LIFETIME),
            reusable=reusable,
        )
    )
    await audit.record(unit, "sign_in_link.made", actor_id=by, via=via, target=f"person:{person_id}")
    return secret


async def whose(session: AsyncSession, secret: str, *, demo: bool) -> int | None:
    """Return the person that the link signs in, without using it up; None for a spent one."""
    found = (
        await session.execute(
            select(col(SignInLink.person_id), col(SignInLink.reusable)).where(
                col(SignInLink.token_hash) == crypto.hash_token(secret), col(SignInLink.expires_at) > clock.now()
            )
        )
    ).one_or_none()
    return found.person_id if found and (demo or not found.reusable) else None


async def consume(unit: Unit, secret: str, *, demo: bool) -> int:
    """Use the link up and return whom it signs in; of any number who try at once, one gets it.

    Raises `LinkSpent` for all others. A reusable link stays, and counts only where this is the `demo`.
    """
    digest = crypto.hash_token(secret)
    live = (col(SignInLink.token_hash) == digest, col(SignInLink.expires_at) > unit.now)
    person_id: int | None = (
        await unit.session.execute(
            delete(SignInLink).where(*live, col(SignInLink.reusable).is_(False)).returning(col(SignInLink.person_id))
        )
    ).scalar_one_or_none()
    if person_id is None and demo:
        person_id = (
            await unit.session.execute(
                select(col(SignInLink.person_id)).where(*live, col(SignInLink.reusable).is_(True))
            )
        ).scalar_one_or_none()
    if person_id is None:
        raise LinkSpent
    return person_id


async def forget_reusable(unit: Unit) -> None:
    """Drop every reusable link: the demo's last only as long as its process."""
    await unit.session.execute(delete(SignInLink).where(col(SignInLink.reusable).is_(True)))
