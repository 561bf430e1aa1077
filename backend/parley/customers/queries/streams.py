"""What a channel hears, and the tab that shows it."""

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.service import membership
from parley.channels.views import ChannelRef
from parley.customers.queries import contacts, counts, lists, refs
from parley.customers.rows import every
from parley.customers.service import streams
from parley.customers.views import ChannelCustomers, SourceRef, StreamForm, StreamPreview, StreamRow
from parley.kit.errors import Forbidden
from parley.models.customers import Conversation, Source, Stream
from parley.policy import customers as policy
from parley.policy.actor import Actor

PREVIEW_ROWS = 5


async def tab(
    session: AsyncSession, actor: Actor, channel_id: int, *, cursor: str | None = None, form: StreamForm | None = None
) -> ChannelCustomers:
    """Return what a channel that `actor` may read hears, and who waits there; `form` when one was filled in."""
    channel = await channels.get(session, actor, channel_id)
    page = await lists.rows_of(session, actor, "all", channel_id, cursor, lists.PAGE)
    waiting, _, _ = await counts.waiting(session, actor, channel_id)
    may_change = await may_manage(session, actor, channel_id)
    return ChannelCustomers(
        channel=ChannelRef(channel_id, channel.name, channel.kind),
        streams=await of_channel(session, actor, channel_id),
        rows=page.items,
        waiting=waiting,
        next_url=f"/channels/{channel_id}?tab=customers&cursor={page.next}" if page.next else None,
        form=(form or StreamForm(await all_sources(session))) if may_change else None,
    )


async def of_channel(session: AsyncSession, actor: Actor, channel_id: int) -> list[StreamRow]:
    """Return the streams of a channel that `actor` may read."""
    rows = await every(
        session, policy.readable_streams(actor).where(col(Stream.channel_id) == channel_id).order_by(col(Stream.id))
    )
    sources = await refs.sources(session, {row.source_id for row in rows})
    paused = set(await every(session, select(col(Source.id)).where(col(Source.state) == "paused")))
    return [
        StreamRow(row.id or 0, sources[row.source_id], row.words, row.created_at, row.source_id in paused)
        for row in rows
    ]


async def all_sources(session: AsyncSession) -> list[SourceRef]:
    """Return every source by name: whoever may change streams may choose among them."""
    rows = await every(session, select(Source).order_by(col(Source.name)))
    return [SourceRef(row.id or 0, row.name, row.kind, row.address) for row in rows]


async def writable(session: AsyncSession, actor: Actor) -> list[SourceRef]:
    """Return the sources in whose name `actor` may write first."""
    rows = await every(session, policy.writable_sources(actor).order_by(col(Source.name)))
    return [SourceRef(row.id or 0, row.name, row.kind, row.address) for row in rows]


async def preview(session: AsyncSession, actor: Actor, source_id: int, words: str) -> StreamPreview:
    """Try a stream on what `actor` may read of a source."""
    found = await streams.preview(session, actor, source_id, words)
    rows = await every(
        session,
        policy.readable(actor)
        .where(col(Conversation.id).in_(found.conversation_ids[:PREVIEW_ROWS]))
        .order_by(col(Conversation.id).desc()),
    )
    return StreamPreview(found.looked_at, len(found.conversation_ids), await contacts.summaries(session, rows))


async def may_manage(session: AsyncSession, actor: Actor, channel_id: int) -> bool:
    """Whether `actor` may change what a channel hears."""
    channel = await channels.get(session, actor, channel_id)
    try:
        policy.may_manage_streams(actor, channel, await membership.of(session, channel_id, actor.person_id))
    except Forbidden:
        return False
    return True
