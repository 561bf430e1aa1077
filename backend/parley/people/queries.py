"""Reads about persons: cards for every face, the directory, one profile."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, func, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.fixed import Fixed, OneOf
from parley.kit.markup import plain_excerpt
from parley.kit.paging import decode_cursor, encode_cursor
from parley.kit.text import initials
from parley.models.channels import Channel, Membership
from parley.models.customers import Conversation
from parley.models.identity import Person
from parley.models.kinds import Praised
from parley.models.people import PersonFollow, Profile, Team
from parley.models.posts import Comment, Post, Reaction
from parley.people.views import DirectoryRow, PersonCard, Praise, ProfileChannel
from parley.policy import channels as channel_policy
from parley.policy import people as policy
from parley.policy import posts as post_policy
from parley.policy.actor import Actor
from parley.policy.prepared import prepared

CARD_COLUMNS: tuple[Any, ...] = (
    col(Person.id),
    col(Person.handle),
    col(Person.name),
    col(Profile.title),
    col(Team.name).label("team"),
    col(Profile.hue),
    col(Profile.face),
    col(Profile.photo_file_id),
)
"""What a card is made of; for statements that select cards together with something else."""
_WORDS = 6
_TITLE, _TEXT = 80, 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What the directory is narrowed to."""

    q: str = ""
    team_id: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Helped:
    """A comment that colleagues called helpful."""

    post_id: int
    comment_id: int
    title: str
    text: str
    at: datetime
    count: int


def with_profile(statement: Select[Any]) -> Select[Any]:
    """Join profile and team to a `statement` on persons."""
    return statement.outerjoin(Profile, col(Profile.person_id) == Person.id).outerjoin(
        Team, col(Team.id) == Profile.team_id
    )


_cards = Fixed(lambda: with_profile(select(*CARD_COLUMNS).select_from(Person)).where(OneOf(col(Person.id), "ids")))


def card(row: Row[Any]) -> PersonCard:
    """Make the card of one row that carries `CARD_COLUMNS`."""
    return PersonCard(
        id=row.id,
        handle=row.handle,
        name=row.name,
        title=row.title or "",
        team=row.team or "",
        initials=initials(row.name),
        hue=row.hue or 1,
        photo_url=_photo_url(row.face, row.photo_file_id),
    )


async def cards(session: AsyncSession, person_ids: Collection[int | None]) -> dict[int, PersonCard]:
    """Return the cards of `person_ids` by id; None and unknown ids are left out. Who may see them is the caller's affair."""
    wanted = {person_id for person_id in person_ids if person_id is not None}
    if not wanted:
        return {}
    return {row.id: card(row) for row in await _cards.rows(session, ids=wanted)}


async def visible_cards(session: AsyncSession, actor: Actor, person_ids: Collection[int]) -> list[PersonCard]:
    """Return the cards of those of `person_ids` whom `actor` may see and who are here, in the given order."""
    if not person_ids:
        return []
    statement = with_profile(select(*CARD_COLUMNS).select_from(Person)).where(
        policy.visible(actor), col(Person.active), col(Person.id).in_(set(person_ids))
    )
    found = {row.id: card(row) for row in (await session.execute(statement)).all()}
    return [found[person_id] for person_id in dict.fromkeys(person_ids) if person_id in found]


async def named(session: AsyncSession, actor: Actor, who: str) -> list[int]:
    """Return the one person that a handle or a full name means; nobody when it is not clear."""
    rule = or_(col(Person.handle) == who.lower(), col(Person.name) == who)
    rows = await session.execute(select(col(Person.id)).where(policy.visible(actor), col(Person.active), rule).limit(2))
    found = [person_id for person_id in rows.scalars() if person_id is not None]
    return found if len(found) == 1 else []


async def followed(session: AsyncSession, actor: Actor) -> list[int]:
    """Return the ids of those whose posts in open channels `actor` hears of."""
    return [row.followed_id for row in await _followed(session, actor)]


@prepared
def _followed(actor: Actor) -> Select[Any]:
    return (
        select(col(PersonFollow.followed_id))
        .join(Person, col(Person.id) == PersonFollow.followed_id)
        .where(col(PersonFollow.follower_id) == actor.person_id, col(Person.active))
        .order_by(col(PersonFollow.followed_id))
    )


async def readable_person(
    session: AsyncSession, actor: Actor, *which: ColumnElement[bool]
) -> tuple[Person, Profile] | None:
    """Return the one person that `which` says, with the profile, if `actor` may see them."""
    row = (
        await session.execute(
            policy.readable(actor)
            .add_columns(Profile)
            .outerjoin(Profile, col(Profile.person_id) == Person.id)
            .where(*which)
        )
    ).one_or_none()
    if row is None:
        return None
    person, profile = row
    return person, profile or Profile(person_id=person.id, updated_at=person.created_at)


async def directory(
    session: AsyncSession, actor: Actor, filters: Filters, limit: int, cursor: str | None = None
) -> tuple[Sequence[DirectoryRow], str | None]:
    """Return a part of the directory by name, and the cursor of the rest."""
    statement = (
        _found(
            with_profile(select(*CARD_COLUMNS, col(Profile.place), col(Profile.ask_me_about)).select_from(Person)),
            actor,
            filters,
        )
        .order_by(col(Person.name), col(Person.id))
        .limit(limit + 1)
    )
    if cursor:
        name, person_id = decode_cursor(cursor, str, int)
        statement = statement.where(tuple_(col(Person.name), col(Person.id)) > tuple_(name, person_id))
    rows = (await session.execute(statement)).all()
    more = encode_cursor(rows[limit - 1].name, rows[limit - 1].id) if len(rows) > limit else None
    return [DirectoryRow(card(row), row.place or "", row.ask_me_about or []) for row in rows[:limit]], more


async def directory_count(session: AsyncSession, actor: Actor, filters: Filters) -> int:
    """Return how many persons the filters find."""
    statement = _found(with_profile(select(func.count(col(Person.id))).select_from(Person)), actor, filters)
    return int((await session.execute(statement)).scalar_one())


async def choices(session: AsyncSession, actor: Actor) -> tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]]:
    """Return the teams and the places of those whom `actor` may see, as (value, words)."""
    base = and_(policy.visible(actor), col(Person.active).is_(True))
    teams = await session.execute(
        select(col(Team.id), col(Team.name))
        .join(Profile, col(Profile.team_id) == Team.id)
        .join(Person, col(Person.id) == Profile.person_id)
        .where(base)
        .distinct()
        .order_by(col(Team.name))
    )
    places = await session.execute(
        select(col(Profile.place))
        .join(Person, col(Person.id) == Profile.person_id)
        .where(base, col(Profile.place) != "")
        .distinct()
        .order_by(col(Profile.place))
    )
    return [(str(row.id), row.name) for row in teams], [(row.place, row.place) for row in places]


async def team_name(session: AsyncSession, team_id: int | None) -> str:
    """Return what the team is called, nothing for none."""
    if team_id is None:
        return ""
    return (await session.execute(select(col(Team.name)).where(col(Team.id) == team_id))).scalar_one_or_none() or ""


async def reports(session: AsyncSession, actor: Actor, person_id: int, limit: int) -> tuple[Sequence[PersonCard], int]:
    """Return some of those who report to `person_id`, and how many they are."""
    where = (col(Profile.manager_id) == person_id, col(Person.active).is_(True), policy.visible(actor))
    rows = (
        await session.execute(
            with_profile(select(*CARD_COLUMNS).select_from(Person))
            .where(*where)
            .order_by(col(Person.name))
            .limit(limit)
        )
    ).all()
    count = (
        await session.execute(with_profile(select(func.count(col(Person.id))).select_from(Person)).where(*where))
    ).scalar_one()
    return [card(row) for row in rows], int(count)


async def channels_of(session: AsyncSession, actor: Actor, person_id: int, limit: int) -> Sequence[ProfileChannel]:
    """Return the channels of `person_id` that `actor` may see, direct ones aside."""
    theirs = select(col(Membership.channel_id)).where(
        col(Membership.person_id) == person_id, col(Membership.until).is_(None)
    )
    rows = await session.execute(
        select(col(Channel.id), col(Channel.name))
        .where(
            col(Channel.id).in_(theirs),
            col(Channel.kind) != "direct",
            col(Channel.archived_at).is_(None),
            channel_policy.visible(actor),
        )
        .order_by(col(Channel.name))
        .limit(limit)
    )
    return [ProfileChannel(row.id, row.name) for row in rows]


async def helpful_answers(session: AsyncSession, actor: Actor, person_id: int, limit: int) -> Sequence[Helped]:
    """Return the newest comments of `person_id` that colleagues called helpful, under posts that `actor` may read."""
    # Aliased, so that the conversations inside the rule of visibility stay its own.
    about = aliased(Conversation)
    rows = await session.execute(
        select(
            func.min(col(Post.id)).label("post_id"),
            col(Comment.id),
            func.min(col(Post.title)).label("title"),
            func.min(col(Post.body_html)).label("post_html"),
            col(Comment.body_html),
            col(Comment.created_at),
            func.min(about.subject).label("subject"),
            func.count(func.distinct(col(Reaction.id))).label("helped"),
        )
        .join(Reaction, col(Reaction.comment_id) == Comment.id)
        .join(Post, col(Post.thread_id) == Comment.thread_id)
        .outerjoin(about, col(about.thread_id) == Comment.thread_id)
        .where(
            col(Comment.author_id) == person_id,
            col(Reaction.emoji) == "helpful",
            col(Comment.removed_at).is_(None),
            col(Reaction.person_id) != person_id,
            col(Post.removed_at).is_(None),
            post_policy.visible(actor),
        )
        .group_by(col(Comment.id), col(Comment.body_html), col(Comment.created_at))
        .order_by(col(Comment.id).desc())
        .limit(limit)
    )
    return [
        Helped(
            row.post_id,
            row.id,
            row.title or row.subject or plain_excerpt(row.post_html or row.body_html, _TITLE),
            plain_excerpt(row.body_html, _TEXT),
            row.created_at,
            row.helped,
        )
        for row in rows
    ]


async def praise_of(session: AsyncSession, actor: Actor, person_id: int, limit: int) -> Sequence[Praise]:
    """Return the newest praise of `person_id` in posts that `actor` may read."""
    author = aliased(Person)
    rows = await session.execute(
        select(col(Post.id), col(Post.title), col(Post.body_html), col(Post.published_at), col(author.name))
        .join(Praised, col(Praised.post_id) == Post.id)
        .join(author, col(author.id) == Post.author_id)
        .where(col(Praised.person_id) == person_id, col(Post.removed_at).is_(None), post_policy.visible(actor))
        .order_by(col(Post.id).desc())
        .limit(limit)
    )
    return [
        Praise(f"/posts/{row.id}", row.title, plain_excerpt(row.body_html, _TEXT), row.name, row.published_at)
        for row in rows
    ]


def _found(statement: Select[Any], actor: Actor, filters: Filters) -> Select[Any]:
    statement = statement.where(policy.visible(actor), col(Person.active).is_(True))
    if filters.team_id is not None:
        statement = statement.where(col(Profile.team_id) == filters.team_id)
    if filters.place:
        statement = statement.where(col(Profile.place) == filters.place)
    for word in filters.q.split()[:_WORDS]:
        statement = statement.where(_says(word))
    return statement


def _says(word: str) -> ColumnElement[bool]:
    """The condition that a word stands in a name, handle, title, team, place, or in what somebody knows."""
    # JSON columns keep other letters than ASCII as escapes.
    escaped = json.dumps(word)[1:-1]
    return or_(
        *(
            column.icontains(word, autoescape=True)
            for column in (col(Person.name), col(Person.handle), col(Profile.title), col(Profile.place), col(Team.name))
        ),
        cast(col(Profile.ask_me_about), String).icontains(escaped, autoescape=True),
    )


def _photo_url(face: str | None, file_id: int | None) -> str | None:
    if file_id is not None:
        return f"/photos/{file_id}"
    return f"/faces/{face}.svg" if face else None
