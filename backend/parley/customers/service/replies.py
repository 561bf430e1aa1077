"""Replies: written by a colleague, held for a moment, and then the outbox's affair."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.connectors.email.addresses import domain_of, signed_message_id
from parley.customers.rows import every, first, key
from parley.customers.service import acts, claims, drafts, outbox
from parley.customers.service.drafts import Draft
from parley.kit.errors import Conflict, Invalid, NotFound
from parley.models.customers import ContactIdentity, Conversation, Message, Reply, ReplyFile, ReplyRecipient, Source
from parley.policy import customers as policy
from parley.policy.actor import Actor
from parley.posts.service.words import OtherContent

_reply = metadata.tables["reply"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What replies need of the installation: the key that signs ids, and how long they are held."""

    key: bytes
    undo: timedelta


class Overtaken(Conflict):
    """409: the conversation has gone on; `newer` are the messages that the writer had not seen."""

    code = "newer_messages"
    sentence = "The conversation has gone on. Read what is new; your text is kept."

    def __init__(self, newer: Sequence[int] = ()) -> None:
        """Take the ids of the messages that are new."""
        super().__init__()
        self.newer = tuple(newer)


class UnderWay(Conflict):
    """409: a colleague's reply is leaving at this moment."""

    code = "reply_under_way"
    sentence = "A reply by %(name)s is just leaving. Read it first; your text is kept."


class TooLate(Conflict):
    """409: undo came after the reply had begun to leave."""

    code = "too_late"
    sentence = "This reply has already begun to leave. It cannot be taken back."


async def create(unit: Unit, actor: Actor, conversation_id: int, draft: Draft, terms: Terms) -> tuple[Reply, bool]:
    """Hold a reply that leaves after a moment; return it and whether it is new.

    Raises `Overtaken`, `UnderWay`, `Claimed` when a colleague was faster, `Invalid`, `OtherContent`.
    """
    conversation = await acts.find(unit, actor, conversation_id)
    policy.may_answer(actor, conversation)
    if (known := await find_known(unit, actor, draft)) is not None:
        if known.conversation_id != conversation_id:
            raise OtherContent
        return known, False
    body = drafts.check_body(draft.body)
    await _check_nothing_new(unit, actor, conversation, draft.expected_last_message)
    await claims.refuse_others(unit, actor, conversation_id)
    answers = await answered_message(unit, conversation_id)
    identity_id = answers.identity_id if answers and answers.identity_id else conversation.identity_id
    reply = await store(unit, actor, conversation, body, draft, terms, identity_id, answers.id if answers else None)
    await claims.take(unit, actor, conversation_id)
    return reply, True


async def store(
    unit: Unit,
    actor: Actor,
    conversation: Conversation,
    body: str,
    draft: Draft,
    terms: Terms,
    identity_id: int,
    answers_id: int | None,
) -> Reply:
    """Write the reply, its recipients and its files, and let it leave when its hold ends."""
    identity = await unit.session.get_one(ContactIdentity, identity_id)
    if not identity.address:
        raise Invalid("Nobody signed this message, so there is no address to answer to.", code="no_recipient")
    source = await unit.session.get_one(Source, conversation.source_id)
    copies = drafts.check_cc(draft.cc, {identity.address_norm, source.address_norm})
    files = await drafts.check_files(unit, actor, draft)
    until = unit.now + terms.undo
    new = upsert(unit.session, _reply).values(
        conversation_id=conversation.id,
        author_id=actor.person_id,
        client_id=draft.client_id,
        content_hash=draft.hash,
        body=body,
        state="held",
        answers_id=answers_id,
        identity_id=identity_id,
        external_id="",
        held_until=until,
        trying_since=until,
        attempts=0,
        error="",
        created_at=unit.now,
    )
    stored = (
        await unit.session.execute(
            new.on_conflict_do_nothing(index_elements=["author_id", "client_id"]).returning(_reply.c.id)
        )
    ).scalar_one_or_none()
    if stored is None:
        raise Conflict("This reply is being stored already.", code="in_progress")
    reply = await unit.session.get_one(Reply, stored)
    reply.external_id = signed_message_id(stored, domain_of(source.address_norm), terms.key)
    for kind, address, norm in (("to", identity.address, identity.address_norm), *(("cc", *copy) for copy in copies)):
        unit.session.add(ReplyRecipient(reply_id=stored, kind=kind, address=address, address_norm=norm))
    for file in files:
        unit.session.add(ReplyFile(reply_id=stored, file_id=key(file)))
    await _replace_drafts(unit, actor, conversation)
    await outbox.schedule(unit, stored, until)
    await outbox.changed(unit, reply)
    return reply


async def _replace_drafts(unit: Unit, actor: Actor, conversation: Conversation) -> None:
    """Put away the drafts that the writer's new reply stands for, in their other windows too."""
    drafts = select(Reply).where(
        col(Reply.conversation_id) == conversation.id,
        col(Reply.author_id) == actor.person_id,
        col(Reply.state) == "draft",
    )
    for draft in await every(unit.session, drafts):
        draft.state = "replaced"
        unit.session.add(draft)
        await outbox.changed(unit, draft)


async def undo(unit: Unit, actor: Actor, reply_id: int) -> Reply:
    """Take a held reply back into a draft; raise `TooLate` when it has begun to leave."""
    reply = await find(unit, actor, reply_id)
    policy.may_take_back(actor, reply)
    if reply.state in {"draft", "replaced"}:
        return reply
    if not await outbox.take_back(unit, reply):
        raise TooLate
    await acts.note(unit, reply.conversation_id, "reply_undone", actor.person_id, reply_id=reply_id)
    return reply


async def settle(unit: Unit, actor: Actor, reply_id: int, *, went_out: bool) -> Reply:
    """Say what became of an unknown reply: it went out, or it shall be sent again."""
    reply = await _answerable(unit, actor, reply_id)
    if reply.state != "unknown":
        raise Conflict("There is no doubt about this reply any more.", code="not_unknown")
    await acts.note(
        unit,
        reply.conversation_id,
        "reply_settled",
        actor.person_id,
        reply_id=reply_id,
        it="went_out" if went_out else "send_again",
    )
    await outbox.settle(unit, reply, went_out=went_out)
    return reply


async def retry(unit: Unit, actor: Actor, reply_id: int) -> Reply:
    """Try a failed reply again; a bounced address does not become better by trying."""
    reply = await _answerable(unit, actor, reply_id)
    if reply.state != "failed":
        raise Conflict("Only a failed reply can be tried again.", code="not_failed")
    await acts.note(unit, reply.conversation_id, "reply_retried", actor.person_id, reply_id=reply_id)
    await outbox.retry(unit, reply)
    return reply


async def discard(unit: Unit, actor: Actor, reply_id: int) -> Reply:
    """Put away a draft: one's own, or one that a colleague left behind."""
    reply = await _answerable(unit, actor, reply_id)
    if reply.state not in {"draft", "replaced"}:
        raise TooLate
    if reply.state == "draft":
        reply.state = "replaced"
        unit.session.add(reply)
        await outbox.changed(unit, reply)
    return reply


async def find(unit: Unit, actor: Actor, reply_id: int) -> Reply:
    """Return a reply that `actor` may read, with its conversation's row and its own held."""
    if (
        await unit.session.execute(
            policy.readable_replies(actor).where(col(Reply.id) == reply_id).with_only_columns(col(Reply.id))
        )
    ).first() is None:
        raise NotFound
    return await outbox.held(unit, reply_id)


async def find_known(unit: Unit, actor: Actor, draft: Draft) -> Reply | None:
    """Return what was stored under the draft's client id; raise `OtherContent` if that says something else."""
    if draft.client_id is None:
        return None
    known = await first(
        unit.session,
        select(Reply).where(col(Reply.author_id) == actor.person_id, col(Reply.client_id) == draft.client_id),
    )
    if known is not None and known.content_hash != draft.hash:
        raise OtherContent
    return known


async def answered_message(unit: Unit, conversation_id: int) -> Message | None:
    """Return the message that a reply written now answers: the latest of a human outside, else of a machine there."""
    inbound = (
        select(Message)
        .where(
            col(Message.conversation_id) == conversation_id,
            col(Message.direction) == "in",
            col(Message.identity_id).is_not(None),
        )
        .order_by(col(Message.id).desc())
        .limit(1)
    )
    human = await first(unit.session, inbound.where(col(Message.automatic) == ""))
    return human or await first(unit.session, inbound)


async def _check_nothing_new(unit: Unit, actor: Actor, conversation: Conversation, expected: int | None) -> None:
    newer = await every(
        unit.session,
        select(col(Message.id))
        .where(
            col(Message.conversation_id) == conversation.id,
            col(Message.id) > (expected or 0),
            col(Message.automatic) == "",
        )
        .order_by(col(Message.id))
        .limit(50),
    )
    if newer:
        raise Overtaken([number for number in newer if number is not None])
    other = await first(
        unit.session,
        select(col(Reply.author_id))
        .where(
            col(Reply.conversation_id) == conversation.id,
            col(Reply.author_id) != actor.person_id,
            col(Reply.state).in_(("held", "sending")),
        )
        .limit(1),
    )
    if other is not None:
        raise UnderWay(name=await claims.name_of(unit.session, other))


async def _answerable(unit: Unit, actor: Actor, reply_id: int) -> Reply:
    reply = await find(unit, actor, reply_id)
    policy.may_answer(actor, await unit.session.get_one(Conversation, reply.conversation_id))
    return reply
