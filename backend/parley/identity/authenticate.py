"""Who is calling: a browser by its session's cookie, a program by its bearer token. Rows, asked at every request."""

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import Row, Select, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import HTTPConnection

from parley.core import crypto
from parley.core.fixed import Fixed, given
from parley.core.machine import Machine
from parley.core.settings import Settings
from parley.identity import cookies
from parley.identity.service import sessions
from parley.identity.service.last_seen import LastSeen, stale
from parley.kit import clock
from parley.kit.errors import NotSignedIn
from parley.models.identity import ApiToken, Person, RoleGrant, Session
from parley.policy.actor import Actor

_BEARER_PATHS = ("/api/", "/scim/")
_PERSON: tuple[Any, ...] = (
    col(Person.id).label("person_id"),
    col(Person.handle),
    col(Person.name),
    col(Person.language),
    col(Person.theme),
    col(Person.time_zone),
    col(Person.single_keys),
    col(RoleGrant.role),
)


async def authenticate(connection: HTTPConnection) -> Actor | None:
    """Return who makes this request or opens this socket; None for a stranger.

    Where an Authorization header counts (the API), a wrong one is not made good by a cookie.
    """
    machine: Machine = connection.app.state.machine
    bearer = connection.headers.get("authorization")
    if bearer is not None and connection.url.path.startswith(_BEARER_PATHS):
        return await _by_token(connection, machine, bearer)
    secret = cookies.read(connection, machine.settings)
    return await _by_session(connection, machine, secret) if secret else None


async def recheck(session: AsyncSession, actor: Actor) -> None:
    """Raise `NotSignedIn` unless `actor` may still act, inside the transaction that writes.

    The session's (or token's) row is locked for sharing, so that whoever ends it waits until this write is
    committed, and what is written afterwards comes here and finds nothing.
    """
    if actor.session_id is not None:
        statement = _with_roles(select(col(RoleGrant.role)), Session, col(Session.person_id)).where(
            col(Session.id) == actor.session_id, col(Session.expires_at) > clock.now()
        )
        statement = statement.with_for_update(read=True, of=Session)
    else:
        statement = _with_roles(select(col(RoleGrant.role)), ApiToken, col(ApiToken.person_id)).where(
            col(ApiToken.id) == actor.token_id, _token_holds()
        )
        statement = statement.with_for_update(read=True, of=ApiToken)
    roles = {row.role for row in (await session.execute(statement)).all()} or None
    if roles is None or not actor.roles <= roles:
        raise NotSignedIn


async def standing(
    session: AsyncSession, settings: Settings, session_ids: Collection[int], token_ids: Collection[int]
) -> dict[tuple[int | None, int | None], frozenset[str]]:
    """Return the roles behind those of many sessions and tokens that still hold, by (session id, token id)."""
    found: dict[tuple[int | None, int | None], set[str]] = {}
    alive, now = sessions.lifetime(settings).alive, clock.now()
    of_session: tuple[Any, ...] = (col(Session.id), col(Session.seen_at), col(Session.expires_at), col(RoleGrant.role))
    by_session = _with_roles(select(*of_session), Session, col(Session.person_id)).where(
        col(Session.id).in_(session_ids)
    )
    for row in (await session.execute(by_session)).all():
        if alive(row.expires_at, row.seen_at, now):
            found.setdefault((row.id, None), set()).update({row.role} - {None})
    of_token: tuple[Any, ...] = (col(ApiToken.id), col(RoleGrant.role))
    by_token = _with_roles(select(*of_token), ApiToken, col(ApiToken.person_id)).where(
        col(ApiToken.id).in_(token_ids), _token_holds()
    )
    for row in (await session.execute(by_token)).all():
        found.setdefault((None, row.id), set()).update({row.role} - {None})
    return {key: frozenset(roles) for key, roles in found.items()}


async def _by_session(connection: HTTPConnection, machine: Machine, secret: str) -> Actor | None:
    async with machine.database.reading() as session:
        rows = await _session.rows(session, token_hash=crypto.hash_token(secret))
    now = clock.now()
    if not rows or not sessions.lifetime(machine.settings).alive(rows[0].expires_at, rows[0].seen_at, now):
        return None
    if stale(rows[0].seen_at, now):
        _last_seen(connection, machine).note(rows[0].person_id, session_id=rows[0].key_id)
    return _actor(rows, session_id=rows[0].key_id)


async def _by_token(connection: HTTPConnection, machine: Machine, header: str) -> Actor | None:
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return None
    now = clock.now()
    async with machine.database.reading() as session:
        rows = await _token.rows(session, token_hash=crypto.hash_token(secret.strip()), now=now)
    if not rows:
        return None
    if stale(rows[0].used_at, now):
        _last_seen(connection, machine).note(rows[0].person_id, token_id=rows[0].key_id)
    return _actor(rows, token_id=rows[0].key_id, scopes=frozenset(rows[0].scopes))


def _with_roles(statement: Select[Any], key: type, person_id: Any) -> Select[Any]:  # noqa: ANN401  (a mapped column)
    """Go from a session or token to its active person, and to their roles: one row each, or one without a role."""
    return (
        statement.select_from(key)
        .join(Person, col(Person.id) == person_id)
        .outerjoin(RoleGrant, col(RoleGrant.person_id) == Person.id)
        .where(col(Person.active).is_(True))
    )


def _token_holds(now: Any = None) -> Any:  # noqa: ANN401  (a time or the place of one; an SQL condition)
    now = clock.now() if now is None else now
    return or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > now)


_session = Fixed(
    lambda: _with_roles(
        select(col(Session.id).label("key_id"), col(Session.seen_at), col(Session.expires_at), *_PERSON),
        Session,
        col(Session.person_id),
    ).where(col(Session.token_hash) == given("token_hash"))
)
_token = Fixed(
    lambda: _with_roles(
        select(col(ApiToken.id).label("key_id"), col(ApiToken.used_at), col(ApiToken.scopes), *_PERSON),
        ApiToken,
        col(ApiToken.person_id),
    ).where(col(ApiToken.token_hash) == given("token_hash"), _token_holds(given("now")))
)


def _actor(
    rows: Sequence[Row[Any]],
    *,
    session_id: int | None = None,
    token_id: int | None = None,
    scopes: frozenset[str] | None = None,
) -> Actor:
    first = rows[0]
    return Actor(
        person_id=first.person_id,
        handle=first.handle,
        name=first.name,
        language=first.language,
        theme=first.theme,
        roles=frozenset(row.role for row in rows if row.role is not None),
        time_zone=first.time_zone,
        single_keys=first.single_keys,
        session_id=session_id,
        token_id=token_id,
        scopes=scopes,
    )


def _last_seen(connection: HTTPConnection, machine: Machine) -> LastSeen:
    state = connection.app.state
    if not hasattr(state, "last_seen"):
        state.last_seen = LastSeen(machine.units)
    return cast(LastSeen, state.last_seen)
