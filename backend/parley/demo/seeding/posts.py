"""Channels, and three weeks of posts, comments and reactions.

What is older than a day is written as rows, since nobody listens to it any more; the last day walks through the services,
so that the bell and the counts of a newcomer are real.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select, update
from sqlmodel import col

from parley.core.unit import Unit
from parley.customers.rows import key
from parley.demo.fernhill import Comment, Company, Post, Reaction
from parley.demo.seeding import kinds
from parley.demo.seeding.customers import Card
from parley.kit import markup
from parley.models.channels import Channel, Membership, ReadingPosition
from parley.models.notifications import Notification
from parley.models.posts import Comment as CommentRow
from parley.models.posts import Post as PostRow
from parley.models.posts import Reaction as ReactionRow
from parley.models.posts import Thread
from parley.models.search import SearchDocument
from parley.policy.actor import Actor
from parley.posts.service import comments, publishing
from parley.posts.service.words import Words, prepare

_FRESH = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Names:
    """The persons and channels that a text may name, by handle and by name."""

    persons: Mapping[str, tuple[int, str]]
    channels: Mapping[str, tuple[int, str]]


async def channels(unit: Unit, company: Company, actors: Mapping[str, Actor], now: datetime) -> dict[str, Channel]:
    """Make the channels with their members; return them by key."""
    made: dict[str, Channel] = {}
    begun = now - timedelta(days=400)
    for entry in company.channels:
        everybody = {actors[name].person_id for name in (*entry.owners, *entry.members)}
        direct = entry.kind == "direct"
        channel = Channel(
            name="" if direct else entry.name,
            name_norm=None if direct else entry.name,
            kind=entry.kind,
            purpose=entry.purpose,
            section=entry.section or "",
            is_default=entry.default,
            who_posts="moderators" if entry.kind == "announcement" else "members",
            who_invites="members" if entry.kind in {"open", "announcement"} else "owners",
            created_at=begun,
            created_by=actors[entry.owners[0]].person_id if entry.owners else None,
            direct_key=",".join(str(person) for person in sorted(everybody)) if direct else None,
        )
        unit.session.add(channel)
        await unit.session.flush()
        owners = {actors[name].person_id for name in entry.owners}
        unit.session.add_all(
            [
                Membership(
                    channel_id=key(channel),
                    person_id=person,
                    role="owner" if person in owners else "member",
                    since=begun,
                )
                for person in sorted(everybody)
            ]
        )
        unit.session.add_all(
            [
                ReadingPosition(person_id=person, channel_id=key(channel), number=0, read_at=begun)
                for person in sorted(everybody)
            ]
        )
        made[entry.key] = channel
    await unit.session.flush()
    return made


async def posts(
    unit: Unit,
    company: Company,
    actors: Mapping[str, Actor],
    rooms: Mapping[str, Channel],
    cards: Sequence[Card],
    now: datetime,
) -> tuple[dict[str, PostRow], dict[Card, int]]:
    """Publish everything at its time, surfaced conversations among the rest; return the posts by key and by card."""
    entries: list[Post | Card] = sorted([*company.posts, *cards], key=lambda entry: _at(entry, now))
    old = [entry for entry in entries if _at(entry, now) < now - _FRESH]
    names = names_of(actors, rooms)
    made = await _write(unit, actors, rooms, names, old, now)
    for entry in entries[len(old) :]:
        if isinstance(entry, Card):
            channel = rooms[entry.channel]
            await unit.session.refresh(channel, ["last_number"])
            made |= await _write(unit, actors, rooms, names, [entry], now)
        else:
            made[entry] = await _publish(unit, actors, rooms, entry, now)
    by_key = {entry.key: post for entry, post in made.items() if isinstance(entry, Post)}
    written = [entry for entry in entries if isinstance(entry, Post)]
    await _react(unit, actors, [(entry.reactions, {"post_id": by_key[entry.key].id}) for entry in written], now)
    await talk(unit, actors, names, [(by_key[entry.key].thread_id, entry.comments) for entry in written], now)
    return by_key, {entry: key(post) for entry, post in made.items() if isinstance(entry, Card)}


def names_of(actors: Mapping[str, Actor], rooms: Mapping[str, Channel]) -> Names:
    """Return whom and what a text may name."""
    return Names(
        {actor.handle: (actor.person_id, actor.name) for actor in actors.values()},
        {room.name: (key(room), room.name) for room in rooms.values() if room.kind in {"open", "announcement"}},
    )


def _at(entry: Post | Card, now: datetime) -> datetime:
    return entry.at if isinstance(entry, Card) else entry.when.on(now)


async def _write(
    unit: Unit,
    actors: Mapping[str, Actor],
    rooms: Mapping[str, Channel],
    names: Names,
    entries: Sequence[Post | Card],
    now: datetime,
) -> dict[Post | Card, PostRow]:
    threads = [Thread() for entry in entries if isinstance(entry, Post)]
    unit.session.add_all(threads)
    await unit.session.flush()
    new = iter(threads)
    made: dict[Post | Card, PostRow] = {}
    for entry in entries:
        channel = rooms[entry.channel]
        channel.last_number += 1
        post = PostRow(channel_id=key(channel), number=channel.last_number, published_at=_at(entry, now))
        if isinstance(entry, Card):
            words = prepare(entry.words, required=False)
            post.kind, post.thread_id = "conversation", entry.thread_id
            post.author_id = actors[entry.author].person_id if entry.author else None
        else:
            words = _words(entry)
            post.kind, post.thread_id = entry.kind, key(next(new))
            post.author_id, post.client_id = actors[entry.author].person_id, client_id(entry.key)
            post.title, post.content_hash = words.title, words.hash
        post.body, post.body_html = words.body, _fill(words, names)
        made[entry] = post
    unit.session.add_all(rooms.values())
    unit.session.add_all(made.values())
    await unit.session.flush()
    unit.session.add_all(
        [
            SearchDocument(
                post_id=key(post), channel_id=post.channel_id, title=post.title, body=markup.plain_text(post.body_html)
            )
            for post in made.values()
        ]
    )
    await unit.session.flush()
    return made


async def _publish(
    unit: Unit, actors: Mapping[str, Actor], rooms: Mapping[str, Channel], entry: Post, now: datetime
) -> PostRow:
    unit.now = min(entry.when.on(now), now)
    # Whoever wrote in a channel of announcements was allowed to on that day.
    actor = replace(actors[entry.author], roles=actors[entry.author].roles | {"moderator"})
    draft = publishing.Draft(_words(entry), entry.kind, client_id(entry.key), given=kinds.given(entry, actors, now))
    channel = rooms[entry.channel]
    post, _ = await publishing.publish(unit, actor, key(channel), draft)
    return post


async def talk(
    unit: Unit, actors: Mapping[str, Actor], names: Names, talks: Sequence[tuple[int, Sequence[Comment]]], now: datetime
) -> None:
    """Write the comments of threads at their times, and the reactions to them."""
    spoken = sorted(
        ((entry.when.on(now), thread, entry) for thread, entries in talks for entry in entries),
        key=lambda item: item[0],
    )
    rows: list[tuple[CommentRow, Comment]] = []
    last: dict[int, tuple[int, datetime]] = {}
    for at, thread, entry in spoken:
        if at >= now - _FRESH:
            continue
        words = prepare(entry.body)
        rows.append(
            (
                CommentRow(
                    thread_id=thread,
                    author_id=actors[entry.author].person_id,
                    body=words.body,
                    body_html=_fill(words, names),
                    content_hash=words.hash,
                    created_at=at,
                ),
                entry,
            )
        )
        last[thread] = (last.get(thread, (0, at))[0] + 1, at)
    unit.session.add_all([row for row, _ in rows])
    await unit.session.flush()
    for thread, (count, at) in last.items():
        await unit.session.execute(
            update(Thread).where(col(Thread.id) == thread).values(comment_count=count, last_comment_at=at)
        )
    for at, thread, entry in spoken[len(rows) :]:
        unit.now = min(at, now)
        row, _ = await comments.publish(unit, actors[entry.author], thread_id=thread, words=prepare(entry.body))
        rows.append((row, entry))
    await _react(unit, actors, [(entry.reactions, {"comment_id": row.id}) for row, entry in rows], now)


async def _react(
    unit: Unit,
    actors: Mapping[str, Actor],
    given: Sequence[tuple[Sequence[Reaction], Mapping[str, int | None]]],
    now: datetime,
) -> None:
    unit.session.add_all(
        [
            ReactionRow(person_id=actors[name].person_id, emoji=reaction.emoji, created_at=now, **target)
            for reactions, target in given
            for reaction in reactions
            for name in dict.fromkeys(reaction.by)
        ]
    )
    await unit.session.flush()


def _words(entry: Post) -> Words:
    return prepare(entry.body, title=entry.title or "", kind=entry.kind)


def client_id(key: str) -> str:
    """Return the client id under which the post of `key` is known."""
    return str(uuid5(NAMESPACE_URL, f"fernhill/{key}"))


def _fill(words: Words, names: Names) -> str:
    return markup.fill(words.html, names.persons, names.channels)


async def catch_up(unit: Unit, now: datetime) -> None:
    """Let everybody have read all but the last hours, so that unread numbers are small and can reach zero."""
    last = dict(
        (
            await unit.session.execute(
                select(col(PostRow.channel_id), col(PostRow.number))
                .where(col(PostRow.published_at) <= now - timedelta(hours=5))
                .order_by(col(PostRow.number))
            )
        ).all()
    )
    for channel_id, number in last.items():
        await unit.session.execute(
            update(ReadingPosition)
            .where(col(ReadingPosition.channel_id) == channel_id)
            .values(number=number, read_at=now)
        )
    await unit.session.execute(
        update(Notification).where(col(Notification.created_at) <= now - timedelta(hours=12)).values(read_at=now)
    )
