"""Posts, comments and files as the API gives and takes them."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Mapped
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.models.customers import Conversation
from parley.models.posts import Comment, File, Post, Reaction, Thread
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.posts.kinds.gather import gather
from parley.posts.kinds.given import Given
from parley.posts.kinds.schemas import KindOut, kind_out
from parley.web.api import BodyId, Moment


class AuthorOut(BaseModel):
    """A person as the author of something."""

    id: int
    handle: str
    name: str


class ReactionOut(BaseModel):
    """One kind of reaction and who gave it."""

    emoji: str
    count: int
    person_ids: list[int]


class FileOut(BaseModel):
    """An uploaded file; `url` is where it is read."""

    id: int
    name: str
    content_type: str
    size: int
    width: int
    height: int
    alt: str
    url: str


class FileChange(BaseModel):
    """What a picture shows, in words."""

    model_config = ConfigDict(extra="forbid")

    alt: str = Field(max_length=1000)


class PostOut(KindOut):
    """A post. A removed one keeps its place, without words; beside them it has the part of its own kind."""

    id: int
    channel_id: int
    number: int
    kind: str
    author: AuthorOut | None
    title: str
    body: str
    body_html: str
    created_at: Moment
    edited_at: Moment | None
    removed: bool
    client_id: str | None
    reactions: list[ReactionOut]
    comment_count: int
    attachments: list[FileOut]
    conversation_id: int | None


class CommentOut(BaseModel):
    """A comment. A removed one keeps its place, without words."""

    id: int
    author: AuthorOut
    body: str
    body_html: str
    created_at: Moment
    edited_at: Moment | None
    removed: bool
    client_id: str | None
    reactions: list[ReactionOut]
    attachments: list[FileOut]


class PostIn(Given):
    """A post to publish, with the part of its own kind."""

    body: str = Field(default="", max_length=16_000)
    title: str = Field(default="", max_length=200)
    kind: str = Field(default="update", max_length=16)
    client_id: str | None = Field(default=None, max_length=36)
    attachments: list[BodyId] = Field(default=[], max_length=10)
    confirm_crowd: bool = False


class PostChange(Given):
    """New words for a post, and a new part of its kind; what is left out stays."""

    body: str | None = Field(default=None, max_length=16_000)
    title: str | None = Field(default=None, max_length=200)
    confirm_crowd: bool = False


class CommentIn(BaseModel):
    """A comment to publish."""

    model_config = ConfigDict(extra="forbid")

    body: str = Field(default="", max_length=16_000)
    client_id: str | None = Field(default=None, max_length=36)
    attachments: list[BodyId] = Field(default=[], max_length=10)
    confirm_crowd: bool = False


class CommentChange(BaseModel):
    """New words for a comment."""

    model_config = ConfigDict(extra="forbid")

    body: str = Field(max_length=16_000)
    confirm_crowd: bool = False


def author_out(card: PersonCard) -> AuthorOut:
    """Return a card as the API names a person."""
    return AuthorOut(id=card.id, handle=card.handle, name=card.name)


def file_out(file: File) -> FileOut:
    """Return a file as the API describes it."""
    return FileOut(
        id=file.id or 0,
        name=file.name,
        content_type=file.content_type,
        size=file.size,
        width=file.width,
        height=file.height,
        alt=file.alt,
        url=f"/api/v1/files/{file.id}",
    )


async def post_out(session: AsyncSession, post: Post) -> PostOut:
    """Return one post as the API gives it."""
    return (await posts_out(session, [post]))[0]


async def posts_out(session: AsyncSession, posts: Sequence[Post]) -> list[PostOut]:
    """Return posts as the API gives them, in their order."""
    if not posts:
        return []
    ids = [post.id for post in posts]
    threads = [post.thread_id for post in posts]
    kinds = await gather(session, posts)
    people = await cards(session, {post.author_id for post in posts} | kinds.people)
    counts = dict(
        (
            await session.execute(select(col(Thread.id), col(Thread.comment_count)).where(col(Thread.id).in_(threads)))
        ).all()
    )
    conversations = dict(
        (
            await session.execute(
                select(col(Conversation.thread_id), col(Conversation.id)).where(
                    col(Conversation.thread_id).in_(threads)
                )
            )
        ).all()
    )
    reactions = await _reactions(session, col(Reaction.post_id), ids)
    files = (await session.execute(select(File).where(col(File.post_id).in_(ids)))).scalars().all()
    return [
        PostOut(
            id=post.id or 0,
            channel_id=post.channel_id,
            number=post.number,
            kind=post.kind,
            author=author_out(people[post.author_id]) if post.author_id in people else None,
            title="" if post.removed_at else post.title,
            body="" if post.removed_at else post.body,
            body_html="" if post.removed_at else post.body_html,
            created_at=post.published_at,
            edited_at=post.edited_at,
            removed=post.removed_at is not None,
            client_id=post.client_id,
            reactions=[] if post.removed_at else reactions.get(post.id or 0, []),
            comment_count=counts.get(post.thread_id, 0),
            attachments=[] if post.removed_at else [file_out(file) for file in files if file.post_id == post.id],
            conversation_id=conversations.get(post.thread_id),
            **dict(kind_out(None if post.removed_at else kinds.view(post.id or 0, post.kind, people))),
        )
        for post in posts
    ]


async def comment_out(session: AsyncSession, comment: Comment) -> CommentOut:
    """Return one comment as the API gives it."""
    return (await comments_out(session, [comment]))[0]


async def comments_out(session: AsyncSession, comments: Sequence[Comment]) -> list[CommentOut]:
    """Return comments as the API gives them, in their order."""
    ids = [comment.id for comment in comments]
    people = await cards(session, {comment.author_id for comment in comments})
    reactions = await _reactions(session, col(Reaction.comment_id), ids)
    files = (await session.execute(select(File).where(col(File.comment_id).in_(ids)))).scalars().all()
    return [
        CommentOut(
            id=comment.id or 0,
            author=author_out(people[comment.author_id]),
            body="" if comment.removed_at else comment.body,
            body_html="" if comment.removed_at else comment.body_html,
            created_at=comment.created_at,
            edited_at=comment.edited_at,
            removed=comment.removed_at is not None,
            client_id=comment.client_id,
            reactions=[] if comment.removed_at else reactions.get(comment.id or 0, []),
            attachments=[]
            if comment.removed_at
            else [file_out(file) for file in files if file.comment_id == comment.id],
        )
        for comment in comments
    ]


async def _reactions(
    session: AsyncSession, column: Mapped[int | None], ids: Sequence[int | None]
) -> dict[int, list[ReactionOut]]:
    rows = (
        await session.execute(
            select(column.label("target"), col(Reaction.emoji), col(Reaction.person_id))
            .where(column.in_(ids))
            .order_by(col(Reaction.id))
        )
    ).all()
    found: dict[int, dict[str, list[int]]] = {}
    for row in rows:
        found.setdefault(row.target, {}).setdefault(row.emoji, []).append(row.person_id)
    return {
        target_id: [
            ReactionOut(emoji=emoji, count=len(persons), person_ids=persons) for emoji, persons in kinds.items()
        ]
        for target_id, kinds in found.items()
    }
