"""What stands above a conversation: the same for every reader, so that it can be told live."""

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries import lists, refs
from parley.customers.queries.clocks import clock
from parley.customers.rows import every, first, key
from parley.customers.views import ConversationHead
from parley.kit import clock as kit_clock
from parley.models.customers import Claim, Conversation
from parley.people.queries import cards
from parley.policy import customers as policy


async def head(session: AsyncSession, conversation: Conversation) -> ConversationHead:
    """Return the head of a conversation."""
    number = key(conversation)
    now = kit_clock.now()
    contacts = await refs.contacts(session, [conversation.identity_id])
    sources = await refs.sources(session, [conversation.source_id])
    claim = await first(session, select(Claim).where(col(Claim.conversation_id) == number, col(Claim.until) > now))
    watchers = (await lists.watchers_of(session, [number])).get(number, [])
    people = await cards(session, {conversation.assignee_id, claim.person_id if claim else None, *watchers})
    return ConversationHead(
        id=number,
        contact=contacts[conversation.identity_id],
        source=sources[conversation.source_id],
        subject=conversation.subject,
        state=conversation.state,
        waiting_on=conversation.waiting_on,
        clock=clock(conversation.state, conversation.waiting_since, now),
        holder=people.get(claim.person_id) if claim else None,
        held_since=claim.since if claim else None,
        held_until=claim.until if claim else None,
        assignee=people.get(conversation.assignee_id or 0),
        watchers=[people[person] for person in watchers if person in people],
        restricted=conversation.restricted,
        channels=await refs.channels(session, await every(session, policy.showing(number))),
        resolved_at=conversation.resolved_at if conversation.state == "resolved" else None,
        historic=conversation.historic,
    )
