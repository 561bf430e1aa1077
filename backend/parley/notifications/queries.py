"""What the bell shows: only what the person may still read."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.kit.markup import plain_excerpt
from parley.kit.text import initials
from parley.models.channels import Channel
from parley.models.customers import Contact, ContactIdentity, Conversation
from parley.models.notifications import Notification
from parley.models.posts import Comment, Post
from parley.notifications.views import NotificationRow, NotificationsView
from parley.people.queries import cards
from parley.policy.actor import Actor
from parley.policy.prepared import prepared
from parley.policy.threads import notices as visible

PAGE = 40
_ICONS = {"owed": "megaphone", "event_soon": "calendar-clock"}
_WORDS = {
    ("mention", "post"): "%(name)s mentioned you",
    ("mention", "comment"): "%(name)s mentioned you in a comment",
    ("mention", "conversation"): "%(name)s mentioned you in a discussion",
    ("comment", "comment"): "%(name)s commented",
    ("comment", "conversation"): "%(name)s wrote in the discussion",
    ("praise", "post"): "%(name)s praised you",
    ("accepted", "comment"): "%(name)s accepted your answer",
    ("owed", "post"): "Please read this and say that you have",
    ("event_soon", "post"): "This begins in a quarter of an hour",
    ("event_moved", "post"): "%(name)s moved an event that you may come to",
    ("not_published", "post"): "A post of yours could not be published. It is a draft again.",
    ("assignment", "conversation"): "%(name)s gave you a customer",
    ("reply_bounced", "conversation"): "Your reply came back",
    ("reply_failed", "conversation"): "Your reply could not be sent",
    ("reply_unknown", "conversation"): "Nobody knows whether your reply went out",
}


async def unread(session: AsyncSession, actor: Actor) -> int:
    """Count what `actor` has not seen and may open."""
    return int((await _unread(session, actor))[0].count)


@prepared
def _unread(actor: Actor) -> Select[Any]:
    unseen = select(func.count().label("count")).select_from(Notification)
    return unseen.where(visible(actor), col(Notification.read_at).is_(None))


async def listing(
    session: AsyncSession,
    actor: Actor,
    say: Callable[[str], str],
    *,
    only_unread: bool = False,
    before: int | None = None,
    limit: int = PAGE,
) -> NotificationsView:
    """Return a part of the list, newest first; `say` translates."""
    statement = _told(actor)
    if only_unread:
        statement = statement.where(col(Notification.read_at).is_(None))
    if before is not None:
        statement = statement.where(col(Notification.id) < before)
    rows = (await session.execute(statement.order_by(col(Notification.id).desc()).limit(limit + 1))).all()
    people = await cards(session, {row.Notification.actor_id for row in rows})
    shown = [_row(row, people, say) for row in rows[:limit]]
    more = f"/notifications?{'unread=1&' if only_unread else ''}before={shown[-1].id}" if len(rows) > limit else None
    return NotificationsView(shown, await unread(session, actor), only_unread, more)


async def some(
    session: AsyncSession, actor: Actor, say: Callable[[str], str], ids: Sequence[int]
) -> dict[int, NotificationRow]:
    """Return some notifications of `actor` as the bell shows them."""
    if not ids:
        return {}
    rows = (await session.execute(_told(actor).where(col(Notification.id).in_(ids)))).all()
    people = await cards(session, {row.Notification.actor_id for row in rows})
    return {row.Notification.id: _row(row, people, say) for row in rows}


def _told(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Notification,
            col(Post.title),
            col(Post.body_html),
            col(Comment.body_html).label("comment_html"),
            col(Channel.name),
            col(Channel.kind).label("channel_kind"),
            col(Contact.name).label("contact"),
            col(Conversation.subject),
        )
        .outerjoin(Post, col(Post.id) == Notification.post_id)
        .outerjoin(Comment, col(Comment.id) == Notification.comment_id)
        .outerjoin(Channel, col(Channel.id) == Post.channel_id)
        .outerjoin(Conversation, col(Conversation.id) == Notification.conversation_id)
        .outerjoin(ContactIdentity, col(ContactIdentity.id) == Conversation.identity_id)
        .outerjoin(Contact, col(Contact.id) == ContactIdentity.contact_id)
        .where(visible(actor))
    )


def _row(row: Any, people: Any, say: Callable[[str], str]) -> NotificationRow:  # noqa: ANN401  (a row, cards)
    notice: Notification = row.Notification
    where = "conversation" if notice.conversation_id else "comment" if notice.comment_id else "post"
    person = people.get(notice.actor_id)
    words = say(_WORDS.get((notice.kind, where), "%(name)s wrote")) % {
        "name": person.name if person else say("Somebody")
    }
    anchor = f"#comment-{notice.comment_id}" if notice.comment_id else ""
    url = (
        f"/conversations/{notice.conversation_id}{anchor}"
        if notice.conversation_id
        else f"/posts/{notice.post_id}{anchor}"
        if notice.post_id
        else "/drafts"
    )
    quote = row.comment_html or row.title or row.body_html or row.subject or ""
    place = row.contact or (f"#{row.name}" if row.name and row.channel_kind != "direct" else "")
    return NotificationRow(
        id=notice.id or 0,
        url=url,
        text=words,
        place=place,
        quote=plain_excerpt(quote, 160),
        at=notice.created_at,
        unread=notice.read_at is None,
        person=person,
        contact=initials(row.contact) if row.contact and not person else "",
        icon=_ICONS.get(notice.kind, "mail" if notice.conversation_id else "bell"),
        outside=not notice.comment_id and bool(notice.conversation_id),
    )
