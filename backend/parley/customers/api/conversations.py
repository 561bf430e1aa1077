"""Conversations for programs: lists, one, its messages and discussion, and what can be done to it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel
from sqlmodel import col

from parley.customers.discussing import publish
from parley.customers.presenting import conversation_out, conversations_out, messages_out, surfacing_out
from parley.customers.queries import conversations
from parley.customers.queries.finding import Wanted, found
from parley.customers.requests import ClaimIn, ConversationChange, SurfacingIn
from parley.customers.rows import every
from parley.customers.schemas import ConversationOut, EffectOut, MessageOut, SurfacingOut
from parley.customers.service import claims, surfacing
from parley.customers.service import conversations as verbs
from parley.kit.paging import DEFAULT_LIMIT, decode_cursor, encode_cursor
from parley.models.customers import Message
from parley.models.posts import Comment
from parley.policy import customers as policy
from parley.policy import posts as post_policy
from parley.posts.schemas import CommentIn, CommentOut, comment_out, comments_out
from parley.posts.service.words import client_uuid, prepare
from parley.web.api import PROBLEMS, Limit, known
from parley.web.visit import CustomerReader, CustomerWriter, Visit

router = APIRouter(prefix="/api/v1", tags=["conversations"], responses=PROBLEMS)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Number = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Cursor = Annotated[str | None, Query(max_length=200)]


class Conversations(BaseModel):
    """A part of the conversations that the caller may read."""

    items: list[ConversationOut]
    next: str | None


class Messages(BaseModel):
    """A part of a conversation's messages."""

    items: list[MessageOut]
    next: str | None


class Discussion(BaseModel):
    """A part of a conversation's discussion."""

    items: list[CommentOut]
    next: str | None


@router.get("/conversations")
async def list_conversations(
    visit: CustomerReader,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    state: Annotated[Literal["open", "resolved", "spam"] | None, Query()] = None,
    waiting_on: Annotated[Literal["us", "customer"] | None, Query()] = None,
    channel_id: Number = None,
    source_id: Number = None,
    contact_id: Number = None,
    assignee_id: Number = None,
) -> Conversations:
    """Return conversations, those with the newest word first."""
    wanted = Wanted(state, waiting_on, channel_id, source_id, contact_id, assignee_id)
    async with visit.reading() as session:
        page = await found(session, visit.actor, wanted, cursor, limit)
        return Conversations(items=await conversations_out(session, page.items, visit.actor), next=page.next)


@router.get("/conversations/{conversation_id}")
async def read(conversation_id: Id, visit: CustomerReader) -> ConversationOut:
    """Return one conversation."""
    return await _one(visit, conversation_id)


@router.patch("/conversations/{conversation_id}")
async def change(conversation_id: Id, given: ConversationChange, visit: CustomerWriter) -> ConversationOut:
    """Change state, assignee or restriction; what is left out stays. `assignee_id` null gives it back to the queue."""
    async with visit.unit() as unit:
        if "assignee_id" in given.model_fields_set:
            await verbs.assign(unit, visit.actor, conversation_id, given.assignee_id)
        if given.state is not None:
            await verbs.set_state(unit, visit.actor, conversation_id, given.state)
        if given.restricted is not None:
            await verbs.restrict(unit, visit.actor, conversation_id, on=given.restricted)
    return await _one(visit, conversation_id)


@router.get("/conversations/{conversation_id}/messages")
async def messages(
    conversation_id: Id, visit: CustomerReader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Messages:
    """Return the messages, oldest first: what crossed the border, and nothing else."""
    after = int(decode_cursor(cursor, int)[0]) if cursor else 0
    async with visit.reading() as session:
        await conversations.get(session, visit.actor, conversation_id)
        rows = await every(
            session,
            policy.readable_messages(visit.actor)
            .where(col(Message.conversation_id) == conversation_id, col(Message.id) > after)
            .order_by(col(Message.id))
            .limit(limit + 1),
        )
        more = encode_cursor(rows[limit - 1].id or 0) if len(rows) > limit else None
        return Messages(items=await messages_out(session, rows[:limit]), next=more)


@router.get("/conversations/{conversation_id}/discussion")
async def discussion(
    conversation_id: Id, visit: CustomerReader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Discussion:
    """Return what colleagues said, oldest first. It never goes outside."""
    after = int(decode_cursor(cursor, int)[0]) if cursor else 0
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        rows = (
            (
                await session.execute(
                    post_policy.readable_comments(visit.actor)
                    .where(col(Comment.thread_id) == conversation.thread_id, col(Comment.id) > after)
                    .order_by(col(Comment.id))
                    .limit(limit + 1)
                )
            )
            .scalars()
            .all()
        )
        more = encode_cursor(rows[limit - 1].id or 0) if len(rows) > limit else None
        return Discussion(items=await comments_out(session, rows[:limit]), next=more)


@router.post("/conversations/{conversation_id}/discussion", status_code=201, responses=known(CommentOut))
async def comment(conversation_id: Id, given: CommentIn, visit: CustomerWriter, response: Response) -> CommentOut:
    """Say something to colleagues: 201, or 200 with the stored comment when the client id is known."""
    await visit.limit("comment")
    files = tuple(given.attachments)
    made, new = await publish(visit, conversation_id, given.body, given.client_id, files, confirmed=given.confirm_crowd)
    response.status_code = 201 if new else 200
    async with visit.reading() as session:
        return await comment_out(session, made)


@router.put("/conversations/{conversation_id}/claim")
async def claim(conversation_id: Id, visit: CustomerWriter, given: ClaimIn | None = None) -> ConversationOut:
    """Claim or renew; 409 while a colleague has it, unless `take_over`."""
    async with visit.unit() as unit:
        await claims.claim(unit, visit.actor, conversation_id, take_over=given.take_over if given else False)
    return await _one(visit, conversation_id)


@router.delete("/conversations/{conversation_id}/claim", status_code=204)
async def release(conversation_id: Id, visit: CustomerWriter) -> None:
    """Give one's claim back."""
    async with visit.unit() as unit:
        await claims.release(unit, visit.actor, conversation_id)


@router.put("/conversations/{conversation_id}/watch", status_code=204)
async def watch(conversation_id: Id, visit: CustomerWriter) -> None:
    """Begin to watch."""
    async with visit.unit() as unit:
        await verbs.watch(unit, visit.actor, conversation_id, on=True)


@router.delete("/conversations/{conversation_id}/watch", status_code=204)
async def unwatch(conversation_id: Id, visit: CustomerWriter) -> None:
    """End watching."""
    async with visit.unit() as unit:
        await verbs.watch(unit, visit.actor, conversation_id, on=False)


@router.get("/conversations/{conversation_id}/surfacings/effect")
async def effect(
    conversation_id: Id, visit: CustomerReader, channel_id: Annotated[int, Query(ge=1, le=2**31 - 1)]
) -> EffectOut:
    """Say how many more colleagues would read how many comments, before surfacing."""
    async with visit.reading() as session:
        found_effect = await surfacing.effect(session, visit.actor, conversation_id, channel_id)
    return EffectOut(
        more_readers=found_effect.more_readers, comments=found_effect.comments, already=found_effect.already
    )


@router.post("/conversations/{conversation_id}/surfacings", status_code=201, responses=known(SurfacingOut))
async def surface(conversation_id: Id, given: SurfacingIn, visit: CustomerWriter, response: Response) -> SurfacingOut:
    """Show the conversation in a channel: 201, or 200 when it stands there already."""
    await visit.limit("post")
    words = prepare(given.body, required=False)
    client = client_uuid(given.client_id)
    async with visit.unit() as unit:
        made, new = await surfacing.surface(unit, visit.actor, conversation_id, given.channel_id, words, client)
    response.status_code = 201 if new else 200
    return surfacing_out(made)


async def _one(visit: Visit, conversation_id: int) -> ConversationOut:
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        return await conversation_out(session, conversation, visit.actor)
