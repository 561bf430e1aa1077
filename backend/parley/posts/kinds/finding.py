"""Posts of one kind that somebody is about to do something with."""

from dataclasses import dataclass

from parley.channels.service import membership
from parley.core.unit import Unit
from parley.kit.errors import Conflict
from parley.models.channels import Channel, Membership
from parley.models.posts import Post
from parley.policy import channels as channel_policy
from parley.policy.actor import Actor
from parley.posts.service import publishing


class OtherKind(Conflict):
    """409: this cannot be done with a post of this kind."""

    code = "other_kind"
    sentence = "This post is of another kind."


@dataclass(frozen=True, slots=True)
class Found:
    """A post that stands, its channel, and the membership of whoever acts."""

    post: Post
    post_id: int
    channel: Channel
    mine: Membership | None


async def of_kind(unit: Unit, actor: Actor, post_id: int, kind: str) -> Found:
    """Return a post of `kind` that `actor` may read, in a channel that is not archived.

    Raises `NotFound`, `OtherKind`, `Conflict` for a removed one, `Forbidden` in an archived channel.
    """
    post, channel = await publishing.find(unit, actor, post_id)
    if post.kind != kind:
        raise OtherKind
    if post.removed_at is not None:
        raise Conflict("This post was removed.", code="removed")
    channel_policy.must_be_alive(channel)
    return Found(post, post_id, channel, await membership.of(unit.session, channel.id, actor.person_id))
