"""How the things of Catch-up look: a source, a first line, a count; the same row for what is put off."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels import unread as counting
from parley.channels.unread import Unread
from parley.feed import catch_up
from parley.feed.catch_up import GROUPS, Thing
from parley.feed.outside import Outside
from parley.kit import clock
from parley.kit.markup import plain_excerpt
from parley.models.channels import Channel
from parley.models.posts import Post, Reaction
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.policy import posts as post_policy
from parley.policy.actor import Actor
from parley.posts import threads
from parley.web.visit import Visit

SHOWN = 40
"""Rows of one group; those below come as the upper ones are done."""

_REACTIONS = 20_000


@dataclass(frozen=True, slots=True)
class CatchUpRow:
    """One thing that waits. `voice` says that the words are a customer's; `note` counts or names the place."""

    kind: str
    id: int
    url: str
    head: str
    note: str
    text: str
    at: datetime | None
    count: int = 0
    mentions: int = 0
    person: PersonCard | None = None
    contact: str = ""
    icon: str = ""
    voice: bool = False
    clock: Any = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CatchUpGroup:
    """A group with how many things it holds in all."""

    name: str
    total: int
    rows: Sequence[CatchUpRow]


@dataclass(frozen=True, slots=True)
class HelpfulPost:
    """A post that helped others lately."""

    url: str
    title: str
    author: PersonCard
    channel: str
    helped: int


@dataclass(frozen=True, slots=True)
class CatchUpView:
    """The whole of Catch-up for one reader."""

    total: int
    groups: Sequence[CatchUpGroup]
    later: Sequence[CatchUpRow]
    helpful: Sequence[HelpfulPost]
    next_at: datetime | None


async def view(session: AsyncSession, visit: Visit, outside: Outside) -> CatchUpView:
    """Return everything that waits for the visit's actor, in groups, and what is put off."""
    actor = visit.actor
    unread = await counting.unread(session, actor)
    waiting = await catch_up.things(session, actor, unread)
    later = await catch_up.put_off(session, actor)
    totals = Counter(thing.group for thing in waiting)
    chosen = [thing for name in GROUPS for thing in [one for one in waiting if one.group == name][:SHOWN]]
    rows = await _rows(session, visit, outside, [*chosen, *later], unread)
    groups = [
        CatchUpGroup(
            name,
            totals[name],
            [rows[(one.kind, one.id)] for one in chosen if one.group == name and (one.kind, one.id) in rows],
        )
        for name in GROUPS
        if totals[name]
    ]
    shown = [replace(rows[(one.kind, one.id)], until=one.until) for one in later if (one.kind, one.id) in rows]
    return CatchUpView(
        total=len(waiting),
        groups=groups,
        later=shown,
        helpful=[] if waiting else await helpful(session, actor),
        next_at=later[0].until if later else None,
    )


async def _rows(
    session: AsyncSession, visit: Visit, outside: Outside, things: Sequence[Thing], unread: Sequence[Unread]
) -> dict[tuple[str, int], CatchUpRow]:
    ids = {kind: [thing.id for thing in things if thing.kind == kind] for kind in catch_up.KINDS}
    found: dict[tuple[str, int], CatchUpRow] = {}
    for made in (
        await outside.notices(session, visit, ids["notice"]),
        await _threads(session, visit, ids["thread"]),
        await _channels(session, visit, ids["channel"], unread),
        await outside.conversations(session, visit, ids["conversation"]),
        await _posts(session, visit, ids["post"]),
    ):
        found |= {(row.kind, row.id): row for row in made}
    back = {(thing.kind, thing.id): thing.until for thing in things if thing.until}
    return {key: replace(row, until=back[key]) if key in back else row for key, row in found.items()}


async def _threads(session: AsyncSession, visit: Visit, ids: Sequence[int]) -> list[CatchUpRow]:
    rows = await threads.rows(session, visit.actor, ids)
    made = []
    for row in rows.values():
        place = f"#{row.channel.name}" if row.channel and row.channel.kind != "direct" else ""
        words = f"{row.speaker.name.split()[0]}: {row.text}" if row.speaker and row.text else row.text
        made.append(
            CatchUpRow(
                "thread",
                row.id,
                row.url,
                row.title or visit.say("A discussion"),
                place,
                words,
                row.at,
                row.unread,
                row.mentions,
                person=row.speaker,
                icon="lock" if row.outside else "message-square",
            )
        )
    return made


async def _channels(
    session: AsyncSession, visit: Visit, ids: Sequence[int], unread: Sequence[Unread]
) -> list[CatchUpRow]:
    counted = {row.channel_id: row for row in unread if row.channel_id in ids}
    if not counted:
        return []
    names = await channels.direct_names(
        session, visit.actor, [row.channel_id for row in counted.values() if row.kind == "direct"]
    )
    newest = (
        select(func.max(col(Post.id)))
        .join(Channel, col(Channel.id) == Post.channel_id)
        .where(col(Post.channel_id).in_(counted), col(Post.removed_at).is_(None), post_policy.visible(visit.actor))
        .group_by(col(Post.channel_id))
    )
    words = {row.channel_id: row for row in await _first_lines(session, newest)}
    people = await cards(session, {row.author_id for row in words.values()})
    made = []
    for row in counted.values():
        name, person = names.get(row.channel_id, (row.name, None))
        word = words.get(row.channel_id)
        author = people.get(word.author_id) if word else None
        line = (word.title or plain_excerpt(word.body_html, 160)) if word else ""
        made.append(
            CatchUpRow(
                "channel",
                row.channel_id,
                f"/channels/{row.channel_id}",
                name,
                "",
                f"{author.name.split()[0]}: {line}" if author else line,
                word.published_at if word else None,
                row.count,
                row.mentions,
                person=person,
                icon={"private": "lock", "announcement": "megaphone", "direct": "message-circle"}.get(row.kind, "hash"),
            )
        )
    return made


async def _posts(session: AsyncSession, visit: Visit, ids: Sequence[int]) -> list[CatchUpRow]:
    if not ids:
        return []
    rows = await _first_lines(
        session, select(col(Post.id)).where(col(Post.id).in_(ids), post_policy.visible(visit.actor))
    )
    people = await cards(session, {row.author_id for row in rows})
    return [
        CatchUpRow(
            "post",
            row.id,
            f"/posts/{row.id}",
            people[row.author_id].name,
            f"#{row.channel_name}" if row.channel_kind != "direct" else "",
            row.title or plain_excerpt(row.body_html, 160),
            row.published_at,
            person=people[row.author_id],
        )
        for row in rows
    ]


async def _first_lines(session: AsyncSession, ids: Any) -> Sequence[Any]:  # noqa: ANN401  (a statement of ids)
    return (
        await session.execute(
            select(
                col(Post.id),
                col(Post.channel_id),
                col(Post.title),
                col(Post.body_html),
                col(Post.author_id),
                col(Post.published_at),
                col(Channel.name).label("channel_name"),
                col(Channel.kind).label("channel_kind"),
            )
            .join(Channel, col(Channel.id) == Post.channel_id)
            .where(col(Post.id).in_(ids))
        )
    ).all()


async def helpful(session: AsyncSession, actor: Actor) -> list[HelpfulPost]:
    """Return three posts of the last week that most colleagues found helpful."""
    thanked = (
        select(col(Reaction.post_id), func.count().label("number"))
        .where(
            col(Reaction.emoji) == "helpful",
            col(Reaction.post_id).is_not(None),
            col(Reaction.created_at) > clock.now() - catch_up.HELPFUL_DAYS,
            # However many there ever were: only the latest are looked at.
            col(Reaction.id) > select(func.max(col(Reaction.id)) - _REACTIONS).scalar_subquery(),
        )
        .group_by(col(Reaction.post_id))
        .subquery()
    )
    best = (
        await session.execute(
            select(col(Post.id), thanked.c.number)
            .join(thanked, thanked.c.post_id == Post.id)
            .where(
                post_policy.visible(actor),
                col(Post.removed_at).is_(None),
                col(Post.author_id).is_not(None),
                col(Post.author_id) != actor.person_id,
            )
            .order_by(thanked.c.number.desc(), col(Post.id).desc())
            .limit(3)
        )
    ).all()
    rows = {row.id: row for row in await _first_lines(session, [row.id for row in best])}
    people = await cards(session, {row.author_id for row in rows.values()})
    return [
        HelpfulPost(
            f"/posts/{row.id}",
            rows[row.id].title or plain_excerpt(rows[row.id].body_html, 90),
            people[rows[row.id].author_id],
            f"#{rows[row.id].channel_name}" if rows[row.id].channel_kind != "direct" else "",
            row.number,
        )
        for row in best
    ]
