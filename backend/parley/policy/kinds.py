"""Who may do what with the kinds of posts."""

from parley.kit.errors import Forbidden
from parley.models.channels import Membership
from parley.policy import channels
from parley.policy.actor import Actor


def manages(actor: Actor, author_id: int | None, member: Membership | None) -> bool:
    """Whether `actor` wrote the post or moderates its channel."""
    return author_id == actor.person_id or channels.moderates(actor, member)


def may_accept(actor: Actor, author_id: int | None, member: Membership | None) -> None:
    """Refuse unless `actor` asked the question or moderates its channel."""
    if not manages(actor, author_id, member):
        raise Forbidden("Only who asked, or a moderator, accepts an answer.", code="not_the_author")


def may_close(actor: Actor, author_id: int | None, member: Membership | None) -> None:
    """Refuse unless `actor` wrote the poll or moderates its channel."""
    if not manages(actor, author_id, member):
        raise Forbidden("Only the author or a moderator closes a poll.", code="not_the_author")


def follows_up(actor: Actor, author_id: int | None, member: Membership | None) -> bool:
    """Whether `actor` sees by name who has acknowledged an announcement: its author, moderators, communications."""
    return manages(actor, author_id, member) or actor.has("communications")


def may_follow_up(actor: Actor, author_id: int | None, member: Membership | None) -> None:
    """Refuse unless `actor` sees by name who has acknowledged an announcement."""
    if not follows_up(actor, author_id, member):
        raise Forbidden("Only the author and moderators see who has read this.", code="not_the_author")
