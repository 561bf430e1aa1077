"""Random acts of several persons: whatever they do, the number shown is the number of things that open, and it reaches 0."""

import asyncio
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlmodel import col

from cast import Cast, Someone
from parley.app import composition
from parley.channels import unread as counting
from parley.channels.service import lifecycle, membership, reading
from parley.core.machine import Machine, build
from parley.core.settings import Settings
from parley.kit.errors import Problem
from parley.models.channels import Channel, Membership, ReadingPosition
from parley.models.customers import Contact, ContactIdentity, Conversation, Surfacing, Watch
from parley.models.notifications import Notification
from parley.models.posts import Post, Thread
from parley.notifications import service as bell
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.service import publishing
from parley.posts.service.words import prepare
from stage import RACES

PEOPLE = ["alice", "bob", "charlie", "gus", "lea"]
PERSONS = st.sampled_from(PEOPLE)
POSTS = st.integers(0, 20)


class Reading(RuleBasedStateMachine):
    """One new channel for each history; five persons act in it as they may, and are refused where they may not."""

    def __init__(self, machine: Machine, cast: Cast, loop: asyncio.Runner) -> None:
        super().__init__()
        self.machine, self.cast, self.loop = machine, cast, loop
        self.source = cast.ids["source_id"]

    def do(self, work) -> None:
        """Let somebody act; what they may not do changes nothing."""

        async def act() -> None:
            try:
                async with self.machine.units.begin() as unit:
                    await work(unit, await unit.session.get_one(Channel, self.channel))
            except Problem:
                pass

        self.loop.run(act())

    def on(self, place: int, act) -> None:
        """Do something to one of the channel's posts."""

        async def work(unit, channel: Channel) -> None:
            statement = select(Post).where(col(Post.channel_id) == channel.id).order_by(col(Post.number))
            posts = (await unit.session.execute(statement)).scalars().all()
            await act(unit, posts[place % len(posts)])

        self.do(work)

    def author(self, post: Post) -> Actor:
        found = [someone.actor for someone in self.cast.people.values() if someone.id == post.author_id]
        return found[0] if found else self.cast.alice.actor

    def who(self, name: str) -> Someone:
        return self.cast.people[name]

    @initialize(kind=st.sampled_from(["open", "private"]), first=st.lists(PERSONS, min_size=2, max_size=5))
    def begin(self, kind: str, first: list[str]) -> None:
        async def make() -> int:
            async with self.machine.units.begin() as unit:
                made = await lifecycle.create(unit, self.cast.alice.actor, name=f"room {uuid4().hex}", kind=kind)
                for name in PEOPLE[1:]:
                    await membership.add(unit, self.cast.alice.actor, made, self.who(name).id)
                return made.id

        self.channel = self.loop.run(make())
        for name in first:
            self.post(name, [])

    # what people do

    @rule(name=PERSONS, named=st.lists(PERSONS, max_size=2))
    def post(self, name: str, named: list[str]) -> None:
        words = prepare("Hello " + " ".join(f"@{other}" for other in named))
        self.do(
            lambda unit, channel: publishing.publish(unit, self.who(name).actor, channel.id, publishing.Draft(words))
        )

    @rule(place=POSTS, named=PERSONS)
    def edit(self, place: int, named: str) -> None:
        words = prepare(f"Changed @{named}")
        self.on(place, lambda unit, post: publishing.edit(unit, self.author(post), post.id, words))

    @rule(place=POSTS, by_author=st.booleans())
    def remove(self, place: int, by_author: bool) -> None:
        alice = self.cast.alice.actor
        self.on(place, lambda unit, post: publishing.remove(unit, self.author(post) if by_author else alice, post.id))

    @rule(place=POSTS)
    def restore(self, place: int) -> None:
        self.on(place, lambda unit, post: publishing.restore(unit, self.cast.alice.actor, post.id))

    @rule(name=PERSONS, number=st.integers(0, 12))
    def read(self, name: str, number: int) -> None:
        self.do(lambda unit, channel: reading.read(unit, channel, self.who(name).id, number))

    @rule(name=PERSONS, number=st.integers(0, 12))
    def unread_from(self, name: str, number: int) -> None:
        self.do(lambda unit, channel: reading.unread_from(unit, channel, self.who(name).id, number))

    @rule(name=PERSONS, act=st.sampled_from(["join", "let in", "leave"]))
    def come_and_go(self, name: str, act: str) -> None:
        alice, someone = self.cast.alice.actor, self.who(name)
        acts = {
            "join": lambda unit, channel: membership.join(unit, someone.actor, channel),
            "let in": lambda unit, channel: membership.add(unit, alice, channel, someone.id),
            "leave": lambda unit, channel: membership.remove(unit, someone.actor, channel, someone.id),
        }
        self.do(acts[act])

    @rule(name=PERSONS, level=st.sampled_from(["all", "all", "mentions", "mute"]))
    def follow(self, name: str, level: str) -> None:
        self.do(lambda unit, channel: membership.follow(unit, self.who(name).actor, channel, level))

    @rule(name=PERSONS, kind=st.sampled_from(["bell", "open", "private"]))
    def look_at_the_bell_or_open_or_close(self, name: str, kind: str) -> None:
        if kind == "bell":
            self.do(lambda unit, _: bell.read(unit, self.who(name).actor))
        else:
            self.do(lambda unit, channel: lifecycle.change(unit, self.cast.alice.actor, channel, kind=kind))

    # what customers bring

    @rule(by=st.sampled_from([None, "alice", "bob"]), restricted=st.booleans(), owning=st.booleans())
    def surface(self, by: str | None, restricted: bool, owning: bool) -> None:
        async def act(unit, channel) -> None:
            conversation = await self._conversation(
                unit, channel.id if owning else self.cast.channels["care"], restricted
            )
            author = self.who(by).id if by else None
            post = await publishing.surface(
                unit, channel_id=channel.id, thread_id=conversation.thread_id, author_id=author
            )
            unit.session.add(
                Surfacing(
                    conversation_id=conversation.id, channel_id=channel.id, post_id=post.id, person_id=author,
                    surfaced_at=unit.now,
                )
            )  # fmt: skip

        self.do(act)

    @rule(place=POSTS, restricted=st.booleans())
    def restrict(self, place: int, restricted: bool) -> None:
        async def act(unit, post: Post) -> None:
            for conversation in await self._shown(unit, post):
                conversation.restricted = restricted
                unit.session.add(conversation)

        self.on(place, act)

    @rule(name=PERSONS, place=POSTS)
    def watch(self, name: str, place: int) -> None:
        async def act(unit, post: Post) -> None:
            for conversation in await self._shown(unit, post):
                row = Watch(conversation_id=conversation.id, person_id=self.who(name).id, since=unit.now)
                await unit.session.merge(row)

        self.on(place, act)

    async def _shown(self, unit, post: Post) -> list[Conversation]:
        statement = select(Conversation).where(col(Conversation.thread_id) == post.thread_id)
        return list((await unit.session.execute(statement)).scalars())

    async def _conversation(self, unit, owner: int, restricted: bool) -> Conversation:
        contact, thread = Contact(name="Somebody", created_at=unit.now), Thread()
        unit.session.add_all([contact, thread])
        await unit.session.flush()
        address = f"{uuid4().hex}@mail.example.org"
        identity = ContactIdentity(
            contact_id=contact.id, network="email", address=address, address_norm=address, first_seen_at=unit.now
        )
        unit.session.add(identity)
        await unit.session.flush()
        conversation = Conversation(
            source_id=self.source, identity_id=identity.id, thread_id=thread.id, channel_id=owner, restricted=restricted,
            last_message_at=unit.now, created_at=unit.now,
        )  # fmt: skip
        unit.session.add(conversation)
        await unit.session.flush()
        return conversation

    # what must hold

    @invariant()
    def the_number_is_what_opens(self) -> None:
        if hasattr(self, "channel"):
            self.loop.run(self._compare())

    async def _compare(self) -> None:
        async with self.machine.database.reading() as session:
            channel = await session.get_one(Channel, self.channel)
            numbers = (
                await session.execute(select(col(Post.number)).where(col(Post.channel_id) == self.channel))
            ).scalars()
            assert sorted(numbers) == list(range(1, channel.last_number + 1)), "no number twice, none left out"
            for name in PEOPLE:
                shown = await counting.unread(session, self.who(name).actor, self.channel)
                expected = await self._opens(session, name, channel)
                assert (shown[0].count if shown else None) == expected, name

    async def _opens(self, session, name: str, channel: Channel) -> int | None:
        """Count one by one what the person can open and has not read; None for who is no member."""
        someone = self.who(name)
        member = (
            await session.execute(
                select(Membership).where(
                    Membership.channel_id == channel.id,
                    Membership.person_id == someone.id,
                    col(Membership.until).is_(None),
                )
            )
        ).scalar_one_or_none()
        if member is None:
            return None
        position = await session.get(ReadingPosition, (someone.id, channel.id))
        read = position.number if position else 0
        posts = (await session.execute(policy.readable(someone.actor).where(Post.channel_id == channel.id))).scalars()
        left = [
            post for post in posts if post.number > read and post.removed_at is None and post.author_id != someone.id
        ]
        if member.follow == "mentions":
            told = await session.execute(
                select(col(Notification.post_id)).where(
                    Notification.person_id == someone.id, col(Notification.read_at).is_(None),
                    Notification.kind == "mention", col(Notification.comment_id).is_(None),
                )
            )  # fmt: skip
            named = set(told.scalars())
            left = [post for post in left if post.id in named]
        return 0 if member.follow == "mute" else len(left)

    def teardown(self) -> None:
        if not hasattr(self, "channel"):
            return
        for name in PEOPLE:
            self.do(
                lambda unit, channel, name=name: reading.read(unit, channel, self.who(name).id, channel.last_number)
            )
        self.loop.run(self._all_clear())

    @rule(name=PERSONS)
    def open_the_channel(self, name: str) -> None:
        """The line above the first unread post stands there exactly when something is unread."""

        async def look() -> None:
            async with self.machine.database.reading() as session:
                channel = await session.get_one(Channel, self.channel)
                expected = await self._opens(session, name, channel)
                flow = await counting.position(session, self.who(name).actor, channel)
            assert flow.unread == (expected or 0)
            assert bool(expected) is (flow.unread_since is not None)

        self.loop.run(look())

    async def _all_clear(self) -> None:
        async with self.machine.database.reading() as session:
            for name in PEOPLE:
                shown = await counting.unread(session, self.who(name).actor, self.channel)
                assert [row.count for row in shown] in ([], [0]), name
                assert [row.mentions for row in shown] in ([], [0]), name


@pytest.mark.parametrize("databases", RACES, indirect=True)
def test_the_number_is_always_what_opens(settings: Settings, cast: Cast) -> None:
    profile = hypothesis_settings()
    few = 16 if settings.embedded else 50
    with asyncio.Runner() as loop:
        machine = build(settings)
        house = composition.compose(machine)
        run_state_machine_as_test(
            lambda: Reading(machine, cast, loop),
            settings=hypothesis_settings(profile, max_examples=profile.max_examples // few, stateful_step_count=30),
        )
        loop.run(house.close())
        loop.run(machine.close())
