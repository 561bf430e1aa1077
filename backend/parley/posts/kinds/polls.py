"""Polls: each voter's choice as rows that can only be there once; what an anonymous voter chose leads back to nobody."""

import hmac
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from parley.core.unit import Unit
from parley.events.kinds import PollClosed, PollVoted, PostMarked
from parley.kit.errors import Conflict, Invalid
from parley.models.kinds import Poll, PollOption, Vote
from parley.policy import channels as channel_policy
from parley.policy import kinds as policy
from parley.policy.actor import Actor
from parley.posts.kinds.finding import OtherKind, of_kind


def voter(poll: Poll, person_id: int, key: bytes) -> str:
    """Return how a person is written beside their choice: their id, or in an anonymous poll a seal made with `key`."""
    if not poll.anonymous:
        return str(person_id)
    return hmac.digest(key, f"ballot:{poll.post_id}:{person_id}".encode(), "sha256").hex()


def is_over(closes_at: datetime | None, closed_at: datetime | None, now: datetime) -> bool:
    """Whether a poll takes no more votes: closed by hand, or its time has come."""
    return closed_at is not None or (closes_at is not None and closes_at <= now)


async def vote(unit: Unit, actor: Actor, post_id: int, option_ids: Collection[int], key: bytes) -> None:
    """Let `option_ids` be what `actor` chooses, instead of what they chose before; none takes the vote back.

    Voters of one poll take turns on its row, so no vote is lost and none comes after the close.
    """
    found = await of_kind(unit, actor, post_id, "poll")
    channel_policy.may_comment(actor, found.channel, found.mine)
    poll = await _held(unit, post_id)
    if is_over(poll.closes_at, poll.closed_at, unit.now):
        raise Conflict("This poll is closed.", code="poll_closed")
    options = (
        await unit.session.execute(select(col(PollOption.id)).where(col(PollOption.post_id) == post_id))
    ).scalars()
    wanted = set(option_ids)
    if not wanted <= set(options):
        raise Invalid(fields={"option_ids": "Choose from the options of this poll."})
    if len(wanted) > 1 and not poll.multiple:
        raise Invalid(fields={"option_ids": "Choose one option."})
    who = voter(poll, actor.person_id, key)
    mine = (col(Vote.post_id) == post_id, col(Vote.voter) == who)
    before = set((await unit.session.execute(select(col(Vote.option_id)).where(*mine))).scalars())
    if before == wanted:
        return
    await unit.session.execute(delete(Vote).where(*mine, col(Vote.option_id).in_(before - wanted)))
    for option in sorted(wanted - before):
        await unit.session.execute(insert(Vote).values(post_id=post_id, option_id=option, voter=who))
    for changed, step in ((wanted - before, 1), (before - wanted, -1)):
        await unit.session.execute(
            update(PollOption)
            .where(col(PollOption.id).in_(changed))
            .values(votes=col(PollOption.votes) + step)
            .execution_options(synchronize_session=False)
        )
    poll.voters += bool(wanted) - bool(before)
    unit.session.add(poll)
    await unit.emit(PollVoted(channel_id=found.post.channel_id, post_id=post_id))
    await unit.emit(PostMarked(person_id=actor.person_id, post_id=post_id))


async def close(unit: Unit, actor: Actor, post_id: int) -> None:
    """Take no more votes from now on; a closed poll stays as it is."""
    found = await of_kind(unit, actor, post_id, "poll")
    policy.may_close(actor, found.post.author_id, found.mine)
    poll = await _held(unit, post_id)
    if not is_over(poll.closes_at, poll.closed_at, unit.now):
        poll.closed_at = unit.now
        unit.session.add(poll)
        await unit.emit(PollClosed(channel_id=found.post.channel_id, post_id=post_id))


async def _held(unit: Unit, post_id: int) -> Poll:
    poll: Poll | None = (
        await unit.session.execute(select(Poll).where(col(Poll.post_id) == post_id).with_for_update())
    ).scalar_one_or_none()
    if poll is None:  # one that was written before polls could be voted on
        raise OtherKind
    return poll
