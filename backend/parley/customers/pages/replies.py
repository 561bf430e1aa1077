"""Replies: writing one, taking it back, and saying what became of it. What was typed always comes back."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Path, Response
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.customers.house import mail_terms
from parley.customers.pages.answers import around, letter
from parley.customers.queries import conversations, streams
from parley.customers.rows import every
from parley.customers.service import replies, starting
from parley.customers.service.drafts import ConfirmFiles, Draft
from parley.customers.service.replies import Overtaken
from parley.customers.service.starting import Opening
from parley.customers.views import NewConversation
from parley.kit.errors import Conflict, Invalid, Problem
from parley.models.customers import ReplyFile
from parley.models.posts import File
from parley.policy import posts as post_policy
from parley.posts import attached
from parley.posts.service.words import client_uuid
from parley.posts.views import FileView
from parley.web.forms import Form
from parley.web.visit import CustomerReader, CustomerWriter, Visit

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("/conversations/{conversation_id}/replies")
async def reply(conversation_id: Id, visit: CustomerWriter) -> Response:
    """Write to the customer; what is new in between, or wrong, comes back with the words that were typed."""
    await visit.limit("reply")
    form = await visit.form()
    try:
        draft = _draft(form)
        async with visit.unit() as unit:
            made, new = await replies.create(
                unit, visit.actor, conversation_id, draft, mail_terms(visit.machine.settings)
            )
    except (Invalid, Conflict) as refusal:
        return await _refused(visit, conversation_id, form, refusal)
    return await letter(visit, made.id or 0, conversation_id, 201 if new else 200)


def _draft(form: Form) -> Draft:
    expected = form.text("expected_last_message")
    return Draft(
        body=form.text("body"),
        client_id=client_uuid(form.text("client_id")),
        expected_last_message=form.number("expected_last_message") if expected else None,
        cc=tuple(part for part in (form.text("cc").strip(),) if part),
        file_ids=form.ids("attachments"),
        confirm_files=form.on("confirm"),
    )


async def _refused(visit: Visit, conversation_id: int, form: Form, refusal: Problem) -> Response:
    if not visit.htmx:
        raise refusal
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        about = await around(session, visit, conversation)
        newer = await conversations.newer(session, about, refusal.newer) if isinstance(refusal, Overtaken) else []
        again = await conversations.reply_form(
            session,
            visit.actor,
            conversation,
            about,
            body=form.text("body"),
            cc=form.text("cc"),
            files=await _files(session, visit, form.ids("attachments")),
            newer=newer,
            conflict=visit.renderer.say(refusal, visit.language) if isinstance(refusal, Conflict) else "",
            errors=_errors(visit, refusal) if isinstance(refusal, Invalid) else {},
        )
    return visit.fragment("customers/_reply.html", status=refusal.status, reply=again)


def _errors(visit: Visit, refusal: Invalid) -> dict[str, str]:
    if isinstance(refusal, ConfirmFiles):
        return {"attachments": visit.renderer.say(refusal, visit.language)}
    return visit.say_fields(refusal) or {"body": visit.renderer.say(refusal, visit.language)}


async def _files(session: AsyncSession, visit: Visit, ids: tuple[int, ...]) -> list[FileView]:
    found = await every(session, post_policy.readable_files(visit.actor).where(col(File.id).in_(ids)))
    return [attached.file_view(file) for file in found]


@router.post("/replies/{reply_id}/undo")
async def undo(reply_id: Id, visit: CustomerWriter) -> Response:
    """Take a held reply back into a draft."""
    async with visit.unit() as unit:
        made = await replies.undo(unit, visit.actor, reply_id)
    async with visit.reading() as session:
        kept = await every(session, select(col(ReplyFile.file_id)).where(col(ReplyFile.reply_id) == reply_id))
        files = await _files(session, visit, tuple(kept)) if made.author_id == visit.actor.person_id else []
    return await letter(visit, reply_id, made.conversation_id, taken_back=files)


@router.post("/replies/{reply_id}/retry")
async def retry(reply_id: Id, visit: CustomerWriter) -> Response:
    """Try a failed reply again."""
    async with visit.unit() as unit:
        made = await replies.retry(unit, visit.actor, reply_id)
    return await letter(visit, reply_id, made.conversation_id)


@router.post("/replies/{reply_id}/resolution")
async def resolution(reply_id: Id, visit: CustomerWriter) -> Response:
    """Say what became of an unknown reply."""
    it = (await visit.form()).text("it")
    if it not in {"went_out", "send_again"}:
        raise Invalid("Say whether it went out or is to be sent again.", code="bad_resolution")
    async with visit.unit() as unit:
        made = await replies.settle(unit, visit.actor, reply_id, went_out=it == "went_out")
    return await letter(visit, reply_id, made.conversation_id)


@router.post("/replies/{reply_id}/discard")
async def discard(reply_id: Id, visit: CustomerWriter) -> Response:
    """Put a draft away."""
    async with visit.unit() as unit:
        made = await replies.discard(unit, visit.actor, reply_id)
    return await letter(visit, reply_id, made.conversation_id)


@router.get("/conversations/new")
async def new_form(visit: CustomerReader) -> Response:
    """Offer to write first."""
    async with visit.reading() as session:
        form = await _new(session, visit)
        return await visit.page(
            session, "customers/new.html", title=visit.say("Write to a customer"), place="customers", form=form
        )


@router.post("/conversations")
async def start(visit: CustomerWriter) -> Response:
    """Write first."""
    await visit.limit("reply")
    form = await visit.form()
    try:
        opening = Opening(form.number("source_id"), form.text("to"), form.text("subject"), _draft(form))
        async with visit.unit() as unit:
            conversation, _, _ = await starting.start(unit, visit.actor, opening, mail_terms(visit.machine.settings))
    except (Invalid, Conflict) as refusal:
        if not visit.htmx:
            raise
        errors = visit.say_fields(refusal) or {"body": visit.renderer.say(refusal, visit.language)}
        async with visit.reading() as session:
            again = await _new(
                session, visit, to=form.text("to"), subject=form.text("subject"), body=form.text("body"), errors=errors
            )
        return visit.fragment("customers/_new.html", status=refusal.status, form=again)
    return visit.seen(f"/conversations/{conversation.id}")


async def _new(session: AsyncSession, visit: Visit, **typed: object) -> NewConversation:
    return NewConversation(
        await streams.writable(session, visit.actor),
        str(uuid4()),
        undo_seconds=visit.machine.settings.undo_seconds,
        **typed,  # type: ignore[arg-type]  # what was typed, by field
    )
