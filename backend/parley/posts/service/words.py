"""What somebody wrote, made ready outside the unit of work and tied to persons and channels inside it."""

import asyncio
import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlmodel import col

from parley.core.unit import Unit
from parley.kit import markup
from parley.kit.errors import Conflict, Invalid
from parley.kit.text import clean_line
from parley.models.channels import Channel, Membership
from parley.models.customers import Conversation
from parley.models.identity import Person, RoleGrant
from parley.models.notifications import Notification
from parley.models.people import Profile, Team
from parley.policy import customers

_TEAM = "team/"
TITLE_LIMIT = 200
LONG = 4_000
CROWD = 30
"""A text that would tell more persons than this asks first."""
MOST_TOLD = 500
"""What concerns more is posted where they read; each of them costs a row in the transaction."""


class Crowd(Conflict):
    """409: a text that would tell so many was not confirmed; nothing was stored."""

    code = "crowd"
    sentence = "This tells %(count)s persons. Send anyway?"


class OtherContent(Conflict):
    """409: the same client id came with other words."""

    code = "client_id_reused"
    sentence = "This was already sent with other words. Copy your text and write it as a new one."


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a body, cleaned and rendered; `html` still has placeholders for names.

    `named` are handles of persons and teams, those written as a team's with `team/` before them. A text that is not
    `confirmed` is refused when it would tell a crowd.
    """

    title: str
    body: str
    html: str
    named: frozenset[str]
    channels: frozenset[str]
    hash: str
    confirmed: bool = True


def prepare(
    body: str,
    *,
    title: str = "",
    kind: str = "",
    files: tuple[int, ...] = (),
    required: bool = True,
    confirmed: bool = True,
) -> Words:
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
        names_in(rendered),
        frozenset(mention.name for mention in rendered.mentions if mention.kind == "channel"),
        digest,
        confirmed,
    )


def names_in(rendered: markup.Rendered) -> frozenset[str]:
    """Return the handles of persons and teams that a text names."""
    return frozenset(
        f"{_TEAM}{mention.name}" if mention.kind == "team" else mention.name
        for mention in rendered.mentions
        if mention.kind != "channel"
    )


async def ready(
    body: str,
    *,
    title: str = "",
    kind: str = "",
    files: tuple[int, ...] = (),
    required: bool = True,
    confirmed: bool = True,
) -> Words:
    """Do what `prepare` does without holding up the others: a long text takes a tenth of a second."""
    if len(body) < LONG:
        return prepare(body, title=title, kind=kind, files=files, required=required, confirmed=confirmed)
    return await asyncio.to_thread(
        prepare, body, title=title, kind=kind, files=files, required=required, confirmed=confirmed
    )


def client_uuid(client_id: str | None) -> str | None:
    """Return `client_id` in its usual form; raise `Invalid` unless it is a UUID or nothing."""
    if not client_id:
        return None
    try:
        return str(UUID(client_id))
    except ValueError as error:
        raise Invalid(fields={"client_id": "This is not a UUID."}) from error


async def settle(
    unit: Unit, words: Words, readers: frozenset[int], *, by: int | None = None, about: str = ""
) -> tuple[str, tuple[int, ...]]:
    """Put present names into the text; return its HTML and those of its `readers` that are to be told, but for `by`.

    A private channel is not made a link: its very name is for its members. `about` is what those were told who know of
    an earlier wording. Raises `Crowd`.
    """
    persons: dict[str, tuple[int, str]] = {}
    teams: dict[str, tuple[int, str]] = {}
    if words.named:
        rows = await unit.session.execute(
            select(col(Person.handle), col(Person.id), col(Person.name)).where(
                col(Person.handle).in_(words.named), col(Person.active)
            )
        )
        persons = {row.handle: (row.id, row.name) for row in rows.all()}
        if words.named - persons.keys():
            rows = await unit.session.execute(
                select(col(Team.handle), col(Team.id), col(Team.name)).where(col(Team.handle).in_(_teams(words.named)))
            )
            teams = {row.handle: (row.id, row.name) for row in rows.all()}
    channels: dict[str, tuple[int, str]] = {}
    if words.channels:
        rows = await unit.session.execute(
            select(col(Channel.name_norm), col(Channel.id), col(Channel.name)).where(
                col(Channel.name_norm).in_(words.channels), col(Channel.kind).in_(("open", "announcement"))
            )
        )
        channels = {row.name_norm: (row.id, row.name) for row in rows.all()}
    told = readers - {by}
    if len(told) > CROWD:
        await _ask_about(unit, words, told, about)
    return markup.fill(words.html, persons, channels, teams), tuple(sorted(told))


async def _ask_about(unit: Unit, words: Words, told: frozenset[int], about: str) -> None:
    known = await unit.session.execute(select(col(Notification.person_id)).where(col(Notification.about) == about))
    new = len(told - set(known.scalars())) if about else len(told)
    if new > MOST_TOLD:
        raise Invalid(fields={"body": "This names more than 500 persons. Post it in a channel that they read instead."})
    if new > CROWD and not words.confirmed:
        raise Crowd(count=new)


def _teams(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.removeprefix(_TEAM) for name in names)


def named_by(names: frozenset[str]) -> ColumnElement[bool]:
    """The condition that a person is named: by their handle, or because their team is."""
    in_team = (
        select(col(Profile.person_id))
        .join(Team, col(Team.id) == Profile.team_id)
        .where(col(Team.handle).in_(_teams(names)))
    )
    return or_(col(Person.handle).in_(names), col(Person.id).in_(in_team))


def reads(channel: Channel) -> ColumnElement[bool]:
    """The condition that a person may read `channel`."""
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


async def readers_of(unit: Unit, channel: Channel, names: frozenset[str]) -> frozenset[int]:
    """Return those whom `names` (of persons and teams) mean and who may read `channel`."""
    if not names:
        return frozenset()
    rows = await unit.session.execute(select(col(Person.id)).where(named_by(names), col(Person.active), reads(channel)))
    return frozenset(rows.scalars().all())


async def readers_of_talk(unit: Unit, conversation_id: int, names: frozenset[str]) -> frozenset[int]:
    """Return those whom `names` mean and who may read the discussion of a conversation: never guests."""
    if not names:
        return frozenset()
    conversation = await unit.session.get_one(Conversation, conversation_id)
    rows = await unit.session.execute(
        select(col(Person.id)).where(
            named_by(names), col(Person.active), ~customers.is_guest(), customers.reads(conversation)
        )
    )
    return frozenset(person for person in rows.scalars() if person is not None)
