"""How threads are told: settled for everybody, followed and read on all of one's own pages."""

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.models.posts import Thread
from parley.posts import threads
from parley.posts.live import PostVoice
from parley.realtime import readers
from parley.realtime.parts import Part, Voices
from parley.web.rendering import Renderer


class ThreadVoice:
    """Tells what happens to threads; a post's foot says that its thread is settled."""

    def __init__(self, posts: PostVoice) -> None:
        """Keep what draws a post's foot."""
        self._posts = posts

    def join(self, voices: Voices) -> None:
        """Speak for the events of threads."""
        voices.parts["thread.resolved"] = self.resolved
        for name in ("thread.followed", "thread.read"):
            voices.also(name, self.own)

    async def resolved(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """The foot of the post, and the line above its comments."""
        thread = await session.get(Thread, hint.data["thread_id"])
        if thread is None:
            return []
        line = renderer.render(
            "posts/_thread_line.html", language, thread_id=thread.id, resolved=thread.resolved_at is not None
        )
        foot = await self._posts.foot(session, renderer, language, hint, hint.data["post_id"])
        return [*foot, Part(f"#thread-{thread.id}-line", "replace", "", line)]

    async def own(self, session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
        """The button in the panel, on the person's own pages."""
        person = await readers.owner(session, hint)
        state = await threads.state(session, person, hint.data["thread_id"]) if person else None
        if state is None:
            return []
        html = renderer.render("posts/_thread_state.html", language, state=state)
        return [Part(f"#thread-{state.id}-state", "replace", "", html)]
