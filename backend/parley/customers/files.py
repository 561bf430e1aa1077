"""Files of messages and replies, and whole mails: served to whoever may read the conversation, never rendered."""

from typing import Annotated, cast

from fastapi import APIRouter, Path, Response
from fastapi.responses import FileResponse
from sqlalchemy import select
from sqlmodel import col

from parley.core.blobs import Blobs, content_disposition
from parley.customers.rows import every, first
from parley.customers.views import WholeMail
from parley.customers.words_html import words_html
from parley.kit.errors import NotFound
from parley.kit.mailtext import with_inline_images
from parley.models.customers import Message, MessageFile, Reply, ReplyFile
from parley.models.posts import File
from parley.policy import customers as policy
from parley.web.api import PROBLEMS
from parley.web.visit import CustomerReader, Visit

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/messages/{message_id}/files/{file_id}/thumb", include_in_schema=False)
async def thumb(message_id: Id, file_id: Id, visit: CustomerReader) -> Response:
    """Serve the clean copy of a picture that came with a message."""
    file = await _file(visit, message_id, file_id)
    if not file.thumb_key:
        raise NotFound
    return _answer(visit, file.thumb_key, file.content_type, file.name, inline=True)


@router.get("/messages/{message_id}/files/{file_id}/{name}", include_in_schema=False)
async def read(message_id: Id, file_id: Id, name: str, visit: CustomerReader) -> Response:  # noqa: ARG001  (the name is for people)
    """Serve a file of a message, as it came."""
    file = await _file(visit, message_id, file_id)
    return _answer(visit, file.key, file.content_type, file.name, inline=False)


@router.get("/api/v1/messages/{message_id}/files/{file_id}", tags=["conversations"], responses=PROBLEMS)
async def read_by_program(message_id: Id, file_id: Id, visit: CustomerReader) -> Response:
    """Serve a file of a message, as it came."""
    file = await _file(visit, message_id, file_id)
    return _answer(visit, file.key, file.content_type, file.name, inline=False)


@router.get("/messages/{message_id}/raw", include_in_schema=False)
async def raw(message_id: Id, visit: CustomerReader) -> Response:
    """Serve a mail exactly as it came."""
    return await _raw(visit, message_id)


@router.get("/api/v1/messages/{message_id}/raw", tags=["conversations"], responses=PROBLEMS)
async def raw_by_program(message_id: Id, visit: CustomerReader) -> Response:
    """Serve a mail exactly as it came."""
    return await _raw(visit, message_id)


@router.get("/messages/{message_id}/whole", include_in_schema=False)
async def whole(message_id: Id, visit: CustomerReader) -> Response:
    """Show a mail as it was laid out, with what it quoted."""
    async with visit.reading() as session:
        message = await _message(visit, message_id)
        pictures = {
            file.content_id: f"/messages/{message_id}/files/{file.id}/thumb"
            for file in await every(session, select(MessageFile).where(col(MessageFile.message_id) == message_id))
            if file.content_id and file.thumb_key
        }
        html = with_inline_images(message.html, pictures.get) if message.html else words_html(message.text)
        view = WholeMail(
            message_id=message_id,
            conversation_id=message.conversation_id,
            sender=message.sender_name,
            headers=[(visit.say("From"), message.sender_name), (visit.say("Subject"), message.subject)],
            html=html,
            quoted_html="" if message.html else words_html(message.quoted_text),
            raw_url=f"/messages/{message_id}/raw" if message.raw_key else None,
        )
        if visit.htmx:
            return visit.fragment("customers/_whole.html", whole=view)
        return await visit.page(
            session,
            "customers/whole.html",
            title=message.subject or visit.say("Whole mail"),
            place="customers",
            whole=view,
        )


@router.get("/replies/{reply_id}/files/{file_id}/thumb", include_in_schema=False)
async def reply_thumb(reply_id: Id, file_id: Id, visit: CustomerReader) -> Response:
    """Serve the small picture of a file that a reply takes outside."""
    file = await _reply_file(visit, reply_id, file_id)
    if not file.thumb_key:
        raise NotFound
    return _answer(visit, file.thumb_key, "image/webp", "thumb.webp", inline=True)


@router.get("/replies/{reply_id}/files/{file_id}/{name}", include_in_schema=False)
async def reply_file(reply_id: Id, file_id: Id, name: str, visit: CustomerReader) -> Response:  # noqa: ARG001  (the name is for people)
    """Serve a file that a reply takes outside: who reads the reply reads what goes with it."""
    file = await _reply_file(visit, reply_id, file_id)
    return _answer(visit, file.key, file.content_type, file.name, inline=False)


async def _message(visit: Visit, message_id: int) -> Message:
    async with visit.reading() as session:
        found = await first(session, policy.readable_messages(visit.actor).where(col(Message.id) == message_id))
    if found is None:
        raise NotFound
    return found


async def _file(visit: Visit, message_id: int, file_id: int) -> MessageFile:
    async with visit.reading() as session:
        found = await first(
            session,
            policy.readable_message_files(visit.actor).where(
                col(MessageFile.id) == file_id, col(MessageFile.message_id) == message_id
            ),
        )
    if found is None:
        raise NotFound
    return found


async def _reply_file(visit: Visit, reply_id: int, file_id: int) -> File:
    async with visit.reading() as session:
        readable = (
            policy.readable_replies(visit.actor).where(col(Reply.id) == reply_id).with_only_columns(col(Reply.id))
        )
        found = await first(
            session,
            select(File)
            .join(ReplyFile, col(ReplyFile.file_id) == File.id)
            .where(col(ReplyFile.file_id) == file_id, col(ReplyFile.reply_id).in_(readable)),
        )
    if found is None:
        raise NotFound
    return found


async def _raw(visit: Visit, message_id: int) -> Response:
    message = await _message(visit, message_id)
    if not message.raw_key:
        raise NotFound
    return _answer(visit, message.raw_key, "message/rfc822", f"message-{message_id}.eml", inline=False)


def _answer(visit: Visit, key: str, kind: str, name: str, *, inline: bool) -> Response:
    path = cast(Blobs, visit.request.app.state.blobs).path(key)
    if not path.exists():
        raise NotFound
    return FileResponse(
        path, media_type=kind, headers={**_PRIVATE, "Content-Disposition": content_disposition(name, inline=inline)}
    )
