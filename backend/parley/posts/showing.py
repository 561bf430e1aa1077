"""Posts as pages and answers have them, from the shelves of this process."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from markupsafe import Markup
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.models.posts import Post
from parley.posts import queries
from parley.posts.composing import surfaced
from parley.posts.schemas import posts_out
from parley.posts.shelf import Shelf, Shown
from parley.web.visit import Visit


async def shown(
    session: AsyncSession, visit: Visit, marks: Sequence[Any], why: Mapping[int, Sequence[str]] | None = None
) -> list[Shown]:
    """Return the posts of `marks` (`shelf.marks`) as they go into a page in the reader's language, with reasons."""

    async def make(ids: list[int]) -> dict[int, Markup]:
        rows = (await session.execute(select(*queries.POST_COLUMNS).where(col(Post.id).in_(ids)))).all()
        views = await queries.views(session, rows, surfaced(visit))
        render = partial(visit.renderer.render, "posts/_post.html", visit.language)
        return {view.id: Markup(render(post=view)) for view in views}  # noqa: S704  # nosec B704  (our template escaped)

    shelf = cast(Shelf[Markup], visit.request.app.state.post_fragments)
    found = await shelf.take(session, marks, visit.language, make)
    why = why or {}
    return [Shown(mark.id, mark.number, mark.published_at, found[mark.id], why.get(mark.id, ())) for mark in marks]


async def answers(session: AsyncSession, visit: Visit, marks: Sequence[Any]) -> list[bytes]:
    """Return the posts of `marks` as JSON for programs."""

    async def make(ids: list[int]) -> dict[int, bytes]:
        rows = (await session.execute(select(Post).where(col(Post.id).in_(ids)))).scalars().all()
        return {post.id: post.model_dump_json().encode() for post in await posts_out(session, rows)}

    shelf = cast(Shelf[bytes], visit.request.app.state.post_answers)
    found = await shelf.take(session, marks, "", make)
    return [found[mark.id] for mark in marks]
