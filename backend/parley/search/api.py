"""Search for programs."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlmodel import col

from parley.kit.paging import DEFAULT_LIMIT, encode_cursor
from parley.models.posts import Post
from parley.posts.api import Posts
from parley.posts.schemas import posts_out
from parley.search import queries
from parley.web.api import PROBLEMS, Cursor, Limit, place
from parley.web.visit import MAX_ID, Reader

router = APIRouter(prefix="/api/v1", tags=["search"], responses=PROBLEMS)


@router.get("/search")
async def search(
    visit: Reader,
    q: Annotated[str, Query(max_length=200)],
    kind: Literal["", "posts"] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Posts:
    """Return the posts that hold all words of `q`, newest first."""
    await visit.limit("search")
    words = queries.words_of(q)
    if not words:
        return Posts(items=[], next=None)
    before = place(cursor, MAX_ID)
    async with visit.reading() as session:
        found = await queries.find_posts(session, visit.actor, words, before=before, limit=limit)
        ids = [row.id for row in found[:limit]]
        rows = (
            (await session.execute(select(Post).where(col(Post.id).in_(ids)).order_by(col(Post.id).desc())))
            .scalars()
            .all()
        )
        return Posts(items=await posts_out(session, rows), next=encode_cursor(ids[-1]) if len(found) > limit else None)
