"""The acts of `test_unread_machine`, and with them threads and Catch-up: what waits is what opens, and all of it clears.

However several persons comment, follow, put off, take back and mark as read: the number in the rail, the list and the
counts of threads agree with each other and with a count one by one; everything marked as read leaves nothing; taking
that back leaves everything as it was.
"""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlmodel import col

from cast import Cast
from feed.test_unread_machine import PEOPLE, PERSONS, POSTS, Reading
from parley.app import composition
from parley.channels import unread as counting
from parley.core.machine import build
from parley.core.settings import Settings
from parley.feed import catch_up
from parley.feed import catch_up_service as service
from parley.kit import clock
from parley.models.channels import Channel
from parley.models.posts import Comment, Post
from parley.models.threads import ThreadFollow
from parley.notifications import queries as bell
from parley.people import circle as circles
from parley.policy import posts as policy
from parley.posts import threads
from parley.posts.service import comments, following
from parley.posts.service.words import prepare
from stage import RACES

REAL_NOW = clock.now
MINUTES = st.sampled_from([5, 60, 600])


class CatchingUp(Reading):
    """Five persons who also talk, follow, catch up and change their minds."""

    def __init__(self, *given) -> None:
        super().__init__(*given)
        self.acts: dict[str, list[int]] = {name: [] for name in PEOPLE}
        self.ahead = timedelta()
        clock.now = lambda: REAL_NOW() + self.ahead

    def teardown(self) -> None:
        clock.now = REAL_NOW

    def on_comment(self, place: int, act) -> None:
        async def work(unit, channel: Channel) -> None:
            statement = (
                select(Comment)
                .join(Post, col(Post.thread_id) == Comment.thread_id)
                .where(col(Post.channel_id) == channel.id)
                .order_by(col(Comment.id))
            )
            found = (await unit.session.execute(statement)).scalars().all()
            if found:
                await act(unit, found[place % len(found)])

        self.do(work)

    # what people do in threads

    @rule(name=PERSONS, place=POSTS, named=st.lists(PERSONS, max_size=1))
    def comment(self, name: str, place: int, named: list[str]) -> None:
        words = prepare("Well " + " ".join(f"@{other}" for other in named))
        self.on(
            place,
            lambda unit, post: comments.publish(unit, self.who(name).actor, thread_id=post.thread_id, words=words),
        )

    @rule(place=POSTS, named=PERSONS)
    def name_somebody_later(self, place: int, named: str) -> None:
        words = prepare(f"Rather @{named}")
        self.on_comment(place, lambda unit, it: comments.edit(unit, self.author(it), it.id, words))

    @rule(place=POSTS, undo=st.booleans())
    def take_away(self, place: int, undo: bool) -> None:
        self.on_comment(place, lambda unit, it: comments.remove(unit, self.cast.alice.actor, it.id, undo=undo))

    @rule(name=PERSONS, place=POSTS, on=st.booleans())
    def follow_thread(self, name: str, place: int, on: bool) -> None:
        self.on(place, lambda unit, post: following.follow(unit, self.who(name).actor, post.thread_id, on=on))

    @rule(name=PERSONS, place=POSTS, back=st.booleans())
    def read_thread(self, name: str, place: int, back: bool) -> None:
        actor = self.who(name).actor

        async def act(unit, it: Comment) -> None:
            if back:
                await following.unread_from(unit, actor, it.id)
            else:
                await following.find(unit, actor, it.thread_id)
                await following.read(unit, actor.person_id, it.thread_id, it.id)

        self.on_comment(place, act)

    @rule(name=PERSONS, whom=PERSONS, inner=st.booleans())
    def circle(self, name: str, whom: str, inner: bool) -> None:
        self.do(lambda unit, _: circles.choose(unit, self.who(name).actor, self.who(whom).id, on=inner))

    # what they do in Catch-up

    def waiting(self, name: str) -> list[catch_up.Thing]:
        async def look() -> list[catch_up.Thing]:
            async with self.machine.database.reading() as session:
                return await self._things(session, name)

        return self.loop.run(look())

    async def _things(self, session, name: str) -> list[catch_up.Thing]:
        actor = self.who(name).actor
        return await catch_up.things(session, actor, await counting.unread(session, actor))

    @rule(name=PERSONS, place=POSTS, minutes=MINUTES, put_off=st.booleans())
    def decide(self, name: str, place: int, minutes: int, put_off: bool) -> None:
        found, actor = self.waiting(name), self.who(name).actor
        if not found:
            return
        thing = found[place % len(found)]

        async def act(unit, _) -> None:
            if put_off:
                until = unit.now + timedelta(minutes=minutes)
                made = await service.later(unit, actor, thing.kind, thing.id, until)
            else:
                made = await service.done(unit, actor, [(thing.kind, thing.id)])
            self.acts[name].append(made)

        self.do(act)
        left = {(one.kind, one.id) for one in self.waiting(name)}
        assert (thing.kind, thing.id) not in left, f"{thing} is still there"

    @rule(name=PERSONS)
    def take_back(self, name: str) -> None:
        if self.acts[name]:
            act = self.acts[name].pop()
            self.do(lambda unit, _: service.take_back(unit, self.who(name).actor, act))

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.ahead += timedelta(minutes=minutes)

    @rule(name=PERSONS, scope=st.sampled_from(service.SCOPES))
    def mark_all(self, name: str, scope: str) -> None:
        actor, before = self.who(name).actor, self.waiting(name)
        made: list[int] = []

        async def act(unit, _) -> None:
            made.append(await service.read_all(unit, actor, scope))

        self.do(act)
        after = self.waiting(name)
        if scope == "everything":
            assert after == []
        assert scope != "threads" or not [one for one in after if one.kind == "thread" and one.until is None]
        assert scope != "channels" or not [one for one in after if one.kind == "channel" and one.until is None]

        async def numbers() -> None:
            async with self.machine.database.reading() as session:
                if scope == "everything":
                    assert await bell.unread(session, actor) == 0
                if scope in {"channels", "everything"}:
                    assert counting.total(await counting.unread(session, actor)) == 0
                if scope in {"threads", "everything"}:
                    assert await threads.count_unread(session, actor) == 0

        self.loop.run(numbers())
        self.do(lambda unit, _: service.take_back(unit, actor, made[0]))
        assert set(self.waiting(name)) == set(before), "taken back, everything is as it was"

    # what must hold

    @invariant()
    def the_rail_the_list_and_the_threads_agree(self) -> None:
        if hasattr(self, "channel"):
            self.loop.run(self._agree())

    async def _agree(self) -> None:
        async with self.machine.database.reading() as session:
            for name in PEOPLE:
                actor = self.who(name).actor
                found = await self._things(session, name)
                assert len({(thing.kind, thing.id) for thing in found}) == len(found), "each thing once"
                unread = {row.channel_id: row.count for row in await counting.unread(session, actor)}
                shown = await catch_up.numbers(session, actor, unread)
                assert shown.total(unread) == len(found), name
                assert shown.bell == await bell.unread(session, actor)
                assert await self._threads(session, name) == await self._one_by_one(session, name), name

    async def _threads(self, session, name: str) -> dict[int, int]:
        rows, _ = await threads.followed(session, self.who(name).actor, only_unread=True, limit=200)
        return {row.id: row.unread for row in rows}

    async def _one_by_one(self, session, name: str) -> dict[int, int]:
        """Count each comment that the person can open, in a thread they follow, after the last they have read."""
        someone = self.who(name)
        follows = (
            await session.execute(
                select(ThreadFollow).where(col(ThreadFollow.person_id) == someone.id, col(ThreadFollow.following))
            )
        ).scalars()
        read = {row.thread_id: row.read_id for row in follows}
        gone = set(
            (
                await session.execute(
                    select(col(Post.thread_id)).where(
                        col(Post.removed_at).is_not(None), col(Post.kind) != "conversation"
                    )
                )
            ).scalars()
        )
        count: dict[int, int] = {}
        for comment in (await session.execute(policy.readable_comments(someone.actor))).scalars():
            mine = comment.thread_id in read and comment.thread_id not in gone
            if (
                mine
                and comment.id > read[comment.thread_id]
                and comment.author_id != someone.id
                and not comment.removed_at
            ):
                count[comment.thread_id] = count.get(comment.thread_id, 0) + 1
        return count


@pytest.mark.parametrize("databases", RACES, indirect=True)
def test_what_waits_opens_and_clears(settings: Settings, cast: Cast) -> None:
    profile = hypothesis_settings()
    few = 16 if settings.embedded else 50
    with asyncio.Runner() as loop:
        machine = build(settings)
        house = composition.compose(machine)
        run_state_machine_as_test(
            lambda: CatchingUp(machine, cast, loop),
            settings=hypothesis_settings(profile, max_examples=profile.max_examples // few, stateful_step_count=40),
        )
        loop.run(house.close())
        loop.run(machine.close())
