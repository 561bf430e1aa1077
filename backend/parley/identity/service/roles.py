"""Roles: what a person may beyond being a member. Somebody must always be able to let others in."""

from collections.abc import Collection, Sequence

from sqlalchemy import Row, Select, delete, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.core.unit import Unit
from parley.identity.problems import LastAdmin
from parley.identity.service.sessions import CONTROL
from parley.kit.errors import Invalid, NotFound
from parley.models.identity import Person, RoleGrant
from parley.policy import audit
from parley.policy.actor import ROLES

ADMIN = "it_admin"


async def set_roles(unit: Unit, person_id: int, roles: Collection[str], *, by: int | None, via: str) -> None:
    """Give `person_id` exactly `roles`; what they lose ends now, in open sockets too.

    Raises `LastAdmin` when nobody else could give it back, `Invalid` for an unknown role or a guest with others.
    """
    wanted = _checked(roles)
    if ADMIN not in wanted:
        await keep_an_admin(unit, person_id)
    known = (
        await unit.session.execute(
            select(col(Person.id)).where(col(Person.id) == person_id).with_for_update(key_share=True)
        )
    ).scalar_one_or_none()
    if known is None:
        raise NotFound
    before = await held(unit, person_id)
    if before == wanted:
        return
    await unit.session.execute(
        delete(RoleGrant).where(col(RoleGrant.person_id) == person_id, col(RoleGrant.role).in_(before - wanted))
    )
    await _add(unit, person_id, wanted - before, by)
    unit.tell(Hint(CONTROL, 0, "rights.changed", {"person_id": person_id}))
    await audit.record(
        unit,
        "roles.changed",
        actor_id=by,
        via=via,
        target=f"person:{person_id}",
        before=sorted(before),
        after=sorted(wanted),
    )


async def first_roles(unit: Unit, person_id: int, roles: Collection[str], *, by: int | None) -> None:
    """Give a new account its `roles`, as a part of making it: without an audit row of its own."""
    await _add(unit, person_id, _checked(roles), by)


async def grant(unit: Unit, person_id: int, role: str, *, by: int | None, via: str) -> None:
    """Give `person_id` one role more."""
    await set_roles(unit, person_id, {*await held(unit, person_id), role}, by=by, via=via)


async def revoke(unit: Unit, person_id: int, role: str, *, by: int | None, via: str) -> None:
    """Take one role from `person_id`."""
    await set_roles(unit, person_id, await held(unit, person_id) - {role}, by=by, via=via)


async def held(unit: Unit, person_id: int) -> set[str]:
    """Return the roles that `person_id` holds."""
    return set(
        (await unit.session.execute(select(col(RoleGrant.role)).where(col(RoleGrant.person_id) == person_id))).scalars()
    )


async def keep_an_admin(unit: Unit, person_id: int) -> None:
    """Raise `LastAdmin` if without `person_id` there were no active IT admin, or no break-glass one any more.

    All admins and their grants are locked in order, so that two who remove each other do not both succeed.
    """
    admins = _admins().with_for_update(key_share=True, of=(Person, RoleGrant))
    if _is_last((await unit.session.execute(admins)).all(), person_id):
        raise LastAdmin


async def is_last_admin(session: AsyncSession, person_id: int) -> bool:
    """Whether `person_id` must remain IT admin as things stand; the verbs ask again under locks."""
    return _is_last((await session.execute(_admins())).all(), person_id)


def _admins() -> Select[int | None, bool]:
    return (
        select(col(Person.id), col(Person.break_glass))
        .join(RoleGrant, col(RoleGrant.person_id) == Person.id)
        .where(col(RoleGrant.role) == ADMIN, col(Person.active).is_(True))
        .order_by(col(Person.id))
    )


def _is_last(admins: Sequence[Row[int | None, bool]], person_id: int) -> bool:
    leaving = next((admin for admin in admins if admin.id == person_id), None)
    if leaving is None:
        return False
    others = [admin for admin in admins if admin.id != person_id]
    return not others or (leaving.break_glass and not any(admin.break_glass for admin in others))


def _checked(roles: Collection[str]) -> set[str]:
    wanted = set(roles)
    if not wanted <= set(ROLES):
        raise Invalid(fields={"roles": "There is no such role."})
    if "guest" in wanted and len(wanted) > 1:
        raise Invalid(fields={"roles": "A guest holds no other role."})
    return wanted


async def _add(unit: Unit, person_id: int, roles: Collection[str], by: int | None) -> None:
    for role in sorted(roles):
        unit.session.add(RoleGrant(person_id=person_id, role=role, granted_by=by, granted_at=unit.now))
    await unit.session.flush()
