"""Identities and contacts: one address is one identity, found or made in one statement."""

from sqlalchemy import delete, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.customers.rows import first, key
from parley.customers.service import acts
from parley.kit.errors import Invalid, NotFound
from parley.kit.text import clean_line
from parley.models.customers import Contact, ContactIdentity, Conversation, Participant
from parley.policy import customers as policy
from parley.policy.actor import Actor

NETWORK = "email"
PROVEN = "dmarc"
NAME_LIMIT = 120
_identity = metadata.tables["contact_identity"]
_participant = metadata.tables["participant"]


async def find_or_create(unit: Unit, address: str, norm: str, name: str, evidence: str) -> int:
    """Return the identity of an address, with a new contact if the address is new. Better evidence replaces weaker."""
    known = await _known(unit.session, norm)
    if known is None:
        contact = Contact(name=(name or address)[:NAME_LIMIT], created_at=unit.now)
        unit.session.add(contact)
        await unit.session.flush()
        new = upsert(unit.session, _identity).values(
            contact_id=contact.id,
            network=NETWORK,
            address=address,
            address_norm=norm,
            name=name[:NAME_LIMIT],
            evidence=evidence,
            first_seen_at=unit.now,
        )
        made = await unit.session.execute(
            new.on_conflict_do_nothing(index_elements=["network", "address_norm"]).returning(_identity.c.id)
        )
        identity_id = made.scalar_one_or_none()
        if identity_id is not None:
            return int(identity_id)
        # Another delivery made it between the look and the write: its contact is the one.
        await unit.session.execute(delete(Contact).where(col(Contact.id) == contact.id))
        known = await _known(unit.session, norm)
        assert known is not None  # noqa: S101  (the conflict says that it is there)
    if (evidence == PROVEN and known.evidence != PROVEN) or (name and not known.name):
        known.evidence = PROVEN if evidence == PROVEN else known.evidence
        known.name = known.name or name[:NAME_LIMIT]
        unit.session.add(known)
    return key(known)


async def nobody(unit: Unit, delivery_id: int, name: str) -> int:
    """Return an identity for a message that names no sender: its own, since two strangers are not one."""
    norm = f"none:{delivery_id}"
    known = await _known(unit.session, norm)
    if known is not None:
        return key(known)
    contact = Contact(name=name[:NAME_LIMIT], created_at=unit.now)
    unit.session.add(contact)
    await unit.session.flush()
    identity = ContactIdentity(
        contact_id=key(contact),
        network=NETWORK,
        address="",
        address_norm=norm,
        name=name[:NAME_LIMIT],
        evidence="",
        first_seen_at=unit.now,
    )
    unit.session.add(identity)
    await unit.session.flush()
    return key(identity)


async def join(unit: Unit, conversation_id: int, identity_id: int, *, verified: bool) -> None:
    """Let an identity take part; who already does stays as they are."""
    new = upsert(unit.session, _participant).values(
        conversation_id=conversation_id, identity_id=identity_id, verified=verified, joined_at=unit.now
    )
    await unit.session.execute(new.on_conflict_do_nothing())


async def takes_part(session: AsyncSession, conversation_id: int, identity_id: int) -> bool:
    """Whether the identity is a participant of the conversation."""
    return (
        await session.execute(
            select(col(Participant.identity_id)).where(
                col(Participant.conversation_id) == conversation_id, col(Participant.identity_id) == identity_id
            )
        )
    ).first() is not None


async def rename(unit: Unit, actor: Actor, contact_id: int, name: str) -> Contact:
    """Give a contact another name: anybody who may read a conversation with them knows who it is."""
    contact = await first(unit.session, policy.readable_contacts(actor).where(col(Contact.id) == contact_id))
    if contact is None:
        raise NotFound
    policy.may_act(actor)
    name = clean_line(name)
    if not name or len(name) > NAME_LIMIT:
        raise Invalid(fields={"name": "A name has 1 to 120 characters."})
    if name != contact.name:
        contact.name = name
        unit.session.add(contact)
        conversations = await unit.session.execute(
            select(col(Conversation.id))
            .join(ContactIdentity, col(ContactIdentity.id) == Conversation.identity_id)
            .where(col(ContactIdentity.contact_id) == contact_id, col(Conversation.state) == "open")
            .limit(50)
        )
        for conversation_id in conversations.scalars().all():
            await acts.record(unit, conversation_id, "renamed", actor.person_id, name=name)
    return contact


async def _known(session: AsyncSession, norm: str) -> ContactIdentity | None:
    return await first(
        session,
        select(ContactIdentity).where(
            col(ContactIdentity.network) == NETWORK, col(ContactIdentity.address_norm) == norm
        ),
    )
