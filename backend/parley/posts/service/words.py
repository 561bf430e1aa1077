"""What somebody wrote, made ready outside the unit of work and tied to persons and channels inside it."""

import asyncio
import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlmodel import col

from parley.core.unit import Unit
from parley.kit import markup
from parley.kit.errors import Conflict, Invalid
from parley.kit.text import clean_line
from parley.models.channels import Channel, Membership
from parley.models.customers import Conversation
from parley.models.identity import Person, RoleGrant
from parley.policy import customers

TITLE_LIMIT = 200
LONG = 4_000
CROWD = 30
"""More persons than this are not told by one text; the question whether to tell them all comes with its own screen."""


class OtherContent(Conflict):
    """409: the same client id came with other words."""

    code = "client_id_reused"
    sentence = "This was already sent with other words. Copy your text and write it as a new one."


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a body, cleaned and rendered; `html` still has placeholders for names."""

    title: str
    body: str
    html: str
    named: frozenset[str]
    channels: frozenset[str]
    hash: str


def prepare(body: str, *, title: str = "", kind: str = "", files: tuple[int, ...] = (), required: bool = True) -> Words:
    """Clean and render what was typed. Slow work, so it is done before the unit of work opens.

    Raises `Invalid` (empty, too long) with the field, `TooComplex`.
    """
    title = clean_line(title)
    if len(title) > TITLE_LIMIT:
        raise Invalid(fields={"title": "A title has at most 200 characters."})
    try:
        rendered = markup.render(body)
    except Invalid as refusal:
        raise type(refusal)(fields={"body": refusal.sentence}) from refusal
    body = rendered.source.strip()
    if required and not body and not title and not files:
        raise Invalid(fields={"body": "Write something first."})
    digest = hashlib.sha256("\0".join((kind, title, body, *map(str, files))).encode()).hexdigest()
    return Words(
        title,
        body,
        rendered.html,
        frozenset(mention.name for mention in rendered.mentions if mention.kind == "person"),
        frozenset(mention.name for mention in rendered.mentions if mention.kind == "channel"),
        digest,
    )


async def ready(
    body: str, *, title: str = "", kind: str = "", files: tuple[int, ...] = (), required: bool = True
) -> Words:
    """Do what `prepare` does without holding up the others: a long text takes a tenth of a second."""
    if len(body) < LONG:
        return prepare(body, title=title, kind=kind, files=files, required=required)
    return await asyncio.to_thread(prepare, body, title=title, kind=kind, files=files, required=required)


def client_uuid(client_id: str | None) -> str | None:
    """Return `client_id` in its usual form; raise `Invalid` unless it is a UUID or nothing."""
    if not client_id:
        return None
    try:
        return str(UUID(client_id))
    except ValueError as error:
        raise Invalid(fields={"client_id": "This is not a UUID."}) from error


async def settle(unit: Unit, words: Words, readers: frozenset[int]) -> tuple[str, tuple[int, ...]]:
    """Put present names into the text; return its HTML and those of its `readers` that are to be told.

    A private channel is not made a link: its very name is for its members.
    """
    persons: dict[str, tuple[int, str]] = {}
    if words.named:
        rows = await unit.session.execute(
            select(col(Person.handle), col(Person.id), col(Person.name)).where(
                col(Person.handle).in_(words.named), col(Person.active)
            )
        )
        persons = {row.handle: (row.id, row.name) for row in rows.all()}
    channels: dict[str, tuple[int, str]] = {}
    if words.channels:
        rows = await unit.session.execute(
            select(col(Channel.name_norm), col(Channel.id), col(Channel.name)).where(
                col(Channel.name_norm).in_(words.channels), col(Channel.kind).in_(("open", "announcement"))
            )
        )
        channels = {row.name_norm: (row.id, row.name) for row in rows.all()}
    told = sorted(person for person, _ in persons.values() if person in readers)
    return markup.fill(words.html, persons, channels), tuple(told[:CROWD])


async def readers_of(unit: Unit, channel: Channel, handles: frozenset[str]) -> frozenset[int]:
    """Return those persons among `handles` who may read `channel`."""
    if not handles:
        return frozenset()
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
    rule = or_(member, ~guest) if channel.kind in {"open", "announcement"} else member
    rows = await unit.session.execute(
        select(col(Person.id)).where(col(Person.handle).in_(handles), col(Person.active), rule)
    )
    return frozenset(rows.scalars().all())


async def readers_of_talk(unit: Unit, conversation_id: int, handles: frozenset[str]) -> frozenset[int]:
    """Return those persons among `handles` who may read the discussion of a conversation: never guests."""
    if not handles:
        return frozenset()
    conversation = await unit.session.get_one(Conversation, conversation_id)
    rows = await unit.session.execute(
        select(col(Person.id)).where(
            col(Person.handle).in_(handles), col(Person.active), ~customers.is_guest(), customers.reads(conversation)
        )
    )
    return frozenset(person for person in rows.scalars() if person is not None)
