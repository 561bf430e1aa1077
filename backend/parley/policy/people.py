"""Who may see and change persons."""

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.sql import Select
from sqlmodel import col

from parley.kit.errors import Forbidden
from parley.models.channels import Membership
from parley.models.identity import Person
from parley.policy.actor import Actor


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a person exists for `actor`: all, but for guests only those they share a channel with."""
    if not actor.guest:
        return true()
    mine, theirs = aliased(Membership), aliased(Membership)
    shared = (
        exists()
        .where(
            col(mine.person_id) == actor.person_id,
            col(mine.until).is_(None),
            col(theirs.until).is_(None),
            col(mine.channel_id) == col(theirs.channel_id),
            col(theirs.person_id) == Person.id,
        )
        .correlate(Person)
    )
    return or_(col(Person.id) == actor.person_id, shared)


def readable(actor: Actor) -> Select[Person]:
    """Every person that `actor` may see, those who left included."""
    return select(Person).where(visible(actor))


def may_administer(actor: Actor) -> None:
    """Refuse unless `actor` is an IT admin."""
    if not actor.has("it_admin"):
        raise Forbidden("Only IT admins may do this.", code="not_an_admin")


def may_arrange_teams(actor: Actor) -> None:
    """Refuse unless `actor` may put others into teams: a moderator or an IT admin."""
    if not actor.has("moderator", "it_admin"):
        raise Forbidden("Only moderators and IT admins may do this.", code="not_an_admin")


def may_read_audit(actor: Actor) -> None:
    """Refuse unless `actor` is an auditor or IT admin."""
    if not actor.has("auditor", "it_admin"):
        raise Forbidden("Only auditors may read this.", code="not_an_auditor")
