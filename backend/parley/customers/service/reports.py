"""What mail servers report about our replies: bounces, deliveries, and copies that come back."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from parley.core.unit import Unit
from parley.customers.connectors.base import Bounce, InboundMessage
from parley.customers.rows import first, key
from parley.customers.service import acts, outbox
from parley.models.customers import Conversation, Message, Reply, Source


async def bounced_reply(unit: Unit, message: InboundMessage) -> Reply | None:
    """Return the very reply that the report in `message` is about: by our own id of it, which only recipients saw."""
    if message.authenticity.verdict == "failed":
        return None
    for bounce in message.bounces:
        if bounce.original_message_id:
            found = await first(unit.session, select(Reply).where(col(Reply.external_id) == bounce.original_message_id))
            if found is not None:
                return found
    return None


async def mark(unit: Unit, reply: Reply, conversation: Conversation, bounces: Sequence[Bounce]) -> None:
    """Mark the recipients that a report names; a reply that did not arrive leaves the customer waiting as before."""
    reply = await outbox.held(unit, key(reply))
    fates = {
        each.recipient: (_fate(each), f"{each.status} {each.reason}".strip())
        for each in bounces
        if each.original_message_id in {reply.external_id, ""}
    }
    lost = await outbox.delivered(unit, reply, fates)
    if not lost:
        return
    await acts.note(unit, reply.conversation_id, "bounced", None, reply_id=reply.id, addresses=lost)
    if reply.state == "bounced" and not await _answered_since(unit, reply):
        answered = await unit.session.get(Message, reply.answers_id) if reply.answers_id else None
        conversation.waiting_on = "us"
        conversation.waiting_since = conversation.waiting_since or (answered.received_at if answered else unit.now)
        if conversation.state == "resolved":
            conversation.state, conversation.resolved_at = "open", None
        unit.session.add(conversation)


async def came_back(unit: Unit, reply_id: int, message: InboundMessage) -> bool:
    """Whether `message` is a copy of our own reply; then it went out, also if nobody knew."""
    found = (
        await unit.session.execute(
            select(Reply, col(Source.address_norm))
            .join(Conversation, col(Conversation.id) == Reply.conversation_id)
            .join(Source, col(Source.id) == Conversation.source_id)
            .where(col(Reply.id) == reply_id)
        )
    ).one_or_none()
    # Whoever got the reply knows its id: only what also bears our address is ours.
    if found is None or message.sender is None or message.sender.norm != found.address_norm:
        return False
    reply = await outbox.held(unit, reply_id)
    if reply.state == "unknown":
        await acts.note(unit, reply.conversation_id, "reply_settled", None, reply_id=reply_id, it="came_back")
        await outbox.settle(unit, reply, went_out=True)
    return True


def _fate(bounce: Bounce) -> str:
    if bounce.is_failure:
        return "bounced"
    return "delayed" if bounce.action == "delayed" else "delivered"


async def _answered_since(unit: Unit, reply: Reply) -> bool:
    """Whether another reply of ours left after this one."""
    own = await first(unit.session, select(col(Message.id)).where(col(Message.reply_id) == reply.id))
    return (
        await first(
            unit.session,
            select(col(Message.id))
            .where(
                col(Message.conversation_id) == reply.conversation_id,
                col(Message.direction) == "out",
                col(Message.id) > (own or 0),
            )
            .limit(1),
        )
        is not None
    )
