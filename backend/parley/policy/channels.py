"""Who may see and change channels."""

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.sql import Select
from sqlmodel import col

from parley.kit.errors import Forbidden
from parley.models.channels import Channel, Membership
from parley.policy.actor import Actor
from parley.policy.remembered import remembered

OPEN = ("open", "announcement")
"""The kinds that every colleague may read."""
_RANKS = {
    "everybody": ("member", "moderator", "owner"),
    "members": ("member", "moderator", "owner"),
    "moderators": ("moderator", "owner"),
    "owners": ("owner",),
}
_POSTING = {
    "moderators": "Only moderators and owners publish here. You can comment.",
    "owners": "Only the owners of this channel publish here. You can comment.",
}
_COMMENTING = {
    "moderators": "Only moderators and owners comment here.",
    "owners": "Only the owners of this channel comment here.",
}


@remembered
def is_member(person_id: int) -> ColumnElement[bool]:
    """The condition that `person_id` belongs to the channel now."""
    return (
        exists()
        .where(
            col(Membership.channel_id) == Channel.id,
            col(Membership.person_id) == person_id,
            col(Membership.until).is_(None),
        )
        .correlate(Channel)
    )


@remembered
def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a channel exists for `actor`: their own, and open ones unless they are a guest."""
    member = is_member(actor.person_id)
    return member if actor.guest else or_(col(Channel.kind).in_(OPEN), member)


def readable(actor: Actor) -> Select[Channel]:
    """Every channel that `actor` may read; lists, counts, searches and previews start here."""
    return select(Channel).where(visible(actor))


@remembered
def readable_ids(actor: Actor) -> Select[int | None]:
    """The ids of the channels that `actor` may read, for use inside other statements."""
    return select(col(Channel.id)).where(visible(actor))


def may_post(actor: Actor, channel: Channel, member: Membership | None) -> None:
    """Refuse with a sentence unless `actor` may post in `channel`, of which `member` is their membership."""
    must_be_alive(channel)
    if member is None:
        raise Forbidden("Join this channel to post in it.", code="not_a_member")
    if not (within(channel.who_posts, member) or actor.has("communications", "moderator")):
        raise Forbidden(_POSTING[channel.who_posts], code="may_not_post")


def may_announce(actor: Actor, member: Membership | None) -> None:
    """Refuse with a sentence unless `actor`, who may post, may also announce: that stands on top of everybody's Home."""
    if not (moderates(actor, member) or actor.has("communications")):
        raise Forbidden(
            "Only the owners of this channel announce here. Post an update instead.", code="may_not_announce"
        )


def may_comment(actor: Actor, channel: Channel, member: Membership | None) -> None:
    """Refuse with a sentence unless `actor` may comment on posts of `channel`."""
    may_react(actor, channel, member)
    if channel.who_comments == "everybody" or moderates(actor, member):
        return
    if member is None:
        raise Forbidden("Join this channel to comment in it.", code="not_a_member")
    if not within(channel.who_comments, member):
        raise Forbidden(_COMMENTING[channel.who_comments], code="may_not_comment")


def may_react(actor: Actor, channel: Channel, member: Membership | None) -> None:
    """Refuse with a sentence unless `actor` may react in `channel`: whoever reads it may."""
    must_be_alive(channel)
    if member is None and (actor.guest or channel.kind not in OPEN):
        raise Forbidden("Join this channel to comment in it.", code="not_a_member")


def may_manage(actor: Actor, channel: Channel, member: Membership | None) -> None:
    """Refuse with a sentence unless `actor` may change the channel's name, rules, members or archive it."""
    if channel.kind == "direct":
        raise Forbidden("A direct channel always has the same members.", code="direct_channel")
    if not ((member and member.role == "owner") or actor.has("moderator")):
        raise Forbidden("Only an owner of this channel may do this.", code="not_an_owner")


def may_invite(actor: Actor, channel: Channel, member: Membership | None) -> None:
    """Refuse with a sentence unless `actor` may let others in."""
    if channel.kind == "direct" or actor.guest or member is None or not within(channel.who_invites, member):
        may_manage(actor, channel, member)


def may_expel(actor: Actor, channel: Channel, member: Membership | None, theirs: Membership) -> None:
    """Refuse with a sentence unless `actor` may end the membership `theirs`: owners anybody's, moderators a member's."""
    if member is None or member.role != "moderator" or theirs.role != "member" or channel.kind == "direct":
        may_manage(actor, channel, member)


def may_set_default(actor: Actor, channel: Channel) -> None:
    """Refuse with a sentence unless `actor` may say that newcomers find themselves in the channel."""
    if not actor.has("moderator", "it_admin"):
        raise Forbidden("Only moderators and IT admins may do this.", code="not_an_admin")
    if channel.kind not in OPEN:
        raise Forbidden("Newcomers join open channels and announcements only.", code="not_open")
    must_be_alive(channel)


def within(who: str, member: Membership | None) -> bool:
    """Whether `member` is among `who`: members, moderators, owners."""
    return member is not None and member.role in _RANKS[who]


def moderates(actor: Actor, member: Membership | None) -> bool:
    """Whether `actor` may take away what others wrote in the channel."""
    return actor.has("moderator") or (member is not None and member.role in {"owner", "moderator"})


def must_be_alive(channel: Channel) -> None:
    """Refuse every change in an archived channel."""
    if channel.archived_at is not None:
        raise Forbidden("This channel is archived. It can be read, not changed.", code="channel_archived")
