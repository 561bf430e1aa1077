"""Replies for programs: sending, undoing, settling doubt, and writing first."""

import json
from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import col

from parley.customers.house import mail_terms
from parley.customers.presenting import conversation_out, messages_out, reply_out
from parley.customers.queries import conversations
from parley.customers.requests import OpeningIn, ReplyIn, ResolutionIn
from parley.customers.rows import every, first
from parley.customers.schemas import ConversationOut, ReplyOut
from parley.customers.service import replies, starting
from parley.customers.service.drafts import Draft
from parley.customers.service.replies import Overtaken
from parley.customers.service.starting import Opening
from parley.kit.errors import NotFound
from parley.models.customers import Message, Reply
from parley.policy import customers as policy
from parley.posts.service.words import client_uuid
from parley.web import errors
from parley.web.api import PROBLEMS, known
from parley.web.visit import CustomerReader, CustomerWriter, Visit

router = APIRouter(prefix="/api/v1", tags=["conversations"], responses=PROBLEMS)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Started(BaseModel):
    """A conversation that we began, and the reply it begins with."""

    conversation: ConversationOut
    reply: ReplyOut


@router.post(
    "/conversations/{conversation_id}/replies", status_code=201, response_model=ReplyOut, responses=known(ReplyOut)
)
async def reply(conversation_id: Id, given: ReplyIn, visit: CustomerWriter, response: Response) -> object:
    """Write to the customer: 201 and held; 200 when the client id is known; 409 with `newer` when somebody was faster."""
    await visit.limit("reply")
    draft = draft_of(given)
    try:
        async with visit.unit() as unit:
            made, new = await replies.create(
                unit, visit.actor, conversation_id, draft, mail_terms(visit.machine.settings)
            )
    except Overtaken as refusal:
        return await _overtaken(visit, refusal)
    response.status_code = 201 if new else 200
    return await _one(visit, made.id or 0)


@router.get("/conversations/{conversation_id}/replies")
async def list_replies(conversation_id: Id, visit: CustomerReader) -> list[ReplyOut]:
    """Return the latest two hundred replies of a conversation, newest first, also those still on their way."""
    async with visit.reading() as session:
        await conversations.get(session, visit.actor, conversation_id)
        rows = await every(
            session,
            policy.readable_replies(visit.actor)
            .where(col(Reply.conversation_id) == conversation_id, col(Reply.state) != "replaced")
            .order_by(col(Reply.id).desc())
            .limit(200),
        )
        return [await reply_out(session, row) for row in rows]


@router.get("/replies/{reply_id}")
async def read(reply_id: Id, visit: CustomerReader) -> ReplyOut:
    """Return one reply and what became of it."""
    return await _one(visit, reply_id)


@router.delete("/replies/{reply_id}")
async def undo(reply_id: Id, visit: CustomerWriter) -> ReplyOut:
    """Take a held reply back into a draft; 409 when it has begun to leave."""
    async with visit.unit() as unit:
        await replies.undo(unit, visit.actor, reply_id)
    return await _one(visit, reply_id)


@router.post("/replies/{reply_id}/retry")
async def retry(reply_id: Id, visit: CustomerWriter) -> ReplyOut:
    """Try a failed reply again."""
    async with visit.unit() as unit:
        await replies.retry(unit, visit.actor, reply_id)
    return await _one(visit, reply_id)


@router.post("/replies/{reply_id}/resolution")
async def resolution(reply_id: Id, given: ResolutionIn, visit: CustomerWriter) -> ReplyOut:
    """Say what became of an unknown reply: it went out, or it is to be sent again."""
    async with visit.unit() as unit:
        await replies.settle(unit, visit.actor, reply_id, went_out=given.it == "went_out")
    return await _one(visit, reply_id)


@router.post("/conversations", status_code=201, responses=known(Started))
async def start(given: OpeningIn, visit: CustomerWriter, response: Response) -> Started:
    """Write first: 201, or 200 with what is stored when the client id is known."""
    await visit.limit("reply")
    opening = Opening(given.source_id, given.to, given.subject, draft_of(given), given.name)
    async with visit.unit() as unit:
        conversation, made, new = await starting.start(unit, visit.actor, opening, mail_terms(visit.machine.settings))
    response.status_code = 201 if new else 200
    async with visit.reading() as session:
        return Started(
            conversation=await conversation_out(session, conversation, visit.actor),
            reply=await reply_out(session, await session.get_one(Reply, made.id)),
        )


def draft_of(given: ReplyIn | OpeningIn) -> Draft:
    """Return what a program asks to send."""
    return Draft(
        body=given.body,
        client_id=client_uuid(given.client_id),
        expected_last_message=given.expected_last_message if isinstance(given, ReplyIn) else None,
        cc=tuple(given.cc),
        file_ids=tuple(given.attachments),
        confirm_files=given.confirm_files,
    )


async def _overtaken(visit: Visit, refusal: Overtaken) -> Response:
    """Answer 409 with the messages that the writer had not seen, beside the usual members (RFC 9457, 3.2)."""
    async with visit.reading() as session:
        rows = await every(
            session,
            policy.readable_messages(visit.actor).where(col(Message.id).in_(refusal.newer)).order_by(col(Message.id)),
        )
        newer = [each.model_dump(mode="json") for each in await messages_out(session, rows)]
    problem = errors.answer(visit.request, refusal)
    return JSONResponse(
        {**json.loads(bytes(problem.body)), "newer": newer}, problem.status_code, media_type="application/problem+json"
    )


async def _one(visit: Visit, reply_id: int) -> ReplyOut:
    async with visit.reading() as session:
        found = await first(session, policy.readable_replies(visit.actor).where(col(Reply.id) == reply_id))
        if found is None:
            raise NotFound
        return await reply_out(session, found)
