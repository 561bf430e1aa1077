"""What every verb on a conversation has in common: finding it, noting the act, telling those who may know."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.core.unit import Unit
from parley.customers.rows import every, first, key, one
from parley.events.customers import ConversationChanged
from parley.kit.errors import NotFound
from parley.models.customers import Conversation, ConversationAct
from parley.policy import customers as policy
from parley.policy.actor import Actor


async def find(unit: Unit, actor: Actor, conversation_id: int) -> Conversation:
    """Return a conversation that `actor` may read and hold its row; raise `NotFound` for any other.

    The row is held so that two acts on one conversation follow each other (on SQLite all writers do).
    """
    found = await first(
        unit.session,
        policy.readable(actor).where(col(Conversation.id) == conversation_id).with_for_update(of=Conversation),
    )
    if found is None:
        raise NotFound
    return found


async def held(unit: Unit, conversation_id: int) -> Conversation:
    """Return a conversation for an act of the machine, and hold its row."""
    return await one(
        unit.session, select(Conversation).where(col(Conversation.id) == conversation_id).with_for_update()
    )


async def showing(session: AsyncSession, conversation_id: int) -> tuple[int, ...]:
    """Return the channels whose readers may hear of the conversation."""
    return tuple(await every(session, policy.showing(conversation_id)))


async def note(unit: Unit, conversation_id: int, kind: str, actor_id: int | None, **detail: Any) -> int:  # noqa: ANN401
    """Write one line of the conversation's history and return its id, without telling anybody."""
    act = ConversationAct(conversation_id=conversation_id, actor_id=actor_id, kind=kind, detail=detail, at=unit.now)
    unit.session.add(act)
    await unit.session.flush()
    return key(act)


async def record(
    unit: Unit,
    conversation_id: int,
    kind: str,
    actor_id: int | None,
    *,
    person_id: int | None = None,
    also: tuple[int, ...] = (),
    **detail: Any,  # noqa: ANN401  (what the history shows)
) -> None:
    """Write one line of the history and tell everybody who may read the conversation.

    `also` are channels that may no longer read it and have to take it away.
    """
    if person_id is not None:
        detail["person_id"] = person_id
    act_id = await note(unit, conversation_id, kind, actor_id, **detail)
    channels = {*await showing(unit.session, conversation_id), *also}
    await unit.emit(
        ConversationChanged(
            conversation_id=conversation_id,
            channel_ids=tuple(sorted(channels)),
            what=kind,
            act_id=act_id,
            by_id=actor_id,
            person_id=person_id,
        )
    )


def recheck(unit: Unit, conversation_id: int, person_id: int | None = None) -> None:
    """Let open sockets (of everybody, or one person) ask again whether they may still hear of the conversation."""
    unit.tell(Hint("control", 0, "topic.recheck", {"topic": f"conversation:{conversation_id}", "person_id": person_id}))
