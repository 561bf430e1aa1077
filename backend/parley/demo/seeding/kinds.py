"""What the kinds of posts have beside their words: who acknowledged, voted, comes, was praised, answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from parley.core.unit import Unit
from parley.customers.rows import key
from parley.demo.fernhill import Company, Post
from parley.models.kinds import (
    AcceptedAnswer,
    Addressee,
    Announcement,
    Attendance,
    Occasion,
    Poll,
    PollOption,
    Praised,
    Supersession,
    Vote,
)
from parley.models.posts import Comment
from parley.models.posts import Post as PostRow
from parley.policy.actor import Actor
from parley.posts.kinds import polls
from parley.posts.kinds.given import AnnouncementIn, DecisionIn, EventIn, Given, PollIn, PraiseIn

_LENGTH = 90


def given(entry: Post, actors: Mapping[str, Actor], now: datetime) -> Given:
    """Return what the post of the last hours is published with."""
    match entry.kind:
        case "announcement":
            due = entry.acknowledge_by.on(now) if entry.acknowledge_by else None
            return Given(announcement=AnnouncementIn(due_at=due))
        case "poll":
            closes = entry.closes.on(now) if entry.closes else None
            options = tuple(option.text for option in entry.options)
            return Given(poll=PollIn(options=options, anonymous=entry.anonymous, closes_at=closes))
        case "praise":
            return Given(praise=PraiseIn(person_ids=tuple(actors[name].person_id for name in entry.praised)))
        case "event":
            starts, ends, zone = _times(entry, now)
            return Given(event=EventIn(starts_at=starts, ends_at=ends, zone=zone, location=entry.venue or ""))
        case "decision":
            return Given(decision=DecisionIn())
    return Given()


def _times(entry: Post, now: datetime) -> tuple[datetime, datetime, str]:
    assert entry.starts is not None  # noqa: S101  (an event)
    starts = entry.starts.on(now)
    return starts, starts + timedelta(minutes=entry.minutes or _LENGTH), entry.starts.zone


async def live(
    unit: Unit,
    company: Company,
    actors: Mapping[str, Actor],
    posts: Mapping[str, PostRow],
    now: datetime,
    ballots: bytes,
) -> None:
    """Write what colleagues have done with all posts by `now`; `ballots` seals what anonymous voters chose."""
    people = {name: actor.person_id for name, actor in actors.items()}
    members = {channel.key: [people[name] for name in channel.members] for channel in company.channels}
    known = {name: key(post) for name, post in posts.items()}
    for entry in company.posts:
        post = posts[entry.key]
        match entry.kind:
            case "question":
                await _answer(unit, entry, post, people)
            case "announcement":
                await _acknowledge(unit, entry, post, people, members[entry.channel], now)
            case "poll":
                await _vote(unit, entry, post, people, now, ballots)
            case "praise":
                await _praise(unit, post, [people[name] for name in entry.praised])
            case "event":
                await _attend(unit, entry, post, people, now)
            case "decision":
                if entry.supersedes:
                    unit.session.add(Supersession(old_id=known[entry.supersedes], new_id=key(post)))
    await unit.session.flush()


async def _answer(unit: Unit, entry: Post, post: PostRow, people: Mapping[str, int]) -> None:
    if entry.accepted is None:
        return
    written = await unit.session.execute(
        select(Comment)
        .where(col(Comment.thread_id) == post.thread_id)
        .order_by(col(Comment.created_at), col(Comment.id))
    )
    answer = written.scalars().all()[entry.accepted]
    unit.session.add(
        AcceptedAnswer(
            post_id=key(post), comment_id=key(answer), accepted_by=people[entry.author], accepted_at=answer.created_at
        )
    )


async def _acknowledge(
    unit: Unit, entry: Post, post: PostRow, people: Mapping[str, int], members: Sequence[int], now: datetime
) -> None:
    row = await unit.session.get(Announcement, post.id)
    if row is None:
        due = entry.acknowledge_by.on(now) if entry.acknowledge_by else None
        row = Announcement(post_id=key(post), due_at=due, called_at=now if due and due < now else None)
        asked = [person for person in members if person != people[entry.author]]
        unit.session.add(row)
        await unit.session.flush()
        unit.session.add_all([Addressee(post_id=key(post), person_id=person) for person in asked])
        row.audience = len(asked)
        await unit.session.flush()
    done = {people[name] for name in entry.acknowledged}
    if not entry.acknowledge_by:
        # What asks for nothing and is weeks old has been read by everybody.
        done = set(members)
    asked_rows = await unit.session.execute(
        select(Addressee).where(col(Addressee.post_id) == post.id, col(Addressee.person_id).in_(done))
    )
    for count, addressee in enumerate(asked_rows.scalars(), start=1):
        addressee.acknowledged_at = min(now, post.published_at + timedelta(minutes=11 * count))
        row.acknowledged = count
    await unit.session.flush()


async def _vote(
    unit: Unit, entry: Post, post: PostRow, people: Mapping[str, int], now: datetime, ballots: bytes
) -> None:
    poll = await unit.session.get(Poll, post.id)
    if poll is None:
        closes = entry.closes.on(now) if entry.closes else None
        poll = Poll(
            post_id=key(post),
            anonymous=entry.anonymous,
            closes_at=closes,
            closed_at=closes if closes and closes <= now else None,
        )
        unit.session.add(poll)
        await unit.session.flush()
        unit.session.add_all(
            [
                PollOption(post_id=key(post), place=place, words=option.text)
                for place, option in enumerate(entry.options)
            ]
        )
        await unit.session.flush()
    options = await unit.session.execute(
        select(PollOption).where(col(PollOption.post_id) == post.id).order_by(col(PollOption.place))
    )
    for option, chosen in zip(options.scalars().all(), entry.options, strict=True):
        option.votes = len(chosen.votes)
        poll.voters += len(chosen.votes)
        unit.session.add_all(
            [
                Vote(post_id=key(post), option_id=key(option), voter=polls.voter(poll, people[name], ballots))
                for name in chosen.votes
            ]
        )
    await unit.session.flush()


async def _praise(unit: Unit, post: PostRow, people: Sequence[int]) -> None:
    for person in people:
        if await unit.session.get(Praised, (key(post), person)) is None:
            unit.session.add(Praised(post_id=key(post), person_id=person))


async def _attend(unit: Unit, entry: Post, post: PostRow, people: Mapping[str, int], now: datetime) -> None:
    if await unit.session.get(Occasion, post.id) is None:
        starts, ends, zone = _times(entry, now)
        unit.session.add(
            Occasion(
                post_id=key(post),
                starts_at=starts,
                ends_at=ends,
                zone=zone,
                place=entry.venue or "",
                reminded_at=now if starts <= now else None,
            )
        )
        await unit.session.flush()
    unit.session.add_all(
        [
            Attendance(
                post_id=key(post),
                person_id=people[name],
                # Some are not sure yet, and not all can.
                answer="maybe" if place % 7 == 4 else "no" if place % 7 == 6 else "yes",
                answered_at=post.published_at,
            )
            for place, name in enumerate(entry.going)
        ]
    )
