"""Who may read, follow and settle threads; which notifications still mean something."""

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import col

from parley.kit.errors import Forbidden
from parley.models.channels import Channel, Membership
from parley.models.customers import Conversation
from parley.models.notifications import Notification
from parley.models.posts import Comment, Post, Thread
from parley.models.threads import ThreadFollow
from parley.policy import channels, customers, posts
from parley.policy.actor import Actor
from parley.policy.remembered import remembered


@remembered
def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a `Thread` can be opened by `actor`: its post is there, or its conversation is."""
    return or_(
        exists()
        .where(col(Post.thread_id) == Thread.id, col(Post.removed_at).is_(None), posts.visible(actor))
        .correlate(Thread),
        exists().where(col(Conversation.thread_id) == Thread.id, customers.visible(actor)).correlate(Thread),
    )


@remembered
def followed(actor: Actor) -> ColumnElement[bool]:
    """The condition that `actor` follows the thread of a `ThreadFollow` and can still open it."""
    return (
        (col(ThreadFollow.person_id) == actor.person_id)
        & col(ThreadFollow.following)
        & exists().where(col(Thread.id) == ThreadFollow.thread_id, visible(actor)).correlate(ThreadFollow)
    )


def unread_comment(person_id: int) -> ColumnElement[bool]:
    """The condition that a `Comment` counts as unread for who follows its thread by a `ThreadFollow`."""
    return (
        (col(Comment.thread_id) == ThreadFollow.thread_id)
        & (col(Comment.id) > ThreadFollow.read_id)
        & (col(Comment.author_id) != person_id)
        & col(Comment.removed_at).is_(None)
    )


@remembered
def notices(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a notification of `actor` may still be shown and counted."""
    post = (
        exists()
        .where(col(Post.id) == Notification.post_id, col(Post.removed_at).is_(None), posts.visible(actor))
        .correlate(Notification)
    )
    talk = (
        exists()
        .where(col(Conversation.id) == Notification.conversation_id, customers.visible(actor))
        .correlate(Notification)
    )
    comment = (
        exists()
        .where(col(Comment.id) == Notification.comment_id, col(Comment.removed_at).is_(None))
        .correlate(Notification)
    )
    return (
        (col(Notification.person_id) == actor.person_id)
        & or_(col(Notification.post_id).is_(None), post)
        & or_(col(Notification.conversation_id).is_(None), talk)
        & or_(col(Notification.comment_id).is_(None), comment)
    )


def may_resolve(actor: Actor, author_id: int | None, channel: Channel, member: Membership | None) -> None:
    """Refuse unless `actor` asked or moderates: they say that a thread is settled, or that it is not."""
    channels.must_be_alive(channel)
    if author_id != actor.person_id and not channels.moderates(actor, member):
        raise Forbidden("Only who began this thread or a moderator may do this.", code="not_the_author")
