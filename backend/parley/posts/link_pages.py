"""Previews of links: taking one away, and their pictures, which come from us alone."""

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlmodel import col

from parley.kit.errors import NotFound
from parley.models.posts import Post
from parley.models.writing import LinkPreview, PostLink
from parley.policy import posts as policy
from parley.posts.files import picture
from parley.posts.service import links
from parley.web.api import PROBLEMS
from parley.web.visit import Id, Reader, Writer

router = APIRouter()


@router.post("/posts/{post_id}/links/{preview_id}/remove", include_in_schema=False)
async def remove(post_id: Id, preview_id: Id, visit: Writer) -> Response:
    """Take a preview away from one's own post."""
    async with visit.unit() as unit:
        await links.remove(unit, visit.actor, post_id, preview_id)
    return Response(status_code=204) if visit.htmx else visit.seen(f"/posts/{post_id}")


@router.delete("/api/v1/posts/{post_id}/links/{preview_id}", status_code=204, tags=["posts"], responses=PROBLEMS)
async def remove_by_program(post_id: Id, preview_id: Id, visit: Writer) -> None:
    """Take the preview of a link away from one's own post."""
    async with visit.unit() as unit:
        await links.remove(unit, visit.actor, post_id, preview_id)


@router.get("/previews/{preview_id}/picture", include_in_schema=False)
async def read_picture(preview_id: Id, visit: Reader) -> Response:
    """Serve the picture of a preview to whoever may read a post that shows it."""
    shown = (
        select(col(LinkPreview.picture_key))
        .join(PostLink, col(PostLink.preview_id) == LinkPreview.id)
        .join(Post, col(Post.id) == PostLink.post_id)
        .where(
            col(LinkPreview.id) == preview_id,
            col(PostLink.removed_at).is_(None),
            col(Post.removed_at).is_(None),
            policy.visible(visit.actor),
        )
        .limit(1)
    )
    async with visit.reading() as session:
        key = (await session.execute(shown)).scalar_one_or_none()
    if not key:
        raise NotFound
    return picture(visit, key)
