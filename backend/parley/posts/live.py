"""How posts and comments are told to open pages and to programs: rendered once, the same for every reader."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.models.customers import Conversation
from parley.models.posts import Comment, Post
from parley.policy import customers
from parley.posts import queries
from parley.posts.queries import SurfacedCards
from parley.posts.schemas import comment_out, post_out
from parley.realtime.parts import Part, Voices
from parley.web.rendering import Renderer


class PostVoice:
    """Tells what happens to posts and comments; `surfaced` shows the cards of conversations."""

    def __init__(self, surfaced: SurfacedCards) -> None:
        """Keep what shows conversations."""
        self._surfaced = surfaced

    def join(self, voices: Voices) -> None:
        """Speak for the events of this domain."""
        for name in ("post.published", "post.edited", "post.removed", "post.restored", "post.reacted"):
            voices.parts[name] = self.post_parts
            voices.data[name] = post_data
            voices.outside[name] = shows_customer
        for name in ("comment.published", "comment.edited", "comment.removed", "comment.reacted"):
            voices.parts[name] = self.comment_parts
            voices.data[name] = comment_data

    async def post_parts(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """A post as it is now, put into its place in feeds that listen to its channel."""
        post = await session.get(Post, hint.data["post_id"])
        if post is None:
            return []
        if not await heard(session, post.thread_id, hint.topic):
            return [Part(f"#post-{post.id}", "remove")]
        view = await queries.view(session, hint.data["post_id"], self._surfaced)
        html = renderer.render("posts/_post.html", language, post=view)
        # One that is back may be gone from the page: a conversation's place leaves no tombstone.
        how = "start" if hint.name in {"post.published", "post.restored"} else "replace"
        return [Part(f'[data-feed~="{hint.topic}"]', how, f"post-{post.id}", html)]

    async def comment_parts(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """A comment at the end of its thread, and the foot of the post it belongs to."""
        comment = await session.get(Comment, hint.data["comment_id"])
        if comment is None or not await heard(session, comment.thread_id, hint.topic):
            return []
        views = await queries.comment_views(session, [comment])
        html = renderer.render("posts/_comment.html", language, comment=views[0])
        how = "end" if hint.name == "comment.published" else "replace"
        kind, _, number = hint.topic.partition(":")
        if kind == "conversation":
            return [Part(f'[data-comments="conversation-{number}"]', how, f"comment-{comment.id}", html)]
        posts = await session.execute(
            select(col(Post.id)).where(col(Post.thread_id) == comment.thread_id, col(Post.channel_id) == int(number))
        )
        parts: list[Part] = []
        for post_id in posts.scalars():
            parts.append(Part(f'[data-comments="{post_id}"]', how, f"comment-{comment.id}", html))
            if hint.name != "comment.reacted":
                parts.append(await self._foot(session, renderer, language, hint, post_id or 0))
        return parts

    async def _foot(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint, post_id: int) -> Part:
        view = await queries.view(session, post_id, self._surfaced)
        if view is not None and view.kind == "conversation":  # its foot is a part of the card
            html = renderer.render("posts/_post.html", language, post=view)
            return Part(f'[data-feed~="{hint.topic}"]', "replace", f"post-{post_id}", html)
        talk = renderer.render("posts/_talk.html", language, post=view)
        return Part(f"#post-{post_id}-talk", "replace", f"post-{post_id}-talk", talk)


async def post_data(session: AsyncSession, hint: Hint) -> Mapping[str, Any]:
    """The post as the API gives it, and what happened; only that it is gone where it may not be read any more."""
    post = await session.get(Post, hint.data["post_id"])
    if post is None:
        return hint.data
    if not await heard(session, post.thread_id, hint.topic):
        return {"post_id": post.id, "gone": True}
    return {**hint.data, **(await post_out(session, post)).model_dump(mode="json")}


async def comment_data(session: AsyncSession, hint: Hint) -> Mapping[str, Any]:
    """The comment as the API gives it, and what happened."""
    comment = await session.get(Comment, hint.data["comment_id"])
    if comment is None:
        return hint.data
    if not await heard(session, comment.thread_id, hint.topic):
        return {"comment_id": comment.id, "gone": True}
    return {**hint.data, **(await comment_out(session, comment)).model_dump(mode="json")}


async def shows_customer(session: AsyncSession, hint: Hint) -> bool:
    """Whether the post of an event shows a conversation, which guests never read."""
    post = await session.get(Post, hint.data["post_id"])
    return post is not None and post.kind == "conversation"


async def heard(session: AsyncSession, thread_id: int, topic: str) -> bool:
    """Whether those who listen to `topic` may read the thread now: a restriction may have come since the event."""
    kind, _, number = topic.partition(":")
    conversation_id = (
        await session.execute(select(col(Conversation.id)).where(col(Conversation.thread_id) == thread_id))
    ).scalar_one_or_none()
    if conversation_id is None or kind != "channel":
        return True
    return int(number) in (await session.execute(customers.showing(conversation_id))).scalars().all()
