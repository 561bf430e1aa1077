"""What closing an account will do. What the reader may not read is counted, never named."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.admin.views import HeldConversation
from parley.customers.queries import refs
from parley.models.customers import Claim, Conversation, Reply, Watch
from parley.models.identity import Person
from parley.people.queries import CARD_COLUMNS, card, with_profile
from parley.people.views import PersonCard
from parley.policy import customers as policy
from parley.policy.actor import Actor

LISTED = 20
SUCCESSORS = 500


@dataclass(frozen=True, slots=True)
class Held:
    """What a person holds among the customers."""

    claimed: Sequence[HeldConversation]
    assigned: Sequence[HeldConversation]
    held_replies: Sequence[HeldConversation]
    more: int
    watching: int


async def held_by(session: AsyncSession, actor: Actor, person_id: int) -> Held:
    """Return what `person_id` holds, as far as `actor` may read it by name."""
    claimed = col(Conversation.id).in_(select(col(Claim.conversation_id)).where(col(Claim.person_id) == person_id))
    assigned = col(Conversation.assignee_id) == person_id
    replies = col(Conversation.id).in_(
        select(col(Reply.conversation_id)).where(col(Reply.author_id) == person_id, col(Reply.state) == "held")
    )
    parts = [await _named(session, actor, which) for which in (claimed, assigned, replies)]
    total = sum([await _count(session, which) for which in (claimed, assigned, replies)])
    watching = await session.execute(select(func.count()).select_from(Watch).where(col(Watch.person_id) == person_id))
    return Held(
        parts[0], parts[1], parts[2], more=total - sum(len(part) for part in parts), watching=watching.scalar_one()
    )


async def successors(session: AsyncSession, person_id: int) -> Sequence[PersonCard]:
    """Return the colleagues who could take over."""
    found = await session.execute(
        with_profile(select(*CARD_COLUMNS).select_from(Person))
        .where(col(Person.active).is_(True), col(Person.id) != person_id)
        .order_by(col(Person.name), col(Person.id))
        .limit(SUCCESSORS)
    )
    return [card(row) for row in found.all()]


async def _named(session: AsyncSession, actor: Actor, which: ColumnElement[bool]) -> Sequence[HeldConversation]:
    found = (
        await session.execute(
            select(col(Conversation.id), col(Conversation.identity_id), col(Conversation.subject))
            .where(which, policy.visible(actor))
            .order_by(col(Conversation.id).desc())
            .limit(LISTED)
        )
    ).all()
    contacts = await refs.contacts(session, [row.identity_id for row in found])
    return [
        HeldConversation(
            row.id,
            contacts[row.identity_id].name if row.identity_id in contacts else "",
            contacts[row.identity_id].initials if row.identity_id in contacts else "?",
            row.subject,
        )
        for row in found
    ]


async def _count(session: AsyncSession, which: ColumnElement[bool]) -> int:
    return int((await session.execute(select(func.count()).select_from(Conversation).where(which))).scalar_one())
