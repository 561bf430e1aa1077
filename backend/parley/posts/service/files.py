"""Uploaded files: kept by us under our own names, seen by whoever may read what they are attached to."""

from sqlalchemy import case, select, update
from sqlmodel import col

from parley.core.unit import Unit
from parley.events.posts import PostPictured
from parley.kit.errors import Invalid, NotFound
from parley.kit.text import clean_line
from parley.models.posts import File, Post
from parley.policy import posts as policy
from parley.policy.actor import Actor

MAX_FILES = 10
MAX_BYTES = 25_000_000
ALT_LIMIT = 1000


async def attach(
    unit: Unit, actor: Actor, file_ids: tuple[int, ...], *, post_id: int | None = None, comment_id: int | None = None
) -> None:
    """Tie the actor's own, not yet attached files to a post or comment; anybody else's are not known."""
    if not file_ids:
        return
    if len(file_ids) > MAX_FILES:
        raise Invalid(fields={"attachments": "Attach at most ten files."})
    taken = await unit.session.execute(
        update(File)
        .where(
            col(File.id).in_(file_ids),
            col(File.owner_id) == actor.person_id,
            col(File.post_id).is_(None),
            col(File.comment_id).is_(None),
        )
        .values(
            post_id=post_id,
            comment_id=comment_id,
            position=case({file_id: place for place, file_id in enumerate(file_ids)}, value=col(File.id), else_=0),
        )
        .returning(col(File.id))
    )
    if len(taken.all()) != len(set(file_ids)):
        raise Invalid(fields={"attachments": "One of the files is not there any more. Attach it again."})


async def describe(unit: Unit, actor: Actor, file_id: int, alt: str) -> File:
    """Say in words what one's own picture shows, before it is published or after."""
    alt = clean_line(alt)
    if len(alt) > ALT_LIMIT:
        raise Invalid(fields={"alt": "A description has at most 1000 characters."})
    rule = policy.readable_files(actor).where(col(File.id) == file_id)
    file: File | None = (await unit.session.execute(rule)).scalar_one_or_none()
    if file is None:
        raise NotFound
    policy.may_edit(actor, file.owner_id, None)
    if file.alt != alt:
        file.alt = alt
        unit.session.add(file)
        channel_id = await unit.session.execute(select(col(Post.channel_id)).where(col(Post.id) == file.post_id))
        if (found := channel_id.scalar_one_or_none()) is not None and file.post_id is not None:
            await unit.emit(PostPictured(channel_id=found, post_id=file.post_id))
    return file
