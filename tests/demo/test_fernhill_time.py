"""When things happened at Fernhill, whatever the time of day it is seeded."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from demo.fernhill_house import FERNHILL
from parley.demo.fernhill import Moment

NOWS = [
    *(datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=37 * step) for step in range(40)),
    *(datetime(2027, 3, 28, tzinfo=UTC) + timedelta(minutes=61 * step) for step in range(30)),
]


def test_what_is_due_is_due_after_it_was_said() -> None:
    for now in NOWS[::7]:
        for post in FERNHILL.posts:
            for due in (post.acknowledge_by, post.closes, post.starts):
                assert due is None or due.on(now) > post.when.on(now), post.key


@pytest.mark.parametrize("now", NOWS[::3], ids=lambda now: now.strftime("%d-%H%M"))
def test_time_runs_forward_and_never_past_now(now: datetime) -> None:
    threads = [[post.when, *(comment.when for comment in post.comments)] for post in FERNHILL.posts]
    for conversation in FERNHILL.conversations:
        threads.append([message.when for message in conversation.messages])
        threads.append([comment.when for comment in conversation.discussion])
        began = conversation.messages[0].when
        threads.extend([began, place.when] for place in conversation.surfacings)
        threads.extend([began, comment.when] for comment in conversation.discussion[:1])
    for thread in filter(None, threads):
        instants = [moment.on(now) for moment in thread]
        assert all(earlier <= later for earlier, later in pairwise(instants)), thread
        assert instants[-1] <= now, thread


def test_today_is_fresh_and_after_yesterday() -> None:
    for now in NOWS:
        moments = [post.when for post in FERNHILL.posts]
        today = [moment.on(now) for moment in moments if moment.days_ago == 0]
        before = [moment.on(now) for moment in moments if moment.days_ago > 0]
        assert now - min(today) <= timedelta(hours=2)
        assert max(before) < min(today)


def test_moment_counts_days_on_the_authors_wall() -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert Moment(1, "17:20", "Europe/Brussels").on(noon) == datetime(2026, 11, 20, 16, 20, tzinfo=UTC)
    assert Moment(0, "08:40", "Europe/London").on(noon) == datetime(2026, 11, 21, 11, 40, tzinfo=UTC)
    assert Moment(0, "09:40", "Europe/Brussels").on(noon) == datetime(2026, 11, 21, 11, 40, tzinfo=UTC)
    assert Moment(2, "23:50", "Europe/London").later(20) == Moment(1, "00:10", "Europe/London")
