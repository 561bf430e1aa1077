"""A reply that the outside has accepted becomes a message of its conversation, once."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.rows import first, key
from parley.customers.service import acts, claims, identities
from parley.events.customers import MessageSent
from parley.kit.text import shorten
from parley.models.customers import Conversation, Message, MessageFile, Reply, ReplyFile, ReplyRecipient
from parley.models.posts import File

LEFT = ("accepted", "delivered", "bounced")
"""What a recipient is in who was sent the reply."""
_message = metadata.tables["message"]


async def record(unit: Unit, reply: Reply, rows: list[ReplyRecipient]) -> None:
    """Store the message that `reply` became, unless it is stored; the conversation's row is held by the caller."""
    conversation = await acts.held(unit, reply.conversation_id)
    new = upsert(unit.session, _message).values(
        conversation_id=reply.conversation_id,
        source_id=conversation.source_id,
        direction="out",
        external_id=reply.external_id,
        in_reply_to="",
        references=[],
        identity_id=reply.identity_id,
        author_id=reply.author_id,
        reply_id=reply.id,
        sender_name="",
        subject=conversation.subject,
        text=reply.body,
        quoted_text="",
        html="",
        automatic="",
        authenticity={},
        new_participant=False,
        unreadable="",
        notes=[],
        body_hash="",
        raw_key="",
        cc=[row.address for row in rows if row.kind == "cc"],
        sent_at=unit.now,
        received_at=unit.now,
    )
    stored = await unit.session.execute(new.on_conflict_do_nothing().returning(_message.c.id))
    message_id = stored.scalar_one_or_none()
    if message_id is None:
        return
    await _copy_files(unit, reply, message_id)
    await _let_in(unit, reply, rows)
    if any(row.kind == "to" and row.state in LEFT for row in rows):
        await answered(unit, conversation, reply)
    conversation.last_message_id, conversation.last_message_at = message_id, unit.now
    conversation.last_excerpt = shorten(reply.body, 300)
    conversation.historic = False
    unit.session.add(conversation)
    await claims.end(unit, reply.conversation_id, "released", reply.author_id, tell=False)
    await acts.note(unit, reply.conversation_id, "replied", reply.author_id, reply_id=reply.id)
    await unit.session.flush()
    await unit.emit(
        MessageSent(
            conversation_id=reply.conversation_id,
            channel_ids=await acts.showing(unit.session, reply.conversation_id),
            message_id=message_id,
            reply_id=key(reply),
        )
    )


async def first_unanswered(unit: Unit, conversation_id: int, after_id: int) -> datetime | None:
    """Return when the customer first wrote after message `after_id`; machines do not count."""
    return await first(
        unit.session,
        select(col(Message.received_at))
        .where(
            col(Message.conversation_id) == conversation_id,
            col(Message.id) > after_id,
            col(Message.direction) == "in",
            col(Message.automatic) == "",
        )
        .order_by(col(Message.id))
        .limit(1),
    )


async def answered(unit: Unit, conversation: Conversation, reply: Reply) -> None:
    """Stop the customer's clock, unless they wrote again while the reply was on its way."""
    after = reply.answers_id if reply.answers_id is not None else conversation.last_message_id or 0
    conversation.waiting_since = await first_unanswered(unit, key(conversation), after)
    conversation.waiting_on = "us" if conversation.waiting_since else "customer"
    unit.session.add(conversation)


async def _copy_files(unit: Unit, reply: Reply, message_id: int) -> None:
    rows = await unit.session.execute(
        select(File)
        .join(ReplyFile, col(ReplyFile.file_id) == File.id)
        .where(col(ReplyFile.reply_id) == reply.id)
        .order_by(col(File.id))
    )
    for file in rows.scalars().all():
        unit.session.add(
            MessageFile(
                message_id=message_id,
                key=file.key,
                thumb_key=file.thumb_key,
                name=file.name,
                content_type=file.content_type,
                size=file.size,
            )
        )


async def _let_in(unit: Unit, reply: Reply, rows: list[ReplyRecipient]) -> None:
    """Whom a colleague put into Cc takes part from now on: they were asked in, they did not get in."""
    for row in rows:
        if row.kind == "cc" and row.state in LEFT:
            identity = await identities.find_or_create(unit, row.address, row.address_norm, "", "entered_by_hand")
            await identities.join(unit, reply.conversation_id, identity, verified=True)
