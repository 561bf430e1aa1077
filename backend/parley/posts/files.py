"""Uploading and serving files."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, cast

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from sqlalchemy import select
from sqlmodel import col
from starlette.datastructures import UploadFile

from parley.core import images
from parley.core.blobs import Blobs, content_disposition, safe_name, sniff
from parley.kit.errors import Invalid, NotFound, TooLarge
from parley.models.identity import Person
from parley.models.people import Profile
from parley.models.posts import File
from parley.people.service import ProfileChange, change_profile
from parley.policy import people
from parley.policy import posts as policy
from parley.posts import attached
from parley.posts.queries import get
from parley.posts.schemas import FileChange, FileOut, file_out
from parley.posts.service import files
from parley.posts.service.files import MAX_BYTES
from parley.web.api import PROBLEMS
from parley.web.forms import whole
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter()
_CHUNK = 256 * 1024
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class FileTooLarge(TooLarge):
    """413: more than a file may have."""

    sentence = "That file is larger than 25 MB."


def blobs_of(visit: Visit) -> Blobs:
    """Return where files are kept."""
    return cast(Blobs, visit.request.app.state.blobs)


@router.post("/files", include_in_schema=False)
async def upload(visit: Writer) -> Response:
    """Take one file into a composer."""
    file = await store(visit)
    return visit.fragment("posts/_upload.html", status=201, file=attached.file_view(file))


@router.get("/uploads", include_in_schema=False)
async def uploads(visit: Reader, ids: Annotated[str, Query(pattern=r"^[0-9]{1,10}(,[0-9]{1,10}){0,9}$")]) -> Response:
    """Show files of one's own that hang on nothing yet, as a composer has them."""
    wanted = [whole(one, "ids") for one in ids.split(",")]
    async with visit.reading() as session:
        rows = await session.execute(
            policy.readable_files(visit.actor).where(
                col(File.id).in_(wanted), col(File.post_id).is_(None), col(File.comment_id).is_(None)
            )
        )
        found = {file.id: attached.file_view(file) for file in rows.scalars()}
    return visit.fragment("posts/_uploads.html", files=[found[one] for one in wanted if one in found])


@router.post(
    "/api/v1/files",
    status_code=201,
    tags=["files"],
    responses=PROBLEMS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                }
            },
        }
    },
)
async def upload_by_program(visit: Writer) -> FileOut:
    """Take one file (multipart field `file`); attach it by its id to a post, comment or reply."""
    return file_out(await store(visit))


async def store(visit: Visit) -> File:
    """Keep the file of a multipart request as the actor's own, not yet attached. Raises `Invalid`, `FileTooLarge`."""
    await visit.limit("upload")
    try:
        return await _store(visit)
    finally:
        await visit.request.close()  # the framework closes only forms that it read itself


async def _store(visit: Visit) -> File:
    form = await visit.request.form(max_files=1, max_fields=5)
    given = form.get("file")
    if not isinstance(given, UploadFile):
        raise Invalid(fields={"file": "Choose a file."})
    if (given.size or 0) > MAX_BYTES:
        raise FileTooLarge
    if not given.size:
        raise Invalid(fields={"file": "This file is empty."})
    name = safe_name(given.filename or "file")
    head = await given.read(4096)
    await given.seek(0)
    kind, shown = sniff(head, name)
    blobs = blobs_of(visit)
    kept = await blobs.put(_chunks(given), MAX_BYTES)
    file = File(owner_id=visit.actor.person_id, key=kept.key, name=name, content_type=kind, size=kept.size)
    if shown:
        await _make_image(blobs, file)
    async with visit.unit() as unit:
        file.created_at = unit.now
        unit.session.add(file)
        await unit.session.flush()
    return file


async def _make_image(blobs: Blobs, file: File) -> None:
    """Replace the picture by a clean one and add its thumbnail; what is no picture after all is only downloaded."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = await images.process(blobs.path(file.key), Path(folder))
        except images.NotAnImage:
            file.content_type = "application/octet-stream"
            return
        clean = await blobs.put_bytes(made.clean.read_bytes())
        thumb = await blobs.put_bytes(made.thumb.read_bytes())
        await blobs.delete(file.key)
        file.key, file.thumb_key, file.size = clean.key, thumb.key, clean.size
        file.width, file.height, file.content_type = made.width, made.height, made.content_type


async def _chunks(given: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await given.read(_CHUNK):
        yield chunk


@router.post("/files/{file_id}/alt", include_in_schema=False)
async def describe(file_id: Id, visit: Writer) -> Response:
    """Say in words what one's own picture shows."""
    alt = (await visit.form()).text("alt")
    async with visit.unit() as unit:
        file = await files.describe(unit, visit.actor, file_id, alt)
        post_id = file.post_id
    return Response(status_code=204) if visit.htmx else visit.seen(f"/posts/{post_id}" if post_id else "/")


@router.patch("/api/v1/files/{file_id}", tags=["files"], responses=PROBLEMS)
async def describe_by_program(file_id: Id, given: FileChange, visit: Writer) -> FileOut:
    """Say in words what one's own picture shows."""
    async with visit.unit() as unit:
        return file_out(await files.describe(unit, visit.actor, file_id, given.alt))


@router.get("/posts/{post_id}/pictures", include_in_schema=False)
async def pictures(post_id: Id, visit: Reader) -> Response:
    """Offer the author to describe the pictures of a post."""
    async with visit.reading() as session:
        post = await get(session, visit.actor, post_id)
        found = (await attached.of(session, col(File.post_id), [post_id])).get(post_id, [])
        shown = [file for file in found if file.is_image]
        policy.may_edit(visit.actor, post.author_id, None)
        if visit.htmx:
            return visit.fragment("posts/_pictures.html", files=shown, post_id=post_id)
        return await visit.page(
            session, "posts/pictures.html", title=visit.say("Describe pictures"), place="channel", files=shown,
            post_id=post_id,
        )  # fmt: skip


@router.get("/files/{file_id}/thumb", include_in_schema=False)
async def thumb(file_id: Id, visit: Reader) -> Response:
    """Serve the small picture of an image."""
    file = await _readable(visit, file_id)
    if not file.thumb_key:
        raise NotFound
    return _answer(visit, file.thumb_key, "image/webp", "thumb.webp", inline=True)


@router.get("/files/{file_id}/{name}", include_in_schema=False)
async def read(file_id: Id, name: str, visit: Reader) -> Response:  # noqa: ARG001  (the name is for people)
    """Serve a file to whoever may read what it is attached to."""
    file = await _readable(visit, file_id)
    return _answer(visit, file.key, file.content_type, file.name, inline=bool(file.thumb_key))


@router.get("/api/v1/files/{file_id}", tags=["files"], responses=PROBLEMS)
async def read_by_program(file_id: Id, visit: Reader) -> Response:
    """Serve a file to whoever may read what it is attached to."""
    file = await _readable(visit, file_id)
    return _answer(visit, file.key, file.content_type, file.name, inline=False)


@router.post("/settings/profile/photo", include_in_schema=False)
async def change_photo(visit: Writer) -> Response:
    """Use the picture that was sent as the reader's own photo, or take the present one away (`remove`)."""
    form = await visit.request.form()
    if form.get("remove") == "1":
        await visit.request.close()
        file_id = 0
    else:
        file = await store(visit)
        if not file.width or file.id is None:
            raise Invalid(fields={"photo": "Choose a picture: PNG, JPEG or WebP."})
        file_id = file.id
    me = visit.actor.person_id
    async with visit.unit() as unit:
        await change_profile(unit, me, ProfileChange(photo_file_id=file_id), by=me, via="page")
    return visit.seen("/settings/profile")


@router.get("/photos/{file_id}", include_in_schema=False)
async def photo(file_id: Id, visit: Reader) -> Response:
    """Serve the small picture of the face of somebody whom the reader may see."""
    statement = (
        select(col(File.thumb_key))
        .join(Profile, col(Profile.photo_file_id) == File.id)
        .join(Person, col(Person.id) == Profile.person_id)
        .where(col(File.id) == file_id, people.visible(visit.actor))
    )
    async with visit.reading() as session:
        key = (await session.execute(statement)).scalars().first()
    if not key:
        raise NotFound
    return _answer(visit, key, "image/webp", "photo.webp", inline=True)


async def _readable(visit: Visit, file_id: int) -> File:
    async with visit.reading() as session:
        file: File | None = (
            await session.execute(policy.readable_files(visit.actor).where(col(File.id) == file_id))
        ).scalar_one_or_none()
    if file is None:
        raise NotFound
    return file


def picture(visit: Visit, key: str) -> Response:
    """Answer with a picture that we made."""
    return _answer(visit, key, "image/webp", "picture.webp", inline=True)


def _answer(visit: Visit, key: str, kind: str, name: str, *, inline: bool) -> Response:
    path = blobs_of(visit).path(key)
    if not path.exists():
        raise NotFound
    return FileResponse(
        path, media_type=kind, headers={**_PRIVATE, "Content-Disposition": content_disposition(name, inline=inline)}
    )
