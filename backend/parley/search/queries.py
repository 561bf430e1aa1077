"""Finding: posts by their words, newest first with the readable channels inside the query; persons and channels by name."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from sqlalchemy import func, or_, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.kit.paging import query
from parley.kit.text import shorten
from parley.models.channels import Channel
from parley.models.identity import Person
from parley.models.posts import Post
from parley.models.search import SearchDocument
from parley.people.queries import cards
from parley.policy import channels as channel_policy
from parley.policy import people, posts
from parley.policy.actor import Actor
from parley.search.views import Hit, HitGroup, SearchView

_WORD = re.compile(r"\w+", re.UNICODE)
MAX_WORDS = 12
PAGE = 20
KINDS = {"": "Everything", "posts": "Posts", "people": "People", "channels": "Channels"}


def words_of(q: str) -> list[str]:
    """Return the words of a question; nothing else ever reaches the search engine."""
    return [word.lower() for word in _WORD.findall(unicodedata.normalize("NFKC", q[:200]))][:MAX_WORDS]


async def search(
    session: AsyncSession,
    actor: Actor,
    q: str,
    say: Callable[[str], str],
    *,
    kind: str = "",
    before: int | None = None,
    limit: int = PAGE,
) -> SearchView:
    """Return what `actor` may read and find for `q`; `before` is a post's id to go on from."""
    words = words_of(q)
    kind = kind if kind in KINDS else ""
    groups: list[HitGroup] = []
    more = None
    if words:
        if kind in {"", "people"}:
            groups.append(HitGroup("people", say("People"), await _people(session, actor, words), None))
        if kind in {"", "channels"}:
            groups.append(HitGroup("channels", say("Channels"), await _channels(session, actor, words), None))
        if kind in {"", "posts"}:
            rows = await find_posts(session, actor, words, before=before, limit=limit)
            more = query("/search", q=q, kind="posts", before=rows[limit - 1].id) if len(rows) > limit else None
            groups.append(
                HitGroup("posts", say("Posts"), await _hits(session, rows[:limit], words), more if not kind else None)
            )
    kinds = [(value, say(label), query("/search", q=q, kind=value), value == kind) for value, label in KINDS.items()]
    groups = [group for group in groups if group.hits]
    return SearchView(q, kind, [], kinds, groups, sum(len(group.hits) for group in groups), more if kind else None)


async def find_posts(
    session: AsyncSession, actor: Actor, words: Sequence[str], *, before: int | None = None, limit: int = PAGE
) -> Sequence[Any]:
    """Return rows of posts that hold all `words` (the last may go on), newest first; one more than `limit` means more."""
    statement = (
        select(
            col(Post.id),
            col(Post.title),
            col(Post.author_id),
            col(Post.channel_id),
            col(Post.published_at),
            col(Post.kind),
            col(SearchDocument.body),
        )
        .join(SearchDocument, col(SearchDocument.post_id) == Post.id)
        .where(posts.visible(actor), col(SearchDocument.channel_id).in_(channel_policy.readable_ids(actor)))
    )
    if session.get_bind().dialect.name == "sqlite":
        match = " ".join(f'"{word}"' for word in words[:-1]) + f' "{words[-1]}"*'
        statement = statement.where(
            text(
                "search_document.post_id IN (SELECT rowid FROM search_index WHERE search_index MATCH :match)"
            ).bindparams(match=match)
        )
    else:
        match = " & ".join([f"'{word}'" for word in words[:-1]] + [f"'{words[-1]}':*"])
        statement = statement.where(
            text("search_document.words @@ to_tsquery('simple', parley_fold(:match))").bindparams(match=match)
        )
    if before is not None:
        statement = statement.where(col(Post.id) < before)
    return (await session.execute(statement.order_by(col(Post.id).desc()).limit(limit + 1))).all()


async def _hits(session: AsyncSession, rows: Sequence[Any], words: Sequence[str]) -> list[Hit]:
    people_found = await cards(session, {row.author_id for row in rows})
    names = dict(
        (
            await session.execute(
                select(col(Channel.id), col(Channel.name)).where(col(Channel.id).in_({row.channel_id for row in rows}))
            )
        ).all()
    )
    return [
        Hit(
            url=f"/posts/{row.id}",
            kind="customer" if row.kind == "conversation" else "post",
            title=row.title or shorten(row.body, 80) or "…",
            snippet_html=snippet(row.body, words) if row.title or row.body else "",
            note=f"#{names[row.channel_id]}" if names.get(row.channel_id) else "",
            titled=bool(row.title),
            at=row.published_at,
            person=people_found.get(row.author_id),
        )
        for row in rows
    ]


def snippet(body: str, words: Sequence[str], length: int = 180) -> str:
    """Return the part of `body` around the first of `words`, escaped, with the words marked."""
    lower = body.lower()
    first = min((place for word in words if (place := lower.find(word)) >= 0), default=0)
    start = max(0, first - length // 3)
    part = ("…" if start else "") + shorten(body[start : start + length * 2], length)
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    shown, last = "", 0
    for found in pattern.finditer(part):
        shown += escape(part[last : found.start()]) + f"<mark>{escape(found[0])}</mark>"
        last = found.end()
    return shown + escape(part[last:])


async def _people(session: AsyncSession, actor: Actor, words: Sequence[str]) -> list[Hit]:
    name = func.lower(col(Person.name))
    rules = [
        or_(
            name.startswith(word, autoescape=True),
            name.contains(f" {word}", autoescape=True),
            col(Person.handle).startswith(word, autoescape=True),
        )
        for word in words
    ]
    rows = (
        (
            await session.execute(
                select(col(Person.id))
                .where(people.visible(actor), col(Person.active), *rules)
                .order_by(col(Person.name))
                .limit(6)
            )
        )
        .scalars()
        .all()
    )
    found = await cards(session, rows)
    return [
        Hit(
            f"/people/{found[person].handle}",
            "person",
            found[person].name,
            "",
            found[person].title,
            person=found[person],
        )
        for person in rows
        if person in found
    ]


async def _channels(session: AsyncSession, actor: Actor, words: Sequence[str]) -> list[Hit]:
    rules = [
        or_(col(Channel.name).contains(word, autoescape=True), col(Channel.purpose).icontains(word, autoescape=True))
        for word in words
    ]
    rows = (
        (
            await session.execute(
                channel_policy.readable(actor)
                .where(col(Channel.kind) != "direct", *rules)
                .order_by(col(Channel.name))
                .limit(6)
            )
        )
        .scalars()
        .all()
    )
    refs = await channels.refs(session, actor, rows)
    icons = {"private": "lock", "announcement": "megaphone"}
    return [
        Hit(
            f"/channels/{row.id}", "channel", f"#{refs[row.id].name}", "", row.purpose, icon=icons.get(row.kind, "hash")
        )
        for row in rows
        if row.id in refs
    ]
