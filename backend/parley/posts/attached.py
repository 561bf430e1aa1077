"""Reads about files: what hangs on posts and comments, and a channel's list of them."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.models.posts import File, Post
from parley.people.queries import cards
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.views import FileRow, FileView


async def of(session: AsyncSession, target: Any, ids: Sequence[int]) -> dict[int, list[FileView]]:  # noqa: ANN401  (a column)
    """Return the files of posts or comments by what they belong to, in the order their authors gave them."""
    rows = (
        (await session.execute(select(File).where(target.in_(ids)).order_by(col(File.position), col(File.id))))
        .scalars()
        .all()
    )
    found: dict[int, list[FileView]] = {}
    for file in rows:
        found.setdefault(file.post_id or file.comment_id or 0, []).append(file_view(file))
    return found


def file_view(file: File) -> FileView:
    """Return what a file looks like in a post or a composer."""
    return FileView(
        id=file.id or 0,
        name=file.name,
        url=f"/files/{file.id}/{quote(file.name)}",
        thumb_url=f"/files/{file.id}/thumb" if file.thumb_key else None,
        width=file.width or None,
        height=file.height or None,
        size=file.size,
        is_image=bool(file.thumb_key),
        alt=file.alt,
    )


async def channel_files(
    session: AsyncSession, actor: Actor, channel_id: int, *, before: int | None = None, limit: int = 50
) -> tuple[list[FileRow], int | None]:
    """Return the files of a channel's posts, newest first, and the id to ask `before` for older ones."""
    statement = (
        policy.readable_files(actor)
        .join(Post, col(Post.id) == File.post_id)
        .where(col(Post.channel_id) == channel_id)
        .order_by(col(File.id).desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(col(File.id) < before)
    found = (await session.execute(statement)).scalars().all()
    people = await cards(session, {file.owner_id for file in found})
    rows = [
        FileRow(file_view(file), people[file.owner_id], file.created_at, f"/posts/{file.post_id}")
        for file in found[:limit]
    ]
    return rows, found[limit - 1].id if len(found) > limit else None


async def pictured(session: AsyncSession, post_id: int) -> bool:
    """Whether a post has pictures."""
    found = select(col(File.id)).where(col(File.post_id) == post_id, col(File.thumb_key) != "").limit(1)
    return (await session.execute(found)).first() is not None
