"""Questions that were asked before, offered while somebody writes one."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import ColumnElement, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.models.posts import Post
from parley.models.search import SearchDocument
from parley.policy import posts
from parley.policy.actor import Actor
from parley.posts.kinds.lists import answered
from parley.posts.kinds.views import SimilarRow
from parley.search.queries import words_of
from parley.web.visit import Reader

router = APIRouter(include_in_schema=False)
LENGTH, MOST_WORDS, SHOWN, WEIGHED = 4, 6, 5, 200
"""Shorter words say little; the longest few are asked for, and the newest that hold any of them are weighed."""


@router.get("/questions/similar")
async def similar(visit: Reader, q: str = "") -> Response:
    """Offer questions whose title has words of `q`."""
    await visit.limit("search")
    async with visit.reading() as session:
        found = await find(session, visit.actor, q[:200])
    return visit.fragment("posts/kinds/_similar.html", similar=found)


async def find(session: AsyncSession, actor: Actor, q: str) -> list[SimilarRow]:
    """Return up to five questions that `actor` may read: those with the most words of `q` in the title, newest first."""
    words = sorted({word for word in words_of(q) if len(word) >= LENGTH}, key=lambda word: (-len(word), word))
    words = words[:MOST_WORDS]
    if not words:
        return []
    rows = (
        await session.execute(
            posts.readable(actor)
            .with_only_columns(col(Post.id), col(Post.title), answered().label("answered"))
            .join(SearchDocument, col(SearchDocument.post_id) == Post.id)
            .where(col(Post.kind) == "question", col(Post.removed_at).is_(None), _titled(session, words))
            .order_by(col(Post.id).desc())
            .limit(WEIGHED)
        )
    ).all()
    best = sorted(rows, key=lambda row: -_weight(row, words))[:SHOWN]
    return [SimilarRow(f"/posts/{row.id}", row.title, row.answered) for row in best]


def _titled(session: AsyncSession, words: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a title has one of `words`."""
    if session.get_bind().dialect.name == "sqlite":
        match = "title : (" + " OR ".join(f'"{word}"*' for word in words) + ")"
        rule = "search_document.post_id IN (SELECT rowid FROM search_index WHERE search_index MATCH :match)"
    else:
        match = " | ".join(f"'{word}':*A" for word in words)
        rule = "search_document.words @@ to_tsquery('simple', parley_fold(:match))"
    return text(rule).bindparams(match=match)  # type: ignore[return-value]  # a text is a condition where one is asked


def _weight(row: Any, words: Sequence[str]) -> float:  # noqa: ANN401  (a row)
    """How many of the words a title has; an answered question weighs a little more."""
    title = row.title.casefold()
    return sum(word in title for word in words) + 0.5 * bool(row.answered)
