"""Who a good ID token belongs to. Issuer and subject say it; an e-mail address links once, and only under conditions."""

from sqlalchemy import Table, func, select
from sqlmodel import col

from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.identity.oidc.id_token import Claims
from parley.identity.problems import AccountClosed, SignInRefused
from parley.identity.service import accounts
from parley.kit.text import email_norm
from parley.models.identity import ExternalIdentity, Person, Provider
from parley.policy import audit


async def resolve(unit: Unit, provider: Provider, claims: Claims) -> int:
    """Return the person whom `claims` sign in; link or make the account where the provider may.

    Raises `AccountClosed` for somebody who left, whichever way they are found, and `SignInRefused` with a sentence.
    """
    person_id = await _known(unit, claims)
    if person_id is not None:
        return await _present(unit, person_id)
    email = _trusted_email(provider, claims)
    person = await accounts.by_email(unit, email) if email else None
    if person is not None:
        return await _link_by_email(unit, provider, claims, person)
    return await _newcomer(unit, provider, claims, email)


def owns_domain(provider: Provider, email: str) -> bool:
    """Whether the address lies in a domain of the provider: the very same one, no part of a name and no sub-domain."""
    local, _, domain = email_norm(email).rpartition("@")
    return bool(local) and domain in provider.domains


def _trusted_email(provider: Provider, claims: Claims) -> str:
    """Return the address if it is vouched for and the provider's to vouch for, else nothing."""
    vouched = claims.email_verified or provider.trust_email
    return claims.email if vouched and owns_domain(provider, claims.email) else ""


async def _known(unit: Unit, claims: Claims) -> int | None:
    found: int | None = (
        await unit.session.execute(
            select(col(ExternalIdentity.person_id)).where(
                col(ExternalIdentity.issuer) == claims.issuer, col(ExternalIdentity.subject) == claims.subject
            )
        )
    ).scalar_one_or_none()
    return found


async def _present(unit: Unit, person_id: int) -> int:
    active = (await unit.session.execute(select(col(Person.active)).where(col(Person.id) == person_id))).scalar_one()
    if not active:
        raise AccountClosed
    return person_id


async def _link_by_email(unit: Unit, provider: Provider, claims: Claims, person: Person) -> int:
    """Tie a person who was never linked to this identity, once. A second identity is never tied by an address."""
    assert person.id is not None  # noqa: S101  (read from the database)
    # The lock comes before the count: two first sign-ins of two subjects with one address must not both link.
    await unit.session.execute(
        select(col(Person.id)).where(col(Person.id) == person.id).with_for_update(key_share=True)
    )
    await _present(unit, person.id)
    linked = (
        await unit.session.execute(
            select(func.count()).select_from(ExternalIdentity).where(col(ExternalIdentity.person_id) == person.id)
        )
    ).scalar_one()
    if linked:
        raise SignInRefused(
            "email_of_linked_person",
            "Another sign-in belongs to the account with this e-mail address. Ask your IT team to link it.",
        )
    if person.break_glass:
        raise SignInRefused(
            "email_of_local_admin",
            "This e-mail address belongs to an administrator who signs in by a link from the server.",
        )
    return await _link(unit, provider, claims, person.id, event="identity.linked")


async def _newcomer(unit: Unit, provider: Provider, claims: Claims, email: str) -> int:
    if not provider.jit:
        raise SignInRefused("no_account", "There is no account for you here yet. Ask your IT team to make one.")
    if not email:
        raise SignInRefused(
            "email_not_usable",
            "Your company's sign-in did not vouch for an e-mail address that belongs here. Ask your IT team.",
        )
    person = await accounts.create_person(
        unit, email=email, name=claims.name or email.split("@", maxsplit=1)[0], by=None, via=f"provider:{provider.slug}"
    )
    assert person.id is not None  # noqa: S101  (given by the database)
    return await _link(unit, provider, claims, person.id, event="")


async def _link(unit: Unit, provider: Provider, claims: Claims, person_id: int, *, event: str) -> int:
    """Write the identity; of two callbacks of one subject at once the second finds the first one's row."""
    table: Table = ExternalIdentity.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
    made = (
        await unit.session.execute(
            upsert(unit.session, table)
            .values(person_id=person_id, issuer=claims.issuer, subject=claims.subject, linked_at=unit.now)
            .on_conflict_do_nothing()
            .returning(table.c.id)
        )
    ).first()
    if made is None:
        raise SignInRefused("linked_meanwhile", "Somebody was faster. Please sign in again.")
    if event:
        await audit.record(
            unit,
            event,
            actor_id=person_id,
            via=f"provider:{provider.slug}",
            target=f"person:{person_id}",
            issuer=claims.issuer,
            subject=claims.subject,
        )
    return person_id
