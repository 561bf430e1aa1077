"""Who it was: who chose what, who comes, who has acknowledged."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.kit.paging import decode_cursor
from parley.models.channels import Membership
from parley.models.identity import Person
from parley.models.kinds import AcceptedAnswer, Addressee, Attendance, Poll, PollOption, Vote
from parley.models.posts import Comment, Post
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.posts.kinds.views import PersonRow

NAMES = 200
Groups = Sequence[tuple[str, int, Sequence[PersonCard]]]
"""What was chosen, how many chose it, and at most `NAMES` of them."""


async def question_of(session: AsyncSession, comment_id: int) -> Any | None:  # noqa: ANN401  (a row)
    """Return the channel, author and accepted comment of the question that a comment stands under; None elsewhere."""
    rows = await session.execute(
        select(col(Post.channel_id), col(Post.author_id), col(AcceptedAnswer.comment_id).label("accepted"))
        .join(Comment, col(Comment.thread_id) == Post.thread_id)
        .outerjoin(AcceptedAnswer, col(AcceptedAnswer.post_id) == Post.id)
        .where(col(Comment.id) == comment_id, col(Comment.removed_at).is_(None), col(Post.kind) == "question")
    )
    return rows.one_or_none()


async def voters(session: AsyncSession, post_id: int) -> Groups:
    """Return who chose what in a poll that the caller has found readable; an anonymous one tells nobody."""
    poll = await session.get(Poll, post_id)
    options = (
        (
            await session.execute(
                select(PollOption).where(col(PollOption.post_id) == post_id).order_by(col(PollOption.place))
            )
        )
        .scalars()
        .all()
    )
    chosen: dict[int, list[int]] = {}
    if poll is not None and not poll.anonymous:
        rows = await session.execute(
            select(col(Vote.option_id), col(Vote.voter)).where(col(Vote.post_id) == post_id).order_by(col(Vote.id))
        )
        for option_id, voter in rows.all():
            chosen.setdefault(option_id, []).append(int(voter))
    return await _named(session, [(option.words, option.votes, chosen.get(option.id or 0, [])) for option in options])


async def guests(session: AsyncSession, post_id: int) -> Groups:
    """Return who answered what to an event that the caller has found readable."""
    said: dict[str, list[int]] = {"yes": [], "maybe": [], "no": []}
    rows = await session.execute(
        select(col(Attendance.answer), col(Attendance.person_id))
        .where(col(Attendance.post_id) == post_id)
        .order_by(col(Attendance.answered_at))
    )
    for answer, person_id in rows.all():
        said[answer].append(person_id)
    return await _named(session, [(answer, len(people), people) for answer, people in said.items()])


async def _named(session: AsyncSession, groups: Sequence[tuple[str, int, list[int]]]) -> Groups:
    people = await cards(session, {person for _, _, ids in groups for person in ids[:NAMES]})
    return [
        (name, count, [people[person] for person in ids[:NAMES] if person in people]) for name, count, ids in groups
    ]


def addressees(post_id: int, channel_id: int, show: str) -> Any:  # noqa: ANN401  (a statement of several columns)
    """Return the statement of those who are missing, have acknowledged (done), or joined later, by name."""
    statement = select(col(Person.id), col(Person.name), col(Person.email), col(Addressee.acknowledged_at))
    mine = (col(Addressee.person_id) == Person.id) & (col(Addressee.post_id) == post_id)
    if show == "later":
        asked = exists().where(mine, ~col(Addressee.later)).correlate(Person)
        member = (
            exists()
            .where(
                col(Membership.channel_id) == channel_id,
                col(Membership.person_id) == Person.id,
                col(Membership.until).is_(None),
            )
            .correlate(Person)
        )
        author = select(col(Post.author_id)).where(col(Post.id) == post_id).scalar_subquery()
        return statement.outerjoin(Addressee, mine).where(
            ~asked, member | col(Addressee.later), col(Person.active), col(Person.id) != author
        )
    done = col(Addressee.acknowledged_at).is_not(None)
    here = statement.join(Addressee, mine).where(~col(Addressee.later))
    if show == "all":
        return here
    return here.where(done) if show == "done" else here.where(~done, col(Person.active))


def after(cursor: str | None) -> tuple[str, int] | None:
    """Return the name and id that `cursor` goes on from; raise `Invalid` for a made-up one."""
    if not cursor:
        return None
    name, person_id = decode_cursor(cursor, str, int)
    return str(name), int(person_id)


async def addressee_rows(
    session: AsyncSession, post_id: int, channel_id: int, show: str, *, after: tuple[str, int] | None, limit: int
) -> tuple[list[PersonRow], tuple[str, int] | None]:
    """Return a part of those rows by name, and where to go on."""
    statement = addressees(post_id, channel_id, show)
    if after is not None:
        name, person_id = after
        statement = statement.where(
            (col(Person.name) > name) | ((col(Person.name) == name) & (col(Person.id) > person_id))
        )
    rows = (await session.execute(statement.order_by(col(Person.name), col(Person.id)).limit(limit + 1))).all()
    people = await cards(session, {row.id for row in rows[:limit]})
    shown = [PersonRow(people[row.id], row.acknowledged_at) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return shown, (last.name, last.id) if last is not None else None


async def count_addressees(session: AsyncSession, post_id: int, channel_id: int, show: str) -> int:
    """Count those rows."""
    rows = addressees(post_id, channel_id, show).subquery()
    return int((await session.execute(select(func.count()).select_from(rows))).scalar_one())
