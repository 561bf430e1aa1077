"""What happened to a conversation, in order."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries import refs
from parley.customers.rows import every, key
from parley.customers.views import ActView
from parley.models.customers import ConversationAct
from parley.people.queries import cards
from parley.policy.actor import Actor

IN_FLOW = frozenset(
    {
        "follows",
        "resolved",
        "reopened",
        "spam",
        "not_spam",
        "restricted",
        "unrestricted",
        "assigned",
        "unassigned",
        "taken_over",
        "bounced",
    }
)
"""What is told between the letters; the rest stands in the history alone."""
SHOWN = 200


async def of(session: AsyncSession, actor: Actor, conversation_id: int) -> list[ActView]:
    """Return the history of a conversation that `actor` may read, newest first."""
    acts = await every(
        session,
        select(ConversationAct)
        .where(col(ConversationAct.conversation_id) == conversation_id)
        .order_by(col(ConversationAct.id).desc())
        .limit(SHOWN),
    )
    return await views(session, acts, actor)


async def views(session: AsyncSession, acts: Sequence[ConversationAct], actor: Actor | None = None) -> list[ActView]:
    """Turn acts into views; the names of channels only as far as `actor` (or every colleague) may know them."""
    if not acts:
        return []
    people = await cards(session, {act.actor_id for act in acts} | {_number(act, "person_id") for act in acts})
    wanted: Collection[int] = {number for act in acts if (number := _number(act, "channel_id"))}
    channels = {channel.id: channel for channel in await refs.channels(session, wanted, actor)} if wanted else {}
    return [
        ActView(
            id=key(act),
            act=act.kind,
            at=act.at,
            actor=people.get(act.actor_id or 0),
            person=people.get(_number(act, "person_id") or 0),
            channel=channels.get(_number(act, "channel_id") or 0),
            conversation_id=_number(act, "follows_id"),
            words=_words(act),
        )
        for act in acts
    ]


def _number(act: ConversationAct, name: str) -> int | None:
    value = act.detail.get(name)
    return value if isinstance(value, int) else None


def _words(act: ConversationAct) -> str:
    if act.kind == "bounced":
        return ", ".join(map(str, act.detail.get("addresses", ())))
    return str(act.detail.get("it", "") or act.detail.get("name", ""))
