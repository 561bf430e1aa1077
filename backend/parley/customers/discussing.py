"""Saying something about a conversation, for pages and programs alike."""

from parley.customers.service import acts
from parley.models.posts import Comment
from parley.policy import customers as policy
from parley.posts.service import comments
from parley.posts.service.words import client_uuid, prepare
from parley.web.visit import Visit


async def publish(
    visit: Visit, conversation_id: int, body: str, client_id: str | None, files: tuple[int, ...], *, confirmed: bool
) -> tuple[Comment, bool]:
    """Publish a comment in a conversation's discussion; only who may read that is told of a mention, a crowd if `confirmed`."""
    words = prepare(body, files=files, confirmed=confirmed)
    client = client_uuid(client_id)
    async with visit.unit() as unit:
        conversation = await acts.find(unit, visit.actor, conversation_id)
        policy.may_act(visit.actor)
        return await comments.publish(
            unit, visit.actor, thread_id=conversation.thread_id, words=words, client_id=client, file_ids=files
        )
