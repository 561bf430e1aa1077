"""Who may hear which topic: the same rule as for pages and lists, asked before a topic speaks and when rights change."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import orjson
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.database import Database
from parley.core.eventlog import Hint
from parley.models.channels import Channel
from parley.models.customers import Conversation
from parley.models.identity import Person
from parley.policy import channels, customers, people
from parley.policy.actor import Actor
from parley.realtime.hub import RESTART, SIGNED_OUT, Hub
from parley.realtime.listener import Listener

_DIGITS = 9


async def readable(session: AsyncSession, actor: Actor, topics: Collection[str]) -> set[str]:
    """Return those of `topics` that `actor` may hear."""
    allowed = set(topics) & {f"person:{actor.person_id}"}
    if "customers" in topics and actor.has("customer_lead") and actor.may_use("customers:read"):
        allowed.add("customers")
    ids: dict[str, list[int]] = {}
    for topic in topics:
        kind, _, number = topic.partition(":")
        if number.isascii() and number.isdigit() and len(number) <= _DIGITS and str(int(number)) == number:
            ids.setdefault(kind, []).append(int(number))
    if wanted := ids.get("channel"):
        found = await session.execute(channels.readable_ids(actor).where(col(Channel.id).in_(wanted)))
        allowed |= {f"channel:{number}" for number in found.scalars()}
    if (wanted := ids.get("author")) and not actor.guest:
        found = await session.execute(select(col(Person.id)).where(people.visible(actor), col(Person.id).in_(wanted)))
        allowed |= {f"author:{number}" for number in found.scalars()}
    if (wanted := ids.get("conversation")) and actor.may_use("customers:read"):
        found = await session.execute(
            select(col(Conversation.id)).where(customers.visible(actor), col(Conversation.id).in_(wanted))
        )
        allowed |= {f"conversation:{number}" for number in found.scalars()}
    return allowed


def refuse(listener: Listener, topic: str) -> None:
    """Say that there is no such topic for this reader; forbidden and unknown sound alike."""
    listener.push(orjson.dumps({"topic": topic[:64], "error": "not_found"}))


def control(database: Database, hub: Hub, hint: Hint) -> None:
    """React to a word for all processes: close the sockets of what ended, ask again where rights changed."""
    if hint.name == "sessions.ended":
        _end(hub.listeners, hint)
    elif hint.name == "rights.changed":
        # With another role another picture: the socket comes back with the new one, and only to what is its own.
        for listener in hub.listeners:
            if listener.actor.person_id == hint.data["person_id"]:
                listener.close(RESTART)
    elif hint.name == "topic.recheck":
        concerned = _concerned(hub, str(hint.data["topic"]), hint.data.get("person_id"))
        asked = [(each, {topic: hub.hold(each, topic) for topic in tuple(each.seen)}) for each in concerned]
        hub.spawn(_ask_again(database, hub, asked))


def _end(listeners: Iterable[Listener], hint: Hint) -> None:
    person = hint.data.get("person_id")
    sessions, tokens = set(hint.data.get("session_ids", ())), set(hint.data.get("token_ids", ()))
    for listener in listeners:
        actor = listener.actor
        if actor.person_id == person or actor.session_id in sessions or actor.token_id in tokens:
            listener.close(SIGNED_OUT)


def _concerned(hub: Hub, topic: str, person_id: int | None) -> Sequence[Listener]:
    """Whose rights may have changed. Who reads a channel reads the conversations in it: those topics go with it."""

    def hears(listener: Listener) -> bool:
        through = topic.startswith("channel:") and any(name.startswith("conversation:") for name in listener.seen)
        return topic in listener.seen or through

    if person_id is None:
        return [listener for listener in hub.listeners if hears(listener)]
    return [listener for listener in hub.listeners if listener.actor.person_id == person_id and hears(listener)]


async def _ask_again(database: Database, hub: Hub, asked: Iterable[tuple[Listener, Mapping[str, int]]]) -> None:
    """Give every listener back what it may hear, and let it go from the rest. What fails, fails closed."""
    left = list(asked)
    try:
        while left:
            listener, questions = left[-1]
            async with database.reading() as session:
                allowed = await readable(session, listener.actor, questions)
            for topic, question in questions.items():
                if topic in allowed:
                    hub.resume(listener, topic, question)
                elif topic in listener.seen:
                    hub.leave(listener, topic)
                    refuse(listener, topic)
            left.pop()
    finally:
        for listener, _ in left:
            listener.close(RESTART)
