"""Sessions: a browser that is signed in is a row; ending it deletes the row and closes its sockets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlmodel import col

from parley.core import crypto
from parley.core.eventlog import Hint
from parley.core.settings import Settings
from parley.core.unit import Unit
from parley.identity.problems import AccountClosed
from parley.kit.errors import NotFound
from parley.kit.text import clean_line
from parley.models.identity import Person, Session
from parley.policy import audit

CONTROL = "control"
"""The topic of words to every process; never in the log, never given to a reader."""
LOCAL_METHODS = ("link", "demo")
"""What stands as a session's method when no provider vouched."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts: so long without use, and so long at most."""

    idle: timedelta
    absolute: timedelta

    def alive(self, expires_at: datetime, seen_at: datetime, now: datetime) -> bool:
        """Whether a session with these times still holds at `now`."""
        return expires_at > now and now - seen_at < self.idle

    def spent(self, now: datetime) -> ColumnElement[bool]:
        """The condition under which a session row no longer holds."""
        return or_(col(Session.expires_at) <= now, col(Session.seen_at) <= now - self.idle)


def lifetime(settings: Settings) -> Lifetime:
    """Return how long sessions last in this installation."""
    return Lifetime(timedelta(hours=settings.session_idle_hours), timedelta(days=settings.session_absolute_days))


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from, and the session that this browser had until now."""

    address: str = ""
    agent: str = ""
    former_session_id: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: the secret goes into the cookie and is kept nowhere else."""

    session_id: int
    person_id: int
    secret: str


async def create(
    unit: Unit, person_id: int, *, method: str, lasting: Lifetime, browser: Browser, issuer: str = "", sid: str = ""
) -> Opened:
    """Sign `person_id` in; raise `AccountClosed` for somebody who left.

    The person's row is locked first: a deactivation that runs at the same time either sees this session and ends
    it, or was first and is seen here.
    """
    person = (
        await unit.session.execute(
            select(col(Person.active)).where(col(Person.id) == person_id).with_for_update(key_share=True)
        )
    ).one_or_none()
    if person is None:
        raise NotFound
    if not person.active:
        raise AccountClosed
    await unit.session.execute(delete(Session).where(col(Session.person_id) == person_id, lasting.spent(unit.now)))
    if browser.former_session_id is not None:
        await _forget(unit, col(Session.id) == browser.former_session_id)
    secret, digest = crypto.new_token()
    row = Session(
        token_hash=digest,
        person_id=person_id,
        method=method,
        issuer=issuer,
        sid=sid,
        agent=clean_line(browser.agent)[:400],
        address=browser.address[:64],
        created_at=unit.now,
        seen_at=unit.now,
        expires_at=unit.now + lasting.absolute,
    )
    unit.session.add(row)
    await unit.session.execute(update(Person).where(col(Person.id) == person_id).values(seen_at=unit.now))
    await unit.session.flush()
    assert row.id is not None  # noqa: S101  (given by the database)
    await audit.record(
        unit,
        "session.started",
        actor_id=person_id,
        via=method if method in LOCAL_METHODS else f"provider:{method}",
        target=f"person:{person_id}",
        address=browser.address,
    )
    return Opened(row.id, person_id, secret)


async def end(unit: Unit, person_id: int, session_id: int, *, by: int, via: str, address: str = "") -> None:
    """End one session of `person_id`; raise `NotFound` when they have no such session."""
    if not await _forget(unit, col(Session.id) == session_id, col(Session.person_id) == person_id):
        raise NotFound
    await audit.record(
        unit, "session.ended", actor_id=by, via=via, target=f"person:{person_id}", address=address, sessions=1
    )


async def end_all(unit: Unit, person_id: int, *, by: int, via: str, keep: int | None = None, address: str = "") -> int:
    """End every session of `person_id` but `keep`; return how many."""
    keeping = [col(Session.id) != keep] if keep is not None else []
    count = await _forget(unit, col(Session.person_id) == person_id, *keeping)
    if count:
        await audit.record(
            unit, "session.ended", actor_id=by, via=via, target=f"person:{person_id}", address=address, sessions=count
        )
    return count


async def _forget(unit: Unit, *which: ColumnElement[bool]) -> int:
    gone: Sequence[int | None] = (
        (await unit.session.execute(delete(Session).where(*which).returning(col(Session.id)))).scalars().all()
    )
    if gone:
        unit.tell(Hint(CONTROL, 0, "sessions.ended", {"session_ids": list(gone)}))
    return len(gone)
