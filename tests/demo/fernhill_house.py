"""Who is who in the demo company, and who may read what: shared by its tests."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from parley.demo.fernhill import Channel, Conversation, company

FERNHILL = company()
PERSONS = {person.key: person for person in FERNHILL.persons}
CHANNELS = {channel.key: channel for channel in FERNHILL.channels}
CONTACTS = {contact.key: contact for contact in FERNHILL.contacts}
SOURCES = {source.key: source for source in FERNHILL.sources}
CONVERSATIONS = {conversation.key: conversation for conversation in FERNHILL.conversations}
POSTS = {post.key: post for post in FERNHILL.posts}

MEANINGFUL = {"helpful", "on-it", "seen", "customer-answered"}


def texts(value: object) -> Iterator[str]:
    """Every string somewhere inside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))


def may_read(person: str, channel: Channel) -> bool:
    """Open channels and notices are there for all colleagues, the rest, and guests, by membership."""
    if channel.kind in {"open", "announcement"} and "guest" not in PERSONS[person].roles:
        return True
    return person in channel.members


def reaches(person: str, conversation: Conversation) -> bool:
    """A reader of a channel it is surfaced in, the one who has it, a watcher, or a customer lead."""
    rooms = {SOURCES[conversation.source].channel, *(place.channel for place in conversation.surfacings)}
    return (
        any(may_read(person, CHANNELS[room]) for room in rooms)
        or person in {conversation.claimed_by, *conversation.watchers}
        or "customer_lead" in PERSONS[person].roles
    )
