"""Who may see and change conversations (product: *Settled questions*, 1)."""

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.sql import Select
from sqlmodel import col

from parley.kit.errors import Forbidden
from parley.models.channels import Channel, Membership
from parley.models.customers import (
    Contact,
    ContactIdentity,
    Conversation,
    Message,
    MessageFile,
    Reply,
    Source,
    Stream,
    Surfacing,
    Watch,
)
from parley.models.identity import Person, RoleGrant
from parley.policy import channels
from parley.policy.actor import Actor
from parley.policy.remembered import remembered


@remembered
def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a conversation exists for `actor`.

    Readers of a channel it is surfaced in, its assignee and watchers, customer leads; never guests. A restricted one
    only for those of the owning channel (whose stream brought it in), its assignee, watchers and customer leads.
    """
    if not hears(actor):
        return false()
    if actor.has("customer_lead"):
        return true()
    surfaced = (
        exists()
        .where(
            col(Surfacing.conversation_id) == Conversation.id,
            stands(),
            col(Surfacing.channel_id).in_(channels.readable_ids(actor)),
        )
        .correlate(Conversation)
    )
    watched = (
        exists()
        .where(col(Watch.conversation_id) == Conversation.id, col(Watch.person_id) == actor.person_id)
        .correlate(Conversation)
    )
    # Never NULL, though most have no assignee: others ask for the opposite, and NOT NULL would be no refusal.
    assigned = and_(col(Conversation.assignee_id).is_not(None), col(Conversation.assignee_id) == actor.person_id)
    return or_(surfaced, watched, assigned)


def hears(actor: Actor) -> bool:
    """Whether `actor` hears of customers at all.

    A token without a scope of customers hears of them nowhere, not in a channel's posts or threads either.
    """
    return not actor.guest and (actor.may_use("customers:read") or actor.may_use("customers:write"))


def stands() -> ColumnElement[bool]:
    """The condition that a surfacing (joined to its conversation) lets its channel's readers read it."""
    return and_(
        col(Surfacing.removed_at).is_(None),
        or_(~col(Conversation.restricted), col(Surfacing.channel_id) == Conversation.channel_id),
    )


def showing(conversation_id: int) -> Select[int]:
    """The channels whose readers may read the conversation because it is surfaced there, in order.

    Every event about a conversation goes to these topics and to no other channel's: a restricted one is still
    surfaced in channels that may no longer hear of it.
    """
    return (
        select(col(Surfacing.channel_id))
        .join(Conversation, col(Conversation.id) == Surfacing.conversation_id)
        .where(col(Surfacing.conversation_id) == conversation_id, stands())
        .order_by(col(Surfacing.channel_id))
    )


def is_guest() -> ColumnElement[bool]:
    """The condition that a person is a guest."""
    return exists().where(col(RoleGrant.person_id) == Person.id, col(RoleGrant.role) == "guest").correlate(Person)


def reads(conversation: Conversation) -> ColumnElement[bool]:
    """The same rule as `visible`, seen from the person: who may read `conversation`, guests left out by `is_guest`."""
    lead = (
        exists().where(col(RoleGrant.person_id) == Person.id, col(RoleGrant.role) == "customer_lead").correlate(Person)
    )
    watches = (
        exists()
        .where(col(Watch.conversation_id) == conversation.id, col(Watch.person_id) == Person.id)
        .correlate(Person)
    )
    member = (
        exists()
        .where(
            col(Membership.channel_id) == Channel.id,
            col(Membership.person_id) == Person.id,
            col(Membership.until).is_(None),
        )
        .correlate(Channel, Person)
    )
    surfaced = (
        exists()
        .where(
            col(Channel.id).in_(showing(conversation.id or 0)),
            or_(col(Channel.kind).in_(("open", "announcement")), member),
        )
        .correlate(Person)
    )
    return or_(lead, watches, surfaced, func.coalesce(col(Person.id) == conversation.assignee_id, false()))


def readable(actor: Actor) -> Select[Conversation]:
    """Every conversation that `actor` may read; queues, counts, contacts and previews start here."""
    return select(Conversation).where(visible(actor))


def readable_messages(actor: Actor) -> Select[Message]:
    """Every message of the conversations that `actor` may read."""
    return select(Message).join(Conversation, col(Conversation.id) == Message.conversation_id).where(visible(actor))


def readable_message_files(actor: Actor) -> Select[MessageFile]:
    """Every file that came or went with a message that `actor` may read."""
    return (
        select(MessageFile)
        .join(Message, col(Message.id) == MessageFile.message_id)
        .join(Conversation, col(Conversation.id) == Message.conversation_id)
        .where(visible(actor))
    )


def readable_replies(actor: Actor) -> Select[Reply]:
    """Every reply, also one still on its way, of the conversations that `actor` may read."""
    return select(Reply).join(Conversation, col(Conversation.id) == Reply.conversation_id).where(visible(actor))


def readable_contacts(actor: Actor) -> Select[Contact]:
    """The contacts with whom `actor` may read at least one conversation; all for customer leads."""
    if actor.guest:
        return select(Contact).where(false())
    if actor.has("customer_lead"):
        return select(Contact)
    met = (
        exists()
        .where(
            col(ContactIdentity.contact_id) == Contact.id,
            col(Conversation.identity_id) == ContactIdentity.id,
            visible(actor),
        )
        .correlate(Contact)
    )
    return select(Contact).where(met)


def writable_sources(actor: Actor) -> Select[Source]:
    """The sources in whose name `actor` may write first: those their own channels listen to; all for customer leads."""
    if actor.guest:
        return select(Source).where(false())
    if actor.has("customer_lead"):
        return select(Source)
    listens = (
        exists()
        .where(
            col(Stream.source_id) == Source.id,
            col(Stream.removed_at).is_(None),
            col(Membership.channel_id) == Stream.channel_id,
            col(Membership.person_id) == actor.person_id,
            col(Membership.until).is_(None),
        )
        .correlate(Source)
    )
    return select(Source).where(listens)


def may_act(actor: Actor) -> None:
    """Refuse unless `actor`, who may read a conversation, may also steer it: claim, assign, resolve, surface."""
    if actor.guest:
        raise Forbidden("Guests do not answer customers.", code="guest")


def may_answer(actor: Actor, conversation: Conversation) -> None:
    """Refuse unless `actor`, who may read the conversation, may also answer it."""
    may_act(actor)
    if conversation.state == "spam":
        raise Forbidden("This is marked as spam. Take the mark away to answer it.", code="spam")


def may_restrict(actor: Actor, conversation: Conversation, member: Membership | None) -> None:
    """Refuse unless `actor` may narrow the conversation or widen it again.

    Customer leads, and of the owning channel (`member` is the actor's membership of it) its owners and whoever is the
    assignee. Any reader may assign a conversation to themselves; that alone must not shut out other channels' readers.
    """
    may_act(actor)
    belongs = member is not None and member.channel_id == conversation.channel_id
    decides = member is not None and (member.role == "owner" or conversation.assignee_id == actor.person_id)
    if not (actor.has("customer_lead") or (belongs and decides)):
        raise Forbidden(
            "Only customer leads, and in the channel it belongs to its owners and the assignee, may restrict this.",
            code="may_not_restrict",
        )


def may_take_back(actor: Actor, reply: Reply) -> None:
    """Refuse unless `actor` may undo the reply: whoever wrote it, or a customer lead."""
    if reply.author_id != actor.person_id and not actor.has("customer_lead"):
        raise Forbidden("Only the author may take this reply back.", code="not_the_author")


def may_manage_streams(actor: Actor, channel: Channel, member: Membership | None) -> None:
    """Refuse unless `actor` may let the channel listen: its owners and customer leads."""
    if actor.guest:
        raise Forbidden("Guests do not answer customers.", code="guest")
    if channel.archived_at is not None:
        raise Forbidden("This channel is archived. It can be read, not changed.", code="channel_archived")
    if not (actor.has("customer_lead") or (member is not None and member.role == "owner")):
        raise Forbidden("Only owners of this channel and customer leads change its streams.", code="not_an_owner")


def may_manage_sources(actor: Actor) -> None:
    """Refuse unless `actor` may connect sources."""
    if not actor.has("customer_lead", "it_admin"):
        raise Forbidden("Only customer leads and IT admins connect sources.", code="not_a_customer_lead")


def readable_streams(actor: Actor) -> Select[Stream]:
    """The streams of channels that `actor` may read."""
    return (
        select(Stream)
        .join(Channel, and_(col(Channel.id) == Stream.channel_id))
        .where(channels.visible(actor), col(Stream.removed_at).is_(None), true() if not actor.guest else false())
    )
