"""How posts and comments are told to open pages and to programs: rendered once, the same for every reader."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.models.channels import Channel
from parley.models.customers import Conversation
from parley.models.posts import Comment, Post
from parley.policy import customers
from parley.policy.channels import OPEN
from parley.posts import places, queries
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
        for name in (
            "post.published",
            "post.edited",
            "post.removed",
            "post.restored",
            "post.reacted",
            "post.pinned",
            "post.pictured",
        ):
            voices.parts[name] = self.post_parts
            voices.data[name] = post_data
            voices.outside[name] = shows_customer
        voices.parts["post.moved"] = self.moved_parts
        voices.data["post.moved"] = moved_data
        voices.outside["post.moved"] = shows_customer
        voices.parts["comments.split"] = self.split_parts
        for name in ("comment.published", "comment.edited", "comment.removed", "comment.reacted"):
            voices.parts[name] = self.comment_parts
            voices.data[name] = comment_data

    async def post_parts(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """A post as it is now, put into its place in feeds that listen to its channel."""
        post = await session.get(Post, hint.data["post_id"])
        if post is None:
            return []
        if not await heard(session, post.thread_id, hint.topic):
            return [Part(f'#post-{post.id}[data-topic="{hint.topic}"]', "remove")]
        view = await queries.view(session, hint.data["post_id"], self._surfaced)
        html = renderer.render("posts/_post.html", language, post=view)
        # One that is back may be gone from the page: a conversation's place leaves no tombstone.
        parts = []
        if hint.name in {"post.published", "post.restored", "post.moved"}:
            parts.append(Part(f'[data-feed~="{hint.topic}"]', "start", f"post-{post.id}", html))
        if hint.name != "post.published":  # wherever it stands: on its own page there is no feed
            parts.append(Part(f"#post-{post.id}", "replace", f"post-{post.id}", html))
        if post.pinned_at is not None or hint.name == "post.pinned":
            parts.append(await _pins(session, renderer, language, hint.topic))
        return parts

    async def moved_parts(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """Where a post went, it appears. Where it left, it is gone from all pages, and each reader asks where it is."""
        post_id = hint.data["post_id"]
        if await heard(session, hint.data["thread_id"], hint.topic):
            return await self.post_parts(session, renderer, language, hint)
        here = f'#post-{post_id}[data-topic="{hint.topic}"]'
        channel = hint.topic.partition(":")[2]
        note = renderer.render(
            "posts/_moved_ask.html", language, channel_id=channel, post_id=post_id, number=hint.data["from_number"]
        )
        thread = renderer.render("posts/_thread_ask.html", language, post_id=post_id)
        return [
            Part(f'[data-channel-page="{channel}"] {here}', "replace", "", note),
            Part(here, "remove"),
            Part(f'[data-thread-of="{hint.topic}"] #comments-{post_id}', "replace", "", thread),
            await _pins(session, renderer, language, hint.topic),
        ]

    async def split_parts(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """The comments are gone from the thread that they left."""
        parts = [Part(f"#comment-{comment_id}", "remove") for comment_id in hint.data["comment_ids"]]
        posts = await session.execute(select(col(Post.id)).where(col(Post.thread_id) == hint.data["thread_id"]))
        for post_id in posts.scalars():
            parts += await self.foot(session, renderer, language, hint, post_id or 0)
        return parts

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
                parts += await self.foot(session, renderer, language, hint, post_id or 0)
        return parts

    async def foot(
        self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint, post_id: int
    ) -> list[Part]:
        """The way into the thread below a post; of a customer's card the whole post. Nothing where it is not read now."""
        post = await session.get(Post, post_id)
        if post is None or not await heard(session, post.thread_id, hint.topic):
            return []
        view = await queries.view(session, post_id, self._surfaced)
        if view is not None and view.kind == "conversation":  # its foot is a part of the card
            html = renderer.render("posts/_post.html", language, post=view)
            return [Part(f'[data-feed~="{hint.topic}"]', "replace", f"post-{post_id}", html)]
        talk = renderer.render("posts/_talk.html", language, post=view)
        return [Part(f"#post-{post_id}-talk", "replace", f"post-{post_id}-talk", talk)]


async def _pins(session: AsyncSession, renderer: Renderer, language: str, topic: str) -> Part:
    channel_id = int(topic.partition(":")[2])
    html = renderer.render(
        "posts/_pins.html", language, channel_id=channel_id, pins=await places.pins(session, channel_id)
    )
    return Part(f'[data-pins="{topic}"]', "replace", f"pins-{channel_id}", html)


async def post_data(session: AsyncSession, hint: Hint) -> Mapping[str, Any]:
    """The post as the API gives it, and what happened; only that it is gone where it may not be read any more."""
    post = await session.get(Post, hint.data["post_id"])
    if post is None:
        return hint.data
    if not await heard(session, post.thread_id, hint.topic):
        return {"post_id": post.id, "gone": True}
    return {**hint.data, **(await post_out(session, post)).model_dump(mode="json")}


async def moved_data(session: AsyncSession, hint: Hint) -> Mapping[str, Any]:
    """The post where it went; where it left only that it is gone, with the number that it had there."""
    if await heard(session, hint.data["thread_id"], hint.topic):
        return await post_data(
            session, Hint(hint.topic, hint.seq, hint.name, {"by_id": hint.data["by_id"]} | _ids(hint))
        )
    return {**_ids(hint), "number": hint.data["from_number"], "gone": True}


def _ids(hint: Hint) -> dict[str, Any]:
    return {"post_id": hint.data["post_id"]}


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
    """Whether those who listen to `topic` may read the thread now: it may have moved or been restricted since then."""
    kind, _, number = topic.partition(":")
    if kind == "author":
        still_open = (
            select(col(Post.id))
            .join(Channel, col(Channel.id) == Post.channel_id)
            .where(
                col(Post.thread_id) == thread_id,
                col(Post.author_id) == int(number),
                col(Post.kind) != "conversation",
                col(Channel.kind).in_(OPEN),
            )
        )
        return (await session.execute(still_open)).first() is not None
    if kind != "channel":
        return True
    conversation_id = (
        await session.execute(select(col(Conversation.id)).where(col(Conversation.thread_id) == thread_id))
    ).scalar_one_or_none()
    if conversation_id is not None:
        return int(number) in (await session.execute(customers.showing(conversation_id))).scalars().all()
    here = select(col(Post.id)).where(col(Post.thread_id) == thread_id, col(Post.channel_id) == int(number))
    return (await session.execute(here)).first() is not None
