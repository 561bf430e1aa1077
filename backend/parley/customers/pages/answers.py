"""What acts are answered with: the part of a page that was changed, the same part that everybody else is told."""

from collections.abc import Sequence

from fastapi import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.queries import cards, conversations, heads, letters, lists
from parley.customers.queries.letters import Around
from parley.kit.errors import NotFound
from parley.models.customers import Conversation
from parley.posts.views import FileView
from parley.web.visit import Visit

PARTS = ("facts", "row", "card")


async def around(session: AsyncSession, visit: Visit, conversation: Conversation) -> Around:
    """Gather what the letters of a conversation share, in the reader's language."""
    return await letters.around(session, conversation, visit.machine.settings.undo_seconds, visit.say)


async def after(visit: Visit, conversation_id: int, part: str) -> Response:
    """Answer an act on a conversation with the `part` that asked; whoever may not read it any more goes to the list."""
    try:
        async with visit.reading() as session:
            conversation = await conversations.get(session, visit.actor, conversation_id)
            if not visit.htmx or part not in PARTS:
                return visit.seen(f"/conversations/{conversation_id}")
            if part == "row":
                return visit.fragment("customers/_row.html", row=await lists.row(session, conversation_id))
            if part == "card":
                found = await cards.cards(session, [conversation.thread_id])
                return visit.fragment("customers/_card.html", card=found[conversation.thread_id])
            return visit.fragment("customers/_facts.html", head=await heads.head(session, conversation))
    except NotFound:
        return visit.seen("/customers")


async def letter(
    visit: Visit, reply_id: int, conversation_id: int, status: int = 200, *, taken_back: Sequence[FileView] = ()
) -> Response:
    """Answer an act on a reply with its letter, in the state it has now, and with files that go back to its writer."""
    if not visit.htmx:
        return visit.seen(f"/conversations/{conversation_id}#reply-{reply_id}")
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        view = await letters.reply(session, await around(session, visit, conversation), reply_id)
    if view is None:
        return Response(status_code=200)
    return visit.fragment("customers/_taken_back.html", status=status, item=view, taken_back=taken_back)
