"""How the kinds of posts are told: the post as it is now, the same for every reader; and to one person what is theirs."""

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.models.posts import Comment, Post
from parley.posts import queries
from parley.posts.kinds import gather, own
from parley.posts.live import heard
from parley.realtime import readers
from parley.realtime.parts import DataOf, Part, PartsOf, Voices
from parley.web.rendering import Renderer

NAMES = (
    "question.answered",
    "announcement.acknowledged",
    "poll.voted",
    "poll.closed",
    "event.attended",
    "decision.superseded",
)


class KindVoice:
    """Tells what happens to the kinds of posts; `parts` and `data` tell a post, `ballots` opens a reader's own votes."""

    def __init__(self, parts: PartsOf, data: DataOf, ballots: bytes) -> None:
        """Keep how a post is told."""
        self._parts = parts
        self._data = data
        self._ballots = ballots

    def join(self, voices: Voices) -> None:
        """Speak for the events of the kinds."""
        for name in NAMES:
            voices.parts[name] = self._parts
            voices.data[name] = self._data
        voices.parts["question.answered"] = self.answered
        voices.parts["announcement.acknowledged"] = self.acknowledged
        voices.parts["post.marked"] = self.marked

    async def answered(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """The question, and the comments that are and were its answer."""
        parts = await self._parts(session, renderer, language, hint)
        for comment_id in {hint.data["comment_id"], hint.data["before_id"]} - {None}:
            comment = await session.get(Comment, comment_id)
            if comment is not None and await heard(session, comment.thread_id, hint.topic):
                shown = (await queries.comment_views(session, [comment]))[0]
                html = renderer.render("posts/_comment.html", language, comment=shown)
                parts.append(
                    Part(f'[data-comments="{hint.data["post_id"]}"]', "replace", f"comment-{comment_id}", html)
                )
        return parts

    async def acknowledged(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """The post, and how far it is wherever else that is shown."""
        parts = await self._parts(session, renderer, language, hint)
        post = await session.get(Post, hint.data["post_id"])
        if post is None or post.removed_at is not None:
            return parts
        found = await gather.gather(session, [post])
        view = found.view(post.id or 0, post.kind, {})
        html = renderer.render("posts/kinds/_progress.html", language, post_id=post.id, about=view)
        return [*parts, Part(f'[data-progress="{post.id}"]', "replace", "", html)]

    async def marked(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """What one person has done with a post, on their own pages."""
        person = await readers.owner(session, hint)
        if person is None:
            return []
        found = await own.own(session, person, [hint.data["post_id"]], self._ballots)
        return [
            Part(
                f"#post-{each.post_id}-own", "replace", "", renderer.render("posts/kinds/_own.html", language, own=each)
            )
            for each in found
        ]
