"""Where a conversation can be surfaced."""

from sqlalchemy import and_, exists, literal, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.views import ChannelRef
from parley.models.channels import Channel, Membership
from parley.models.customers import Surfacing
from parley.policy.actor import Actor

SHOWN = 200


async def postable(session: AsyncSession, actor: Actor, conversation_id: int) -> list[ChannelRef]:
    """Return the channels where `actor` may post and the conversation does not stand yet, by name."""
    there = (
        exists()
        .where(
            col(Surfacing.conversation_id) == conversation_id,
            col(Surfacing.channel_id) == Channel.id,
            col(Surfacing.removed_at).is_(None),
        )
        .correlate(Channel)
    )
    may_post = or_(
        col(Channel.who_posts) == "members",
        col(Membership.role) == "owner",
        (col(Channel.who_posts) == "moderators") & (col(Membership.role) == "moderator"),
        literal(actor.has("communications", "moderator")),
    )
    rows = await session.execute(
        select(col(Channel.id), col(Channel.name), col(Channel.kind))
        .join(
            Membership,
            and_(
                col(Membership.channel_id) == Channel.id,
                col(Membership.person_id) == actor.person_id,
                col(Membership.until).is_(None),
            ),
        )
        .where(col(Channel.archived_at).is_(None), col(Channel.kind) != "direct", ~there, may_post)
        .order_by(col(Channel.name))
        .limit(SHOWN)
    )
    return [ChannelRef(row.id, row.name, row.kind) for row in rows.all()]
