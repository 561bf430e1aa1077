"""Names that recur in every view: contacts, sources, channels."""

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.views import ChannelRef
from parley.customers.views import ContactRef, SourceRef
from parley.kit.text import initials
from parley.models.channels import Channel
from parley.models.customers import Contact, ContactIdentity, Conversation, Source, Surfacing
from parley.policy import channels as channel_policy
from parley.policy import customers as customer_policy
from parley.policy.actor import Actor


async def contacts(session: AsyncSession, identity_ids: Collection[int | None]) -> dict[int, ContactRef]:
    """Return the contact behind each identity."""
    wanted = {number for number in identity_ids if number is not None}
    if not wanted:
        return {}
    rows = await session.execute(
        select(col(ContactIdentity.id).label("identity"), col(Contact.id), col(Contact.name), col(Contact.place))
        .join(Contact, col(Contact.id) == ContactIdentity.contact_id)
        .where(col(ContactIdentity.id).in_(wanted))
    )
    return {row.identity: contact(row.id, row.name, row.place) for row in rows.all()}


def contact(contact_id: int, name: str, place: str) -> ContactRef:
    """Return a contact as every list names them."""
    return ContactRef(contact_id, name, initials(name), place)


async def addresses(session: AsyncSession, identity_ids: Collection[int | None]) -> dict[int, str]:
    """Return the address of each identity."""
    rows = await session.execute(
        select(col(ContactIdentity.id), col(ContactIdentity.address)).where(
            col(ContactIdentity.id).in_({number for number in identity_ids if number is not None})
        )
    )
    return {row.id: row.address for row in rows.all()}


async def sources(session: AsyncSession, source_ids: Collection[int]) -> dict[int, SourceRef]:
    """Return the sources of `source_ids`."""
    rows = await session.execute(
        select(col(Source.id), col(Source.name), col(Source.kind), col(Source.address)).where(
            col(Source.id).in_(set(source_ids))
        )
    )
    return {row.id: SourceRef(row.id, row.name, row.kind, row.address) for row in rows.all()}


async def channels(session: AsyncSession, channel_ids: Collection[int], actor: Actor | None = None) -> list[ChannelRef]:
    """Return channels by name; with `actor` only those they may read, since a private one's name is for its members."""
    statement = select(col(Channel.id), col(Channel.name), col(Channel.kind)).where(
        col(Channel.id).in_(set(channel_ids)), col(Channel.kind) != "direct"
    )
    statement = statement.where(
        channel_policy.visible(actor) if actor else col(Channel.kind).in_(("open", "announcement"))
    )
    rows = await session.execute(statement.order_by(col(Channel.name)))
    return [ChannelRef(row.id, row.name, row.kind) for row in rows.all()]


async def shown_in(
    session: AsyncSession, conversation_ids: Collection[int], actor: Actor | None
) -> dict[int, list[int]]:
    """Return the channels in which conversations stand, as far as `actor` (or every colleague) may know them."""
    rows = await session.execute(
        select(col(Surfacing.conversation_id), col(Surfacing.channel_id))
        .join(Conversation, col(Conversation.id) == Surfacing.conversation_id)
        .join(Channel, col(Channel.id) == Surfacing.channel_id)
        .where(
            col(Surfacing.conversation_id).in_(conversation_ids),
            customer_policy.stands(),
            channel_policy.visible(actor) if actor else col(Channel.kind).in_(("open", "announcement")),
        )
        .order_by(col(Surfacing.channel_id))
    )
    found: dict[int, list[int]] = {}
    for row in rows.all():
        found.setdefault(row.conversation_id, []).append(row.channel_id)
    return found
