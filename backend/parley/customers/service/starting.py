"""We write first: a conversation that begins with our words."""

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.connectors.email.addresses import normalise_address
from parley.customers.rows import first, key
from parley.customers.service import acts, conversations, drafts, identities, replies
from parley.customers.service.drafts import Draft
from parley.customers.service.replies import Terms
from parley.kit.errors import Conflict, Invalid
from parley.kit.text import clean_line, shorten
from parley.models.customers import Conversation, Reply, Source
from parley.policy import customers as policy
from parley.policy.actor import Actor
from parley.posts.service import threads
from parley.posts.service.words import OtherContent

SUBJECT_LIMIT = 200
_conversation = metadata.tables["conversation"]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a colleague writes to somebody who did not ask."""

    source_id: int
    to: str
    subject: str
    draft: Draft
    name: str = ""
    hash: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Fingerprint the content, so that the same client id with other words is noticed."""
        parts = (str(self.source_id), self.to.strip(), clean_line(self.subject), self.draft.hash)
        object.__setattr__(self, "hash", hashlib.sha256("\0".join(parts).encode()).hexdigest())


async def start(unit: Unit, actor: Actor, opening: Opening, terms: Terms) -> tuple[Conversation, Reply, bool]:
    """Begin a conversation with a held reply; return both and whether they are new. Its writer has it from the start."""
    if (known := await _known(unit, actor, opening)) is not None:
        return *known, False
    source = await first(unit.session, policy.writable_sources(actor).where(col(Source.id) == opening.source_id))
    if source is None:
        raise Invalid(fields={"source_id": "Choose a source of one of your channels."})
    norm = normalise_address(opening.to)
    if norm is None or norm == source.address_norm:
        raise Invalid(fields={"to": "This is not the e-mail address of a customer."})
    subject = clean_line(opening.subject)
    if not subject or len(subject) > SUBJECT_LIMIT:
        raise Invalid(fields={"subject": "A subject has 1 to 200 characters."})
    body = drafts.check_body(opening.draft.body)
    identity_id = await identities.find_or_create(
        unit, opening.to.strip(), norm, clean_line(opening.name), "entered_by_hand"
    )
    conversation = await _begin(unit, actor, opening, identity_id, subject, body)
    await identities.join(unit, key(conversation), identity_id, verified=True)
    reply = await replies.store(unit, actor, conversation, body, opening.draft, terms, identity_id, None)
    reply.content_hash = opening.hash
    unit.session.add(reply)
    await conversations.watch(unit, actor, key(conversation), on=True)
    return conversation, reply, True


async def _begin(unit: Unit, actor: Actor, opening: Opening, identity_id: int, subject: str, body: str) -> Conversation:
    new = upsert(unit.session, _conversation).values(
        source_id=opening.source_id,
        identity_id=identity_id,
        thread_id=await threads.new_thread(unit),
        subject=subject,
        state="open",
        state_before_spam="",
        waiting_on="customer",
        assignee_id=actor.person_id,
        restricted=False,
        historic=False,
        client_id=opening.draft.client_id,
        last_excerpt=shorten(body, 300),
        last_message_at=unit.now,
        created_at=unit.now,
    )
    made = await unit.session.execute(
        new.on_conflict_do_nothing(index_elements=["client_id"]).returning(_conversation.c.id)
    )
    conversation_id = made.scalar_one_or_none()
    if conversation_id is None:
        raise Conflict("This is being stored already.", code="in_progress")
    await acts.record(unit, conversation_id, "assigned", actor.person_id, person_id=actor.person_id)
    return await unit.session.get_one(Conversation, conversation_id)


async def _known(unit: Unit, actor: Actor, opening: Opening) -> tuple[Conversation, Reply] | None:
    if opening.draft.client_id is None:
        return None
    conversation = await first(
        unit.session, select(Conversation).where(col(Conversation.client_id) == opening.draft.client_id)
    )
    if conversation is None:
        return None
    reply = await first(
        unit.session,
        select(Reply).where(
            col(Reply.conversation_id) == conversation.id,
            col(Reply.author_id) == actor.person_id,
            col(Reply.client_id) == opening.draft.client_id,
        ),
    )
    if reply is None or reply.content_hash != opening.hash:
        raise OtherContent
    return conversation, reply
