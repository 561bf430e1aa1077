"""How conversations are told to open pages and to programs: the same for every reader of a topic.

A channel's readers hear of a conversation only while they may read it. That is asked again here, when an event is
shown: a restriction may have come between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.customers.presenting import conversation_out, message_out, reply_out
from parley.customers.queries import cards, heads, history, letters, lists
from parley.customers.queries.letters import Around
from parley.customers.rows import every
from parley.models.customers import Conversation, ConversationAct, Message, Reply, Surfacing
from parley.policy import customers as policy
from parley.posts import queries as posts
from parley.realtime.parts import Part, Voices
from parley.web.rendering import Renderer

EVENTS = ("message.received", "message.sent", "reply.changed", "conversation.changed")
_QUIET = frozenset({"held", "sending", "draft", "replaced"})
"""States of a reply that no list shows."""


def join(voices: Voices) -> None:
    """Speak for the events of this domain."""
    for name in EVENTS:
        voices.parts[name] = parts
        voices.data[name] = data


async def parts(session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
    """What changes on the pages that listen: letters and facts beside the conversation, rows and cards elsewhere."""
    conversation = await session.get(Conversation, hint.data["conversation_id"])
    if conversation is None or conversation.id is None:
        return []
    about = _Telling(session, renderer, language, conversation, conversation.id)
    kind, _, number = hint.topic.partition(":")
    if kind == "conversation":
        return await about.page(hint)
    showing = await every(session, policy.showing(conversation.id))
    if kind == "channel":
        if int(number) not in showing:
            return await about.gone(int(number))
        showing = [int(number)]  # of its other channels, some private, their own topics tell
    if hint.name == "reply.changed" and hint.data["state"] in _QUIET:
        return []
    back = await about.back(int(number)) if kind == "channel" and hint.data.get("what") == "unrestricted" else []
    return [*await about.rows(showing), *(await about.cards() if kind == "channel" else []), *back]


async def data(session: AsyncSession, hint: Hint) -> Mapping[str, Any]:
    """What programs are told: ids to a channel's readers, words only where the topic itself asks for customers."""
    conversation = await session.get(Conversation, hint.data["conversation_id"])
    if conversation is None:
        return hint.data
    kind, _, number = hint.topic.partition(":")
    if kind == "channel":
        readable = int(number) in await every(session, policy.showing(hint.data["conversation_id"]))
        return hint.data if readable else {"conversation_id": hint.data["conversation_id"], "gone": True}
    told: dict[str, Any] = {**hint.data, "conversation": await _json(conversation_out(session, conversation))}
    if "message_id" in hint.data and (message := await session.get(Message, hint.data["message_id"])):
        told["message"] = await _json(message_out(session, message))
    if "reply_id" in hint.data and (reply := await session.get(Reply, hint.data["reply_id"])):
        told["reply"] = await _json(reply_out(session, reply))
    return told


async def _json(made: Any) -> dict[str, Any]:  # noqa: ANN401  (a coroutine of one of our models)
    document: dict[str, Any] = (await made).model_dump(mode="json")
    return document


@dataclass(frozen=True, slots=True)
class _Telling:
    """One event about one conversation, told in one language."""

    session: AsyncSession
    renderer: Renderer
    language: str
    conversation: Conversation
    id: int

    def render(self, template: str, **context: object) -> str:
        return self.renderer.render(f"customers/{template}", self.language, **context)

    async def page(self, hint: Hint) -> list[Part]:
        """The conversation's own page."""
        head = await heads.head(self.session, self.conversation)
        found = [
            Part(
                f"#conversation-{part}-{self.id}",
                "replace",
                f"conversation-{part}-{self.id}",
                self.render(f"_{part}.html", head=head),
            )
            for part in ("facts", "holder", "title")
        ]
        around = await letters.around(
            self.session,
            self.conversation,
            self.renderer.settings.undo_seconds,
            lambda words: self.renderer.translate(words, self.language),
        )
        return [*found, *await self.letter(hint, around), *await self.act(hint)]

    async def letter(self, hint: Hint, around: Around) -> list[Part]:
        """The letter that came, left or moved, in its place."""
        reply_id = hint.data.get("reply_id")
        if reply_id is not None:
            view = await letters.reply(self.session, around, reply_id)
            if view is None:
                return [Part(f"#reply-{reply_id}", "remove")]
            return [self._in_flow(f"reply-{reply_id}", self.render("_message.html", item=view))]
        message_id = hint.data.get("message_id")
        item = await letters.message(self.session, around, message_id) if message_id is not None else None
        return [self._in_flow(f"message-{message_id}", self.render("_message.html", item=item))] if item else []

    async def act(self, hint: Hint) -> list[Part]:
        """What happened, as a line between the letters."""
        if hint.data.get("act_id") is None or hint.data.get("what") not in history.IN_FLOW:
            return []
        act = await self.session.get(ConversationAct, hint.data["act_id"])
        views = await history.views(self.session, [act]) if act else []
        return [self._in_flow(f"act-{view.id}", self.render("_event.html", item=view)) for view in views]

    def _in_flow(self, element: str, html: str) -> Part:
        return Part(f'[data-flow="{self.id}"]', "end", element, html)

    async def rows(self, showing: list[int]) -> list[Part]:
        """The conversation's row: put into the lists it belongs to for every reader, taken out of the others."""
        row = await lists.row(self.session, self.id)
        if row is None:
            return []
        html = self.render("_row.html", row=row)
        element = f"conversation-row-{self.id}"
        is_open = row.state == "open"
        waits = is_open and row.waiting_on == "us" and row.assignee is None
        belongs = {
            "unclaimed": waits and row.holder is None,
            "waiting": is_open and row.waiting_on == "customer",
            "resolved": row.state == "resolved",
            "spam": row.state == "spam",
            "open": is_open,
        }
        found = [
            Part(
                _lists(name, showing),
                ("end" if name == "unclaimed" else "start") if here else "remove",
                element,
                html if here else "",
            )
            for name, here in belongs.items()
        ]
        if waits and row.holder is not None:
            # Whoever has just claimed it keeps the row in sight; the script takes it from the others' list.
            found[0] = Part(_lists("unclaimed", showing), "replace", element, html)
        # Whose these are is the reader's own affair: what is there is renewed, nothing is put in.
        own = '[data-queue^="mine"], [data-queue^="watching"]'
        return [*found, Part(own, "replace" if is_open else "remove", element, html if is_open else "")]

    async def cards(self) -> list[Part]:
        """The conversation's card in the feeds of channels."""
        found = await cards.cards(self.session, [self.conversation.thread_id])
        return [
            Part(f'[data-conversation-card="{self.id}"]', "replace", html=self.render("_card.html", card=card))
            for card in found.values()
        ]

    async def gone(self, channel_id: int) -> list[Part]:
        """A channel may read it no more: its post and its rows go."""
        rows = Part("[data-queue]", "remove", f"conversation-row-{self.id}")
        return [rows, *(Part(f"#post-{post}", "remove") for post in await self._posts(channel_id))]

    async def back(self, channel_id: int) -> list[Part]:
        """A channel may read it again: its post comes back into its place."""
        views = [await posts.view(self.session, post_id, cards.cards) for post_id in await self._posts(channel_id)]
        return [
            Part(
                f'[data-feed~="channel:{channel_id}"]',
                "start",
                f"post-{view.id}",
                self.renderer.render("posts/_post.html", self.language, post=view),
            )
            for view in views
            if view is not None
        ]

    async def _posts(self, channel_id: int) -> list[int]:
        return await every(
            self.session,
            select(col(Surfacing.post_id)).where(
                col(Surfacing.conversation_id) == self.id, col(Surfacing.channel_id) == channel_id
            ),
        )


def _lists(name: str, showing: list[int]) -> str:
    """Select a list of everything, and the lists of the channels where the conversation stands."""
    return ", ".join([f'[data-queue="{name}"]', *(f'[data-queue="{name}:{channel}"]' for channel in showing)])
