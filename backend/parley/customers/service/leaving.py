"""A colleague leaves: what they held has somebody else, in the transaction that lets them go."""

from sqlalchemy import select
from sqlmodel import col

from parley.core.unit import Unit
from parley.customers.rows import every
from parley.customers.service import acts, claims, outbox
from parley.events.identity import PersonDeactivated
from parley.models.customers import Claim, Conversation, Reply, Watch
from parley.models.identity import Person


async def person_deactivated(unit: Unit, event: PersonDeactivated) -> None:
    """Release claims, hand on what was assigned, stop held replies and end watching.

    A held reply becomes a draft that colleagues see: nobody is left who could take it back, so nobody sends it.
    """
    leaver = event.person_id
    for conversation_id in await _touched(unit, leaver):
        conversation = await acts.held(unit, conversation_id)
        if await claims.end_of(unit, conversation_id, leaver):
            await acts.record(unit, conversation_id, "released", event.by_id, person_id=leaver, left=True)
        for reply_id in await outbox.hold_back(unit, conversation_id, leaver):
            await acts.note(unit, conversation_id, "reply_undone", event.by_id, reply_id=reply_id, left=True)
        watch = await unit.session.get(Watch, (conversation_id, leaver))
        if watch is not None:
            await unit.session.delete(watch)
            await acts.record(unit, conversation_id, "unwatched", event.by_id, person_id=leaver, left=True)
        if conversation.assignee_id == leaver:
            await _hand_on(unit, event, conversation)


async def _hand_on(unit: Unit, event: PersonDeactivated, conversation: Conversation) -> None:
    successor = await unit.session.get(Person, event.successor_id) if event.successor_id else None
    conversation.assignee_id = successor.id if successor is not None and successor.active else None
    unit.session.add(conversation)
    assert conversation.id is not None  # noqa: S101  (a row)
    if conversation.assignee_id is None:
        await acts.record(unit, conversation.id, "unassigned", event.by_id, person_id=event.person_id, left=True)
    else:
        await acts.record(unit, conversation.id, "assigned", event.by_id, person_id=conversation.assignee_id, left=True)


async def _touched(unit: Unit, person_id: int) -> list[int]:
    """Return the conversations in which the person holds something, in the order in which rows are held."""
    statements = (
        select(col(Claim.conversation_id)).where(col(Claim.person_id) == person_id),
        select(col(Watch.conversation_id)).where(col(Watch.person_id) == person_id),
        select(col(Reply.conversation_id)).where(col(Reply.author_id) == person_id, col(Reply.state) == "held"),
        # Also what is resolved: whom it comes back to when the customer writes again must be somebody.
        select(col(Conversation.id)).where(col(Conversation.assignee_id) == person_id),
    )
    return sorted({number for each in statements for number in await every(unit.session, each) if number is not None})
