"""Posts and comments for programs."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel
from sqlmodel import col

from parley.channels import queries as channels
from parley.kit.paging import DEFAULT_LIMIT, encode_cursor
from parley.models.posts import Comment, Post
from parley.policy import posts as policy
from parley.posts import queries
from parley.posts.schemas import (
    CommentChange,
    CommentIn,
    CommentOut,
    PostChange,
    PostIn,
    PostOut,
    comment_out,
    comments_out,
    post_out,
    posts_out,
)
from parley.posts.service import comments, publishing, reactions
from parley.posts.service.words import client_uuid, ready
from parley.web.api import PROBLEMS, Cursor, Limit, known, place
from parley.web.visit import Id, Number, Reader, Visit, Writer

router = APIRouter(prefix="/api/v1", tags=["posts"], responses=PROBLEMS)
Emoji = Annotated[str, Path(max_length=32)]


class Posts(BaseModel):
    """A part of a channel's posts."""

    items: list[PostOut]
    next: str | None


class Comments(BaseModel):
    """A part of a thread."""

    items: list[CommentOut]
    next: str | None


@router.get("/channels/{channel_id}/posts")
async def list_posts(
    channel_id: Id,
    visit: Reader,
    limit: Limit = DEFAULT_LIMIT,
    before: Number = None,
    after: Number = None,
    cursor: Cursor = None,
) -> Posts:
    """Return posts, newest first: those with a number below `before`, above `after`, or where the cursor goes on."""
    if cursor:
        before = place(cursor, 0)
    async with visit.reading() as session:
        await channels.get(session, visit.actor, channel_id)
        statement = policy.readable(visit.actor).where(col(Post.channel_id) == channel_id)
        if before is not None:
            statement = statement.where(col(Post.number) < before)
        order = col(Post.number).desc()
        if after is not None:
            # The oldest after the place first, so that a reader who comes back page by page skips none.
            statement, order = statement.where(col(Post.number) > after), col(Post.number).asc()
        rows = (await session.execute(statement.order_by(order).limit(limit + 1))).scalars().all()
        shown = sorted(rows[:limit], key=lambda post: -post.number)
        more = encode_cursor(shown[-1].number) if len(rows) > limit and after is None else None
        return Posts(items=await posts_out(session, shown), next=more)


@router.post("/channels/{channel_id}/posts", status_code=201, responses=known(PostOut))
async def publish(channel_id: Id, given: PostIn, visit: Writer, response: Response) -> PostOut:
    """Publish a post: 201, or 200 with the stored one when the client id is known."""
    await visit.limit("post")
    files = tuple(given.attachments)
    words = await ready(given.body, title=given.title, kind=given.kind, files=files, confirmed=given.confirm_crowd)
    draft = publishing.Draft(words, given.kind, client_uuid(given.client_id), files, given=given.parts())
    async with visit.unit() as unit:
        post, new = await publishing.publish(unit, visit.actor, channel_id, draft)
    response.status_code = 201 if new else 200
    return await _post(visit, post.id or 0)


@router.get("/posts/{post_id}")
async def read(post_id: Id, visit: Reader) -> PostOut:
    """Return one post."""
    return await _post(visit, post_id)


@router.patch("/posts/{post_id}")
async def edit(post_id: Id, given: PostChange, visit: Writer) -> PostOut:
    """Change the words of one's own post, or what its kind has beside them."""
    async with visit.reading() as session:
        known = await queries.get(session, visit.actor, post_id)
    words = await ready(
        known.body if given.body is None else given.body,
        title=known.title if given.title is None else given.title,
        confirmed=given.confirm_crowd,
    )
    async with visit.unit() as unit:
        more = None if given.empty else given.parts()
        await publishing.edit(unit, visit.actor, post_id, words, known.version, more)
    return await _post(visit, post_id)


@router.delete("/posts/{post_id}", status_code=204)
async def remove(post_id: Id, visit: Writer) -> None:
    """Take a post away; a tombstone stays."""
    async with visit.unit() as unit:
        await publishing.remove(unit, visit.actor, post_id)


@router.get("/posts/{post_id}/comments")
async def list_comments(post_id: Id, visit: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Comments:
    """Return comments, oldest first; of a surfacing they are the conversation's discussion."""
    after = place(cursor, 0)
    async with visit.reading() as session:
        post = await queries.get(session, visit.actor, post_id)
        rows = (
            (
                await session.execute(
                    policy.readable_comments(visit.actor)
                    .where(col(Comment.thread_id) == post.thread_id, col(Comment.id) > after)
                    .order_by(col(Comment.id))
                    .limit(limit + 1)
                )
            )
            .scalars()
            .all()
        )
        more = encode_cursor(rows[limit - 1].id or 0) if len(rows) > limit else None
        return Comments(items=await comments_out(session, rows[:limit]), next=more)


@router.post("/posts/{post_id}/comments", status_code=201, responses=known(CommentOut))
async def comment(post_id: Id, given: CommentIn, visit: Writer, response: Response) -> CommentOut:
    """Publish a comment: 201, or 200 with the stored one when the client id is known."""
    await visit.limit("comment")
    words = await ready(given.body, files=tuple(given.attachments), confirmed=given.confirm_crowd)
    client = client_uuid(given.client_id)
    async with visit.unit() as unit:
        post, _ = await publishing.find(unit, visit.actor, post_id)
        made, new = await comments.publish(
            unit,
            visit.actor,
            thread_id=post.thread_id,
            words=words,
            client_id=client,
            file_ids=tuple(given.attachments),
        )
    response.status_code = 201 if new else 200
    return await _comment(visit, made.id or 0)


@router.get("/comments/{comment_id}")
async def read_comment(comment_id: Id, visit: Reader) -> CommentOut:
    """Return one comment."""
    return await _comment(visit, comment_id)


@router.patch("/comments/{comment_id}")
async def edit_comment(comment_id: Id, given: CommentChange, visit: Writer) -> CommentOut:
    """Change the words of one's own comment."""
    words = await ready(given.body, confirmed=given.confirm_crowd)
    async with visit.unit() as unit:
        await comments.edit(unit, visit.actor, comment_id, words)
    return await _comment(visit, comment_id)


@router.delete("/comments/{comment_id}", status_code=204)
async def remove_comment(comment_id: Id, visit: Writer) -> None:
    """Take a comment away; a tombstone stays."""
    async with visit.unit() as unit:
        await comments.remove(unit, visit.actor, comment_id)


@router.put("/posts/{post_id}/reactions/{emoji}", status_code=204)
async def react(post_id: Id, emoji: Emoji, visit: Writer) -> None:
    """Put a reaction on a post."""
    await visit.limit("reaction")
    async with visit.unit() as unit:
        await reactions.on_post(unit, visit.actor, post_id, emoji, on=True)


@router.delete("/posts/{post_id}/reactions/{emoji}", status_code=204)
async def unreact(post_id: Id, emoji: Emoji, visit: Writer) -> None:
    """Take a reaction off a post."""
    await visit.limit("reaction")
    async with visit.unit() as unit:
        await reactions.on_post(unit, visit.actor, post_id, emoji, on=False)


async def _post(visit: Visit, post_id: int) -> PostOut:
    async with visit.reading() as session:
        return await post_out(session, await queries.get(session, visit.actor, post_id))


async def _comment(visit: Visit, comment_id: int) -> CommentOut:
    async with visit.reading() as session:
        return await comment_out(session, await queries.get_comment(session, visit.actor, comment_id))
