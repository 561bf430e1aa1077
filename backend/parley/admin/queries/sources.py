"""What administration shows of the sources: how they are set up and how they fare, no word of any customer."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.admin.faults import fault
from parley.admin.views import SourceForm, SourceHealth, SourcePage, SourceRow, UnreadMail
from parley.channels.views import ChannelRef
from parley.customers.connectors.email.servers import parse_server
from parley.customers.service.sources import is_polled, without_user
from parley.kit.errors import Invalid, NotFound
from parley.models.channels import Channel
from parley.models.customers import Conversation, Message, RawDelivery, Source, Stream
from parley.policy import channels as channel_policy
from parley.policy.actor import Actor

UNREAD_SHOWN = 100
Say = Callable[[str], str]


async def rows(session: AsyncSession, actor: Actor, say: Say) -> list[SourceRow]:
    """Return every source by name, with the channels that hear it as far as `actor` may know them."""
    sources = (await session.execute(select(Source).order_by(col(Source.name)))).scalars().all()
    heard = await session.execute(
        select(col(Stream.source_id), col(Channel.id), col(Channel.name), col(Channel.kind))
        .join(Channel, col(Channel.id) == Stream.channel_id)
        .where(col(Stream.removed_at).is_(None), channel_policy.visible(actor))
        .order_by(col(Channel.name))
    )
    channels: dict[int, dict[int, ChannelRef]] = {}
    for row in heard.all():
        channels.setdefault(row.source_id, {})[row.id] = ChannelRef(row.id, row.name, row.kind)
    waiting = await session.execute(
        select(col(Conversation.source_id), func.count())
        .where(col(Conversation.state) == "open", col(Conversation.waiting_since).is_not(None))
        .group_by(col(Conversation.source_id))
    )
    waits = {row[0]: row[1] for row in waiting}
    failed = await session.execute(
        select(col(RawDelivery.source_id), func.count())
        .where(col(RawDelivery.state) == "failed")
        .group_by(col(RawDelivery.source_id))
    )
    unread = {row[0]: row[1] for row in failed}
    return [
        SourceRow(
            id=source.id or 0,
            name=source.name,
            kind=source.kind,
            address=source.address,
            channels=list(channels.get(source.id or 0, {}).values()),
            state=source.state,
            trouble=fault(source.error, say) if source.error else None,
            fetched_at=source.fetched_at,
            waiting=waits.get(source.id or 0, 0),
            unread_mails=unread.get(source.id or 0, 0),
            polled=is_polled(source),
        )
        for source in sources
    ]


async def page(session: AsyncSession, source_id: int, say: Say) -> SourcePage:
    """Return one source with its settings and how it fares."""
    source = await session.get(Source, source_id)
    if source is None:
        raise NotFound
    return SourcePage(form_of(source), await _health(session, source, say))


async def choices(session: AsyncSession, actor: Actor) -> list[ChannelRef]:
    """Return the channels in which a new source may surface."""
    found = await session.execute(
        channel_policy.readable(actor)
        .where(col(Channel.kind) != "direct", col(Channel.archived_at).is_(None))
        .order_by(col(Channel.name))
    )
    return [ChannelRef(channel.id or 0, channel.name, channel.kind) for channel in found.scalars().all()]


def form_of(source: Source) -> SourceForm:
    """Return the settings of a source as its form shows them."""
    config = source.config
    imap_url, smtp_url = str(config.get("imap_url", "")), str(config.get("smtp_url", ""))
    return SourceForm(
        id=source.id,
        kind=source.kind,
        name=source.name,
        address=source.address,
        display_name=source.display_name,
        imap_url=without_user(imap_url),
        imap_user=_user(imap_url),
        has_imap_password=bool(source.secrets_sealed) and bool(imap_url),
        smtp_url=without_user(smtp_url),
        smtp_user=_user(smtp_url),
        has_smtp_password=bool(source.secrets_sealed) and bool(smtp_url),
        signature=source.signature,
        days_back=int(config.get("days_back", 0)),
        plus_addressing=bool(config.get("plus_addressing", True)),
        authserv_id=str(config.get("authserv_id", "")),
    )


def _user(url: str) -> str:
    try:
        return parse_server(url).username if url and not url.startswith("outbox:") else ""
    except Invalid:
        return ""


async def _health(session: AsyncSession, source: Source, say: Say) -> SourceHealth:
    counted = (
        await session.execute(
            select(
                func.count().filter(col(Message.direction) == "in").label("received"),
                func.count().filter(col(Message.direction) == "out").label("sent"),
                func.max(col(Message.received_at)).label("last"),
            ).where(col(Message.source_id) == source.id)
        )
    ).one()
    failed = await session.execute(
        select(RawDelivery)
        .where(col(RawDelivery.source_id) == source.id, col(RawDelivery.state) == "failed")
        .order_by(col(RawDelivery.id).desc())
        .limit(UNREAD_SHOWN)
    )
    return SourceHealth(
        state=source.state,
        trouble=fault(source.error, say) if source.error else None,
        fetched_at=source.fetched_at,
        last_message_at=counted.last,
        received=counted.received,
        sent=counted.sent,
        unread_mails=[
            UnreadMail(
                row.id or 0, row.received_at, str(row.envelope.get("from") or ""), row.size, fault(row.error, say)
            )
            for row in failed.scalars().all()
        ],
        polled=is_polled(source),
    )
