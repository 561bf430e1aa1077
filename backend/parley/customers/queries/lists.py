"""The lists of conversations, and their rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.fixed import given
from parley.customers.queries import counts, refs
from parley.customers.queries.clocks import clock
from parley.customers.rows import first
from parley.customers.views import QueueRow, QueueView
from parley.kit import clock as kit_clock
from parley.kit.errors import Invalid
from parley.kit.paging import Page, decode_cursor, encode_cursor
from parley.models.customers import Claim, Conversation, Message, Reply, Surfacing, Watch
from parley.people.queries import cards
from parley.policy import customers as policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared

PAGE = 50
LONGEST_FIRST = ("unclaimed", "mine")
COLUMNS = (
    col(Conversation.id),
    col(Conversation.source_id),
    col(Conversation.identity_id),
    col(Conversation.subject),
    col(Conversation.state),
    col(Conversation.waiting_on),
    col(Conversation.waiting_since),
    col(Conversation.assignee_id),
    col(Conversation.follows_id),
    col(Conversation.last_message_id),
    col(Conversation.last_excerpt),
    col(Conversation.last_message_at),
)


async def queue(
    session: AsyncSession, actor: Actor, name: str, channel_id: int | None = None, cursor: str | None = None
) -> QueueView:
    """Return one list of conversations with what stands above it."""
    page = await rows_of(session, actor, name, channel_id, cursor, PAGE)
    waiting, late, oldest = await counts.waiting(session, actor, channel_id)
    address = f"/customers?list={name}" + (f"&channel={channel_id}" if channel_id else "")
    return QueueView(
        list=name,
        rows=page.items,
        counts=await counts.of_lists(session, actor, channel_id),
        waiting=waiting,
        late=late,
        oldest_since=oldest,
        channels=await refs.channels(session, await _surfaced_in(session, actor), actor),
        channel_id=channel_id,
        next_url=f"{address}&cursor={page.next}" if page.next else None,
        may_write_first=await first(session, policy.writable_sources(actor).limit(1)) is not None,
    )


async def longest_waiting(session: AsyncSession, actor: Actor, limit: int) -> list[QueueRow]:
    """Return those of the list *unclaimed* who wait longest."""
    return await as_rows(session, await _longest_waiting(session, actor, now=kit_clock.now(), limit=limit))


@prepared
def _longest_waiting(actor: Actor) -> Select[*tuple[Any, ...]]:
    since = col(Conversation.waiting_since)
    return (
        select(*COLUMNS)
        .where(policy.visible(actor), counts.in_list("unclaimed", actor, given("now")))
        .order_by(since.is_(None), since, col(Conversation.id))
        .limit(given("limit"))
    )


async def rows_of(
    session: AsyncSession, actor: Actor, name: str, channel_id: int | None, cursor: str | None, limit: int
) -> Page[QueueRow]:
    """Return a part of a list: the longest waiting first where that counts, else the newest word first."""
    statement = select(*COLUMNS).where(policy.visible(actor), counts.in_list(name, actor, kit_clock.now()))
    if channel_id is not None:
        statement = statement.where(counts.in_channel(actor, channel_id))
    by_wait = name in LONGEST_FIRST
    statement = _from_cursor(statement, cursor, by_wait=by_wait)
    since, last = col(Conversation.waiting_since), col(Conversation.last_message_at)
    order = (since.is_(None), since, col(Conversation.id)) if by_wait else (last.desc(), col(Conversation.id).desc())
    found = (await session.execute(statement.order_by(*order).limit(limit + 1))).all()
    shown = found[:limit]
    more = None
    if len(found) > limit:
        moment = shown[-1].waiting_since if by_wait else shown[-1].last_message_at
        more = encode_cursor(moment_text(moment), shown[-1].id)
    return Page(await as_rows(session, shown), more)


def _from_cursor(statement: Any, cursor: str | None, *, by_wait: bool) -> Any:  # noqa: ANN401  (a Select of columns)
    if not cursor:
        return statement
    at, number = decode_cursor(cursor, str, int)
    moment = moment_of(str(at))
    row_id = col(Conversation.id)
    if not by_wait:
        last = col(Conversation.last_message_at)
        return statement.where(or_(last < moment, and_(last == moment, row_id < number)))
    since = col(Conversation.waiting_since)
    if moment is None:
        return statement.where(since.is_(None), row_id > number)
    return statement.where(or_(since > moment, and_(since == moment, row_id > number), since.is_(None)))


def moment_text(moment: datetime | None) -> str:
    """Return a moment for a cursor, to the microsecond, since rows are told apart by it; empty for none."""
    return "" if moment is None else moment.isoformat()


def moment_of(text: str) -> datetime | None:
    """Read what `moment_text` wrote; raise `Invalid` for a cursor that somebody made up."""
    try:
        return kit_clock.aware(datetime.fromisoformat(text)) if text else None
    except ValueError as error:
        raise Invalid("This list cannot go on from there.", code="bad_cursor") from error


async def as_rows(session: AsyncSession, found: Sequence[Any]) -> list[QueueRow]:
    """Turn rows of `COLUMNS`, chosen by a policy, into what a list shows; the same for every reader."""
    if not found:
        return []
    now = kit_clock.now()
    ids = [row.id for row in found]
    contacts = await refs.contacts(session, {row.identity_id for row in found})
    sources = await refs.sources(session, {row.source_id for row in found})
    holders = await holders_of(session, ids, now)
    watchers = await watchers_of(session, ids)
    people = await cards(session, {row.assignee_id for row in found} | set(holders.values()))
    last = await _last_messages(session, [row.last_message_id for row in found])
    trouble = await _trouble(session, ids)
    return [
        QueueRow(
            id=row.id,
            contact=contacts[row.identity_id],
            source=sources[row.source_id],
            subject=row.subject,
            state=row.state,
            waiting_on=row.waiting_on,
            last_text=row.last_excerpt,
            last_by_us=row.last_message_id in last and last[row.last_message_id].direction == "out",
            last_at=row.last_message_at,
            since=row.waiting_since if row.state == "open" else None,
            clock=clock(row.state, row.waiting_since, now),
            tags=_tags(row, last.get(row.last_message_id), trouble.get(row.id, "")),
            holder=people.get(holders.get(row.id, 0)),
            assignee=people.get(row.assignee_id),
            watcher_ids=watchers.get(row.id, ()),
        )
        for row in found
    ]


async def row(session: AsyncSession, conversation_id: int) -> QueueRow | None:
    """Return one conversation as a list shows it, for readers who were judged before."""
    found = (await session.execute(select(*COLUMNS).where(col(Conversation.id) == conversation_id))).all()
    rows = await as_rows(session, found)
    return rows[0] if rows else None


async def holders_of(session: AsyncSession, conversation_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Return who has the claim of each conversation that is claimed."""
    rows = await session.execute(
        select(col(Claim.conversation_id), col(Claim.person_id)).where(
            col(Claim.conversation_id).in_(conversation_ids), col(Claim.until) > now
        )
    )
    return {row.conversation_id: row.person_id for row in rows.all()}


async def watchers_of(session: AsyncSession, conversation_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return who watches each conversation."""
    rows = await session.execute(
        select(col(Watch.conversation_id), col(Watch.person_id))
        .where(col(Watch.conversation_id).in_(conversation_ids))
        .order_by(col(Watch.since), col(Watch.person_id))
    )
    found: dict[int, list[int]] = {}
    for row in rows.all():
        found.setdefault(row.conversation_id, []).append(row.person_id)
    return found


async def _last_messages(session: AsyncSession, message_ids: Sequence[int | None]) -> dict[int, Any]:
    rows = await session.execute(
        select(
            col(Message.id),
            col(Message.direction),
            col(Message.automatic),
            col(Message.new_participant),
            col(Message.unreadable),
        ).where(col(Message.id).in_([number for number in message_ids if number is not None]))
    )
    return {row.id: row for row in rows.all()}


async def _trouble(session: AsyncSession, conversation_ids: Sequence[int]) -> Mapping[int, str]:
    """Return the state of the latest reply of each conversation where that needs a person."""
    latest = (
        select(func.max(col(Reply.id)))
        .where(col(Reply.conversation_id).in_(conversation_ids), col(Reply.state).not_in(("draft", "replaced")))
        .group_by(col(Reply.conversation_id))
    )
    rows = await session.execute(
        select(col(Reply.conversation_id), col(Reply.state)).where(
            col(Reply.id).in_(latest), col(Reply.state).in_(("bounced", "failed", "unknown"))
        )
    )
    return {row.conversation_id: row.state for row in rows.all()}


def _tags(row: Any, last: Any, trouble: str) -> list[str]:  # noqa: ANN401  (rows)
    """Return what is special about a conversation, what needs a person first."""
    found = ["bounce" if trouble == "bounced" else "trouble"] if trouble else []
    if last is not None:
        found += [
            name
            for name, on in (
                ("new_participant", last.new_participant),
                ("unreadable", last.unreadable),
                ("automatic", last.automatic),
            )
            if on
        ]
    return [*found, "follows"] if row.follows_id else found


async def _surfaced_in(session: AsyncSession, actor: Actor) -> list[int]:
    """Return the channels in which open conversations are surfaced that `actor` may read."""
    rows = await session.execute(
        select(col(Surfacing.channel_id))
        .join(Conversation, col(Conversation.id) == Surfacing.conversation_id)
        .where(policy.visible(actor), col(Conversation.state) == "open", col(Surfacing.removed_at).is_(None))
        .distinct()
    )
    return list(rows.scalars().all())
