"""The search document follows the post, within the same transaction."""

from sqlmodel import SQLModel

from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.posts import PostEdited, PostMoved, PostPublished, PostRemoved, PostRestored
from parley.kit.markup import plain_text
from parley.models.posts import Post
from parley.models.search import SearchDocument


async def follow(unit: Unit, event: PostPublished | PostEdited | PostRestored | PostMoved) -> None:
    """Write what a post says now."""
    post = await unit.session.get(Post, event.post_id)
    if post is None:
        return
    values = {
        "post_id": post.id,
        "channel_id": post.channel_id,
        "title": post.title,
        "body": plain_text(post.body_html),
    }
    statement = upsert(unit.session, SQLModel.metadata.tables["search_document"]).values(**values)
    await unit.session.execute(statement.on_conflict_do_update(index_elements=["post_id"], set_=values))


async def forget(unit: Unit, event: PostRemoved) -> None:
    """A removed post is not found."""
    document = await unit.session.get(SearchDocument, event.post_id)
    if document is not None:
        await unit.session.delete(document)
        await unit.session.flush()
