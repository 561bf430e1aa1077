"""Uploaded files: kept by us under our own names, seen by whoever may read what they are attached to."""

from sqlalchemy import update
from sqlmodel import col

from parley.core.unit import Unit
from parley.kit.errors import Invalid
from parley.models.posts import File
from parley.policy.actor import Actor

MAX_FILES = 10
MAX_BYTES = 25_000_000


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
        .values(post_id=post_id, comment_id=comment_id)
        .returning(col(File.id))
    )
    if len(taken.all()) != len(set(file_ids)):
        raise Invalid(fields={"attachments": "One of the files is not there any more. Attach it again."})
