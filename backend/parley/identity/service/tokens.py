"""API tokens: a program acts as a person, within scopes. The secret is shown once; only its hash is kept."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlmodel import col

from parley.core import crypto
from parley.core.eventlog import Hint
from parley.core.unit import Unit
from parley.identity.problems import AccountClosed
from parley.identity.service.sessions import CONTROL
from parley.kit.errors import Invalid, NotFound
from parley.kit.text import clean_line
from parley.models.identity import ApiToken, Person
from parley.policy import audit
from parley.policy.actor import SCOPES

MAX_PER_PERSON = 50
LONGEST_DAYS = 3650
_PREFIX = "parley_"
"""So that a scanner of source code recognises one that was committed."""


async def create(
    unit: Unit, person_id: int, *, name: str, scopes: Collection[str], by: int | None, via: str, days: int | None = None
) -> tuple[int, str]:
    """Make a token for `person_id` that lasts `days` (None: until revoked); return its id and its secret.

    Raises `Invalid` with the fields that do not hold.
    """
    label, chosen = clean_line(name), set(scopes)
    fields = _faults(label, chosen, days)
    if fields:
        raise Invalid(fields=fields)
    active = (
        await unit.session.execute(
            select(col(Person.active)).where(col(Person.id) == person_id).with_for_update(key_share=True)
        )
    ).scalar_one_or_none()
    if active is None:
        raise NotFound
    if not active:
        raise AccountClosed
    count = (
        await unit.session.execute(
            select(func.count()).select_from(ApiToken).where(col(ApiToken.person_id) == person_id)
        )
    ).scalar_one()
    if count >= MAX_PER_PERSON:
        raise Invalid("There are %(count)s tokens already. Revoke one that is not needed.", count=count)
    secret, digest = crypto.new_token(_PREFIX)
    row = ApiToken(
        person_id=person_id,
        name=label,
        token_hash=digest,
        scopes=[scope for scope in SCOPES if scope in chosen],
        created_at=unit.now,
        expires_at=unit.now + timedelta(days=days) if days else None,
    )
    unit.session.add(row)
    await unit.session.flush()
    assert row.id is not None  # noqa: S101  (given by the database)
    await audit.record(
        unit,
        "token.made",
        actor_id=by,
        via=via,
        target=f"person:{person_id}",
        token_id=row.id,
        name=label,
        scopes=row.scopes,
    )
    return row.id, secret


async def revoke(unit: Unit, person_id: int, token_id: int, *, by: int | None, via: str) -> None:
    """End one token of `person_id` and its sockets; raise `NotFound` when they have no such token."""
    name = (
        await unit.session.execute(
            delete(ApiToken)
            .where(col(ApiToken.id) == token_id, col(ApiToken.person_id) == person_id)
            .returning(col(ApiToken.name))
        )
    ).scalar_one_or_none()
    if name is None:
        raise NotFound
    unit.tell(Hint(CONTROL, 0, "sessions.ended", {"token_ids": [token_id]}))
    await audit.record(
        unit, "token.revoked", actor_id=by, via=via, target=f"person:{person_id}", token_id=token_id, name=name
    )


def _faults(name: str, scopes: Collection[str], days: int | None) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not 1 <= len(name) <= 80:
        fields["name"] = "Say in 1 to 80 characters what the token is for."
    if not scopes:
        fields["scope"] = "Choose at least one scope."
    elif not set(scopes) <= set(SCOPES):
        fields["scope"] = "There is no such scope."
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        fields["days"] = "Choose between 1 and 3650 days."
    return fields
