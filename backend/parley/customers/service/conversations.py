"""Conversations: who has it, who watches it, and how it stands."""

from datetime import timedelta

from sqlalchemy import and_, delete, exists, select
from sqlmodel import col

from parley.channels.service import membership
from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.rows import key
from parley.customers.service import acts, claims, outbox
from parley.kit.errors import Invalid
from parley.models.customers import Conversation, Watch
from parley.models.identity import Person, RoleGrant
from parley.policy import customers as policy
from parley.policy.actor import Actor

STATES = ("open", "resolved", "spam")
"""What a person may choose in this release; snoozed, closed and merged come with their own screens."""
UNDO = timedelta(minutes=10)
"""Re-opened sooner than this it was a slip: the customer's clock goes on as if nothing had happened."""
_watch = metadata.tables["watch"]


async def assign(unit: Unit, actor: Actor, conversation_id: int, person_id: int | None) -> None:
    """Hand the conversation to a colleague, or with None back to the queue.

    An assignee may read it, so for a restricted one that is widening and asks the right to do so.
    """
    conversation = await acts.find(unit, actor, conversation_id)
    policy.may_act(actor)
    if conversation.assignee_id == person_id:
        return
    if conversation.restricted:
        member = await membership.of(unit.session, conversation.channel_id, actor.person_id)
        policy.may_restrict(actor, conversation, member)
    if person_id is not None and not await _answers(unit, person_id):
        raise Invalid(fields={"assignee_id": "Choose a colleague who answers customers."})
    before = conversation.assignee_id
    conversation.assignee_id = person_id
    unit.session.add(conversation)
    await acts.record(
        unit, conversation_id, "assigned" if person_id else "unassigned", actor.person_id, person_id=person_id or before
    )
    if before is not None:
        acts.recheck(unit, conversation_id, before)


async def watch(unit: Unit, actor: Actor, conversation_id: int, *, on: bool) -> None:
    """Begin or end watching; doing it twice changes nothing."""
    await acts.find(unit, actor, conversation_id)
    policy.may_act(actor)
    if on:
        new = upsert(unit.session, _watch).values(
            conversation_id=conversation_id, person_id=actor.person_id, since=unit.now
        )
        done = await unit.session.execute(new.on_conflict_do_nothing().returning(_watch.c.person_id))
    else:
        done = await unit.session.execute(
            delete(Watch)
            .where(col(Watch.conversation_id) == conversation_id, col(Watch.person_id) == actor.person_id)
            .returning(col(Watch.person_id))
        )
    if done.first() is not None:
        await acts.record(
            unit, conversation_id, "watched" if on else "unwatched", actor.person_id, person_id=actor.person_id
        )
        if not on:
            acts.recheck(unit, conversation_id, actor.person_id)


async def set_state(unit: Unit, actor: Actor, conversation_id: int, state: str) -> None:
    """Resolve, open again, mark as spam or take that mark away; asking for what is already so changes nothing."""
    conversation = await acts.find(unit, actor, conversation_id)
    policy.may_act(actor)
    if state not in STATES:
        raise Invalid(fields={"state": "Choose open, resolved or spam."})
    if conversation.state == state:
        return
    if conversation.state == "spam":
        # One click too many is undone by one click: what it was before the mark, unless something else was asked.
        state = conversation.state_before_spam if state == "open" and conversation.state_before_spam else state
        conversation.state_before_spam = ""
        await _enter(unit, conversation, state, actor.person_id, "not_spam")
    elif state == "spam":
        conversation.state_before_spam = conversation.state
        conversation.state = "spam"
        await outbox.hold_back(unit, conversation_id)
        await claims.end(unit, conversation_id, "released", actor.person_id, tell=False)
        await _store(unit, conversation, "spam", actor.person_id)
    else:
        await _enter(unit, conversation, state, actor.person_id, "resolved" if state == "resolved" else "reopened")


async def restrict(unit: Unit, actor: Actor, conversation_id: int, *, on: bool) -> None:
    """Narrow the conversation to its owning channel, assignee and watchers, or lift that."""
    conversation = await acts.find(unit, actor, conversation_id)
    member = await membership.of(unit.session, conversation.channel_id, actor.person_id)
    policy.may_restrict(actor, conversation, member)
    if conversation.restricted is on:
        return
    before = await acts.showing(unit.session, conversation_id)
    conversation.restricted = on
    unit.session.add(conversation)
    await acts.record(unit, conversation_id, "restricted" if on else "unrestricted", actor.person_id, also=before)
    if on:
        acts.recheck(unit, conversation_id)


def reopen(conversation: Conversation) -> None:
    """Open a resolved conversation again because the customer needs us."""
    conversation.state = "open"
    conversation.resolved_at = None


async def _enter(unit: Unit, conversation: Conversation, state: str, actor_id: int, kind: str) -> None:
    if state == "resolved":
        conversation.resolved_at = conversation.resolved_at or unit.now
        await claims.end(unit, key(conversation), "released", actor_id, tell=False)
    elif conversation.resolved_at is not None:
        late = unit.now - conversation.resolved_at > UNDO
        if late and conversation.waiting_since is not None:
            conversation.waiting_since = unit.now  # opening again must not breach a target at once
        conversation.resolved_at = None
    conversation.state = state
    await _store(unit, conversation, kind, actor_id)


async def _store(unit: Unit, conversation: Conversation, kind: str, actor_id: int) -> None:
    unit.session.add(conversation)
    await acts.record(unit, key(conversation), kind, actor_id)


async def _answers(unit: Unit, person_id: int) -> bool:
    guest = exists().where(col(RoleGrant.person_id) == Person.id, col(RoleGrant.role) == "guest").correlate(Person)
    return (
        await unit.session.execute(
            select(col(Person.id)).where(and_(col(Person.id) == person_id, col(Person.active), ~guest))
        )
    ).first() is not None
