"""The cards of conversations that stand in channels, a handful of statements for a whole feed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries import lists, refs
from parley.customers.queries.clocks import clock
from parley.customers.views import ConversationCard
from parley.kit import clock as kit_clock
from parley.kit.markup import plain_excerpt
from parley.kit.text import shorten
from parley.models.customers import Claim, Conversation, Message
from parley.models.posts import Comment, Thread
from parley.people.queries import cards as person_cards
from parley.people.views import PersonCard
from parley.posts.views import LastComment

TEXT_CHARACTERS = 600
_TALK = 6
_COLUMNS = (*lists.COLUMNS, col(Conversation.thread_id), col(Conversation.restricted))


async def cards(session: AsyncSession, thread_ids: Sequence[int]) -> Mapping[int, object]:
    """Return the card of each conversation by its thread; who may see the posts was judged by the caller."""
    if not thread_ids:
        return {}
    found = (await session.execute(select(*_COLUMNS).where(col(Conversation.thread_id).in_(thread_ids)))).all()
    return {row.thread_id: card for row, card in zip(found, await _cards(session, found), strict=True)}


async def _cards(session: AsyncSession, found: Sequence[Any]) -> list[ConversationCard]:
    now = kit_clock.now()
    ids = [row.id for row in found]
    threads = [row.thread_id for row in found]
    contacts = await refs.contacts(session, {row.identity_id for row in found})
    sources = await refs.sources(session, {row.source_id for row in found})
    watchers = await lists.watchers_of(session, ids)
    claims = {
        row.conversation_id: row
        for row in (
            await session.execute(
                select(col(Claim.conversation_id), col(Claim.person_id), col(Claim.since)).where(
                    col(Claim.conversation_id).in_(ids), col(Claim.until) > now
                )
            )
        ).all()
    }
    texts = await _texts(session, ids)
    counts = await session.execute(select(col(Thread.id), col(Thread.comment_count)).where(col(Thread.id).in_(threads)))
    comments = {row.id: row.comment_count for row in counts.all()}
    talk = await _talk(session, threads)
    people = await person_cards(
        session,
        {row.assignee_id for row in found}
        | {claim.person_id for claim in claims.values()}
        | {comment.author_id for spoken in talk.values() for comment in spoken},
    )
    return [
        ConversationCard(
            id=row.id,
            contact=contacts[row.identity_id],
            source=sources[row.source_id],
            subject=row.subject,
            text=shorten(texts.get(row.id, ""), TEXT_CHARACTERS),
            state=row.state,
            waiting_on=row.waiting_on,
            clock=clock(row.state, row.waiting_since, now),
            holder=people.get(claims[row.id].person_id) if row.id in claims else None,
            held_since=claims[row.id].since if row.id in claims else None,
            assignee=people.get(row.assignee_id),
            watcher_ids=watchers.get(row.id, ()),
            comment_count=comments.get(row.thread_id, 0),
            faces=_faces(talk.get(row.thread_id, ()), people),
            last_comment=_last(talk.get(row.thread_id, ()), people),
            restricted=row.restricted,
        )
        for row in found
    ]


async def _texts(session: AsyncSession, conversation_ids: Sequence[int]) -> dict[int, str]:
    """Return the latest words of a human outside in each conversation."""
    latest = (
        select(func.max(col(Message.id)))
        .where(
            col(Message.conversation_id).in_(conversation_ids),
            col(Message.direction) == "in",
            col(Message.automatic) == "",
        )
        .group_by(col(Message.conversation_id))
    )
    rows = await session.execute(
        select(
            col(Message.conversation_id), func.substr(col(Message.text), 1, 4 * TEXT_CHARACTERS).label("text")
        ).where(col(Message.id).in_(latest))
    )
    return {row.conversation_id: row.text for row in rows.all()}


async def _talk(session: AsyncSession, threads: Sequence[int]) -> dict[int, list[Any]]:
    """Return the newest few comments of each thread, newest first."""
    place = func.row_number().over(partition_by=col(Comment.thread_id), order_by=col(Comment.id).desc())
    ranked = (
        select(col(Comment.thread_id), col(Comment.author_id), col(Comment.body_html), place.label("place"))
        .where(col(Comment.thread_id).in_(threads), col(Comment.removed_at).is_(None))
        .subquery()
    )
    found: dict[int, list[Any]] = {}
    for row in (await session.execute(select(ranked).where(ranked.c.place <= _TALK).order_by(ranked.c.place))).all():
        found.setdefault(row.thread_id, []).append(row)
    return found


def _faces(spoken: Sequence[Any], people: Mapping[int, PersonCard]) -> list[PersonCard]:
    authors = dict.fromkeys(comment.author_id for comment in spoken)
    return [people[author] for author in authors if author in people][:3]


def _last(spoken: Sequence[Any], people: Mapping[int, PersonCard]) -> LastComment | None:
    if not spoken or spoken[0].author_id not in people:
        return None
    return LastComment(people[spoken[0].author_id].name.split()[0], plain_excerpt(spoken[0].body_html, 120))
