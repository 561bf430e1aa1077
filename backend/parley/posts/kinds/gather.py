"""What the posts of a feed have beside their words: one statement for each kind that is among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.kit import clock
from parley.kit.markup import plain_excerpt
from parley.models.identity import Person
from parley.models.kinds import (
    AcceptedAnswer,
    Announcement,
    Attendance,
    Occasion,
    Poll,
    PollOption,
    Praised,
    Supersession,
)
from parley.models.posts import Comment, Post
from parley.people.views import PersonCard
from parley.posts.kinds import clocks, polls
from parley.posts.kinds.views import (
    AnnouncementView,
    AnswerView,
    DecisionRef,
    DecisionView,
    EventView,
    KindView,
    OptionView,
    PollView,
    PraiseView,
    QuestionView,
)

_ANSWER = 600


@dataclass(slots=True)
class Gathered:
    """What was read, and whose cards are needed to show it."""

    people: set[int] = field(default_factory=set)
    answers: dict[int, Any] = field(default_factory=dict)
    praised: dict[int, list[int]] = field(default_factory=dict)
    ready: dict[int, KindView] = field(default_factory=dict)

    def view(self, post_id: int, kind: str, cards: Mapping[int, PersonCard]) -> KindView | None:
        """Return what a post of `kind` shows; None for a plain one."""
        if kind == "question":
            row = self.answers.get(post_id)
            author = cards.get(row.author_id) if row else None
            if row is None or author is None:
                return QuestionView(None)
            return QuestionView(
                AnswerView(row.comment_id, author, plain_excerpt(row.body_html, _ANSWER), row.name.split()[0])
            )
        if kind == "praise":
            return PraiseView([cards[person] for person in self.praised.get(post_id, ()) if person in cards])
        return self.ready.get(post_id)


async def gather(session: AsyncSession, rows: Sequence[Any]) -> Gathered:
    """Read what posts show beside their words; each of `rows` has an id, a kind and whether it was removed."""
    found = Gathered()
    wanted: dict[str, list[int]] = {}
    for row in rows:
        if row.removed_at is None:
            wanted.setdefault(row.kind, []).append(row.id)
    for kind, read in (
        ("question", _questions),
        ("announcement", _announcements),
        ("poll", _polls),
        ("praise", _praise),
        ("event", _events),
        ("decision", _decisions),
    ):
        if kind in wanted:
            await read(session, wanted[kind], found)
    return found


async def _questions(session: AsyncSession, ids: Sequence[int], found: Gathered) -> None:
    rows = await session.execute(
        select(
            col(AcceptedAnswer.post_id),
            col(AcceptedAnswer.comment_id),
            col(Comment.author_id),
            col(Comment.body_html),
            col(Person.name),
        )
        .join(Comment, col(Comment.id) == AcceptedAnswer.comment_id)
        .join(Person, col(Person.id) == AcceptedAnswer.accepted_by)
        .where(col(AcceptedAnswer.post_id).in_(ids), col(Comment.removed_at).is_(None))
    )
    found.answers = {row.post_id: row for row in rows.all()}
    found.people |= {row.author_id for row in found.answers.values()}


async def _announcements(session: AsyncSession, ids: Sequence[int], found: Gathered) -> None:
    rows = (await session.execute(select(Announcement).where(col(Announcement.post_id).in_(ids)))).scalars()
    for row in rows:
        found.ready[row.post_id] = AnnouncementView(row.due_at, row.audience, row.acknowledged, row.changed_after)


async def _polls(session: AsyncSession, ids: Sequence[int], found: Gathered) -> None:
    rows = await session.execute(
        select(Poll, PollOption)
        .join(PollOption, col(PollOption.post_id) == Poll.post_id)
        .where(col(Poll.post_id).in_(ids))
        .order_by(col(PollOption.place))
    )
    options: dict[int, list[OptionView]] = {}
    known: dict[int, Poll] = {}
    for poll, option in rows.all():
        known[poll.post_id] = poll
        options.setdefault(poll.post_id, []).append(OptionView(option.id, option.words, option.votes))
    now = clock.now()
    for post_id, poll in known.items():
        found.ready[post_id] = PollView(
            options[post_id],
            poll.multiple,
            poll.anonymous,
            poll.closes_at,
            polls.is_over(poll.closes_at, poll.closed_at, now),
            poll.voters,
        )


async def _praise(session: AsyncSession, ids: Sequence[int], found: Gathered) -> None:
    rows = await session.execute(
        select(col(Praised.post_id), col(Praised.person_id))
        .where(col(Praised.post_id).in_(ids))
        .order_by(col(Praised.person_id))
    )
    for post_id, person_id in rows.all():
        found.praised.setdefault(post_id, []).append(person_id)
        found.people.add(person_id)


async def _events(session: AsyncSession, ids: Sequence[int], found: Gathered) -> None:
    count = func.count(col(Attendance.person_id))
    rows = await session.execute(
        select(Occasion, col(Attendance.answer), count.label("count"))
        .outerjoin(Attendance, col(Attendance.post_id) == Occasion.post_id)
        .where(col(Occasion.post_id).in_(ids))
        .group_by(col(Occasion.post_id), col(Attendance.answer))
    )
    known: dict[int, Occasion] = {}
    counts: dict[int, dict[str, int]] = {}
    for occasion, answer, number in rows.all():
        known[occasion.post_id] = occasion
        counts.setdefault(occasion.post_id, {})[answer or ""] = number
    for post_id, occasion in known.items():
        found.ready[post_id] = event_view(occasion, counts[post_id])


def event_view(occasion: Occasion, counts: Mapping[str, int]) -> EventView:
    """Return how an event is shown, with how many gave each answer."""
    there = ZoneInfo(occasion.zone)
    return EventView(
        starts_at=occasion.starts_at,
        ends_at=occasion.ends_at,
        there_starts=occasion.starts_at.astimezone(there),
        there_ends=occasion.ends_at.astimezone(there),
        zone=occasion.zone,
        town=occasion.zone.rpartition("/")[2].replace("_", " "),
        twice=clocks.comes_twice(occasion.starts_at, occasion.zone),
        place=occasion.place,
        link=occasion.place if occasion.place.startswith(("https://", "http://")) and " " not in occasion.place else "",
        over=occasion.ends_at <= clock.now(),
        yes=counts.get("yes", 0),
        maybe=counts.get("maybe", 0),
        no=counts.get("no", 0),
    )


async def _decisions(session: AsyncSession, ids: Sequence[int], found: Gathered) -> None:
    """Both ends of each replacement; one that stands in another channel by now is not named."""
    old, new = aliased(Post), aliased(Post)
    rows = await session.execute(
        select(
            col(Supersession.old_id),
            col(Supersession.new_id),
            col(old.title).label("old_title"),
            col(new.title).label("new_title"),
            col(old.removed_at).label("old_removed"),
            col(new.removed_at).label("new_removed"),
        )
        .join(old, col(old.id) == Supersession.old_id)
        .join(new, col(new.id) == Supersession.new_id)
        .where(
            col(Supersession.old_id).in_(ids) | col(Supersession.new_id).in_(ids),
            col(old.channel_id) == col(new.channel_id),
        )
    )
    before: dict[int, DecisionRef] = {}
    after: dict[int, DecisionRef] = {}
    for row in rows.all():
        if row.new_removed is None:
            after[row.old_id] = DecisionRef(row.new_id, row.new_title)
        if row.old_removed is None:
            before[row.new_id] = DecisionRef(row.old_id, row.old_title)
    for post_id in ids:
        found.ready[post_id] = DecisionView(before.get(post_id), after.get(post_id))
