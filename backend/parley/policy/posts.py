"""Who may see and change posts, comments and files."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.sql import Select
from sqlmodel import col

from parley.kit.errors import Forbidden
from parley.models.channels import Channel, Membership
from parley.models.customers import Conversation
from parley.models.identity import Person, RoleGrant
from parley.models.posts import Comment, File, Post
from parley.policy import channels, customers
from parley.policy.actor import Actor
from parley.policy.remembered import remembered

SMALL = 30
"""Up to so many members of a channel, each of them may pin."""


@remembered
def shows_readable(actor: Actor) -> ColumnElement[bool]:
    """The condition that a post is a plain one, or a conversation's place that stands in its channel.

    It does not ask who else may read the conversation: what a channel shows is the same for all its readers, since
    they are told live with the same words. A removed place leaves no tombstone: it lets nobody read anything.
    """
    return (col(Post.kind) != "conversation") | (col(Post.removed_at).is_(None) & _open_here(actor))


def _open_here(actor: Actor) -> ColumnElement[bool]:
    """The condition that the conversation a post shows is open to the post's channel, and customers to `actor`."""
    if not customers.hears(actor):
        return false()
    away = exists().where(
        col(Conversation.thread_id) == Post.thread_id,
        col(Conversation.restricted),
        col(Conversation.channel_id).is_distinct_from(col(Post.channel_id)),
    )
    return ~away.correlate(Post)


@remembered
def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a post exists for `actor`: its channel does, and a surfaced conversation may be read."""
    return col(Post.channel_id).in_(channels.readable_ids(actor)) & shows_readable(actor)


def readable(actor: Actor) -> Select[Post]:
    """Every post that `actor` may read, removed ones (tombstones) included."""
    return select(Post).where(visible(actor))


def removable(actor: Actor) -> Select[Post]:
    """Every post that `actor` may read or, were it not removed, could."""
    stands = (col(Post.kind) != "conversation") | _open_here(actor)
    return select(Post).where(col(Post.channel_id).in_(channels.readable_ids(actor)), stands)


def readable_comments(actor: Actor) -> Select[Comment]:
    """Every comment that `actor` may read: those of readable posts and of readable conversations."""
    return select(Comment).where(
        or_(
            exists().where(col(Post.thread_id) == Comment.thread_id, visible(actor)).correlate(Comment),
            exists()
            .where(col(Conversation.thread_id) == Comment.thread_id, customers.visible(actor))
            .correlate(Comment),
        )
    )


def readable_files(actor: Actor) -> Select[File]:
    """Every uploaded file that `actor` may open: their own, and those of posts and comments that are still there."""
    comments = readable_comments(actor).where(col(Comment.removed_at).is_(None)).subquery()
    return select(File).where(
        or_(
            col(File.post_id).is_(None) & col(File.comment_id).is_(None) & (col(File.owner_id) == actor.person_id),
            exists()
            .where(col(Post.id) == File.post_id, col(Post.removed_at).is_(None), visible(actor))
            .correlate(File),
            col(File.comment_id).in_(select(comments.c.id)),
        )
    )


def may_edit(actor: Actor, author_id: int | None, channel: Channel | None) -> None:
    """Refuse unless `actor` wrote it, and its channel (if it has one) is not archived."""
    if channel is not None:
        channels.must_be_alive(channel)
    if author_id != actor.person_id:
        raise Forbidden("Only the author may edit this.", code="not_the_author")


def may_remove(actor: Actor, author_id: int | None, channel: Channel | None, member: Membership | None) -> None:
    """Refuse unless `actor` wrote it or moderates the channel."""
    if channel is not None:
        channels.must_be_alive(channel)
    if author_id != actor.person_id and not channels.moderates(actor, member):
        raise Forbidden("Only the author or a moderator may remove this.", code="not_the_author")


def may_move(actor: Actor, sides: Sequence[tuple[Channel, Membership | None]]) -> None:
    """Refuse unless `actor` moderates every one of the channels, and none is archived or direct.

    What was said to a few in a direct channel is not given to others by moving it, nor the other way round.
    """
    for channel, member in sides:
        channels.must_be_alive(channel)
        if channel.kind == "direct":
            raise Forbidden("Nothing is moved into or out of a direct channel.", code="direct_channel")
        if not channels.moderates(actor, member):
            raise Forbidden("Only who moderates both channels may move this.", code="not_a_moderator")


def may_pin(actor: Actor, channel: Channel, member: Membership | None, members: int) -> None:
    """Refuse unless `actor` moderates the channel, or belongs to it and it is small enough that all see what they do."""
    channels.must_be_alive(channel)
    if channels.moderates(actor, member):
        return
    if member is None:
        raise Forbidden("Join this channel to pin in it.", code="not_a_member")
    if members > SMALL:
        raise Forbidden("Only the owners and moderators of this channel pin here.", code="not_a_moderator")


def may_pass_on(actor: Actor, channel: Channel, member: Membership | None) -> None:
    """Refuse unless `actor`, who reads the post, may show it elsewhere: of a private channel, who may invite there."""
    if channel.kind == "direct":
        raise Forbidden("What was said in a direct channel stays there.", code="direct_channel")
    if channel.kind == "private" or actor.guest:
        channels.may_invite(actor, channel, member)


def reads_channel(channel: Channel) -> ColumnElement[bool]:
    """The condition that a person reads the posts of `channel`: the same rule, asked about everybody at once."""
    member = (
        exists()
        .where(
            col(Membership.channel_id) == channel.id,
            col(Membership.person_id) == Person.id,
            col(Membership.until).is_(None),
        )
        .correlate(Person)
    )
    guest = exists().where(col(RoleGrant.person_id) == Person.id, col(RoleGrant.role) == "guest").correlate(Person)
    return or_(member, ~guest) if channel.kind in {"open", "announcement"} else member
