"""Persons around a conversation: to whom it may be given."""

from sqlalchemy import func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.rows import every
from parley.models.identity import Person
from parley.models.people import Profile, Team
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.policy import customers as policy

SHOWN = 12


async def assignable(session: AsyncSession, q: str) -> list[PersonCard]:
    """Return colleagues who answer customers: active, no guests, whose name or team holds `q`."""
    statement = (
        select(col(Person.id))
        .outerjoin(Profile, col(Profile.person_id) == Person.id)
        .outerjoin(Team, col(Team.id) == Profile.team_id)
        .where(col(Person.active), ~policy.is_guest())
    )
    words = q.strip().lower()
    if words:
        statement = statement.where(
            or_(
                func.lower(col(Person.name)).contains(words, autoescape=True),
                col(Person.handle).startswith(words, autoescape=True),
                func.lower(col(Team.name)).contains(words, autoescape=True),
            )
        )
    found = await every(session, statement.order_by(col(Person.name)).limit(SHOWN))
    people = await cards(session, found)
    return [people[person] for person in found if person in people]
