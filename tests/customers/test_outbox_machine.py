"""The outbox under everything that can go wrong: processes die and come back late, servers refuse, people decide.

What must hold: nothing is accepted twice unless a person in doubt asked for it, nothing is lost, and nothing that may
have left is ever shown as not sent.
"""

import asyncio
import atexit
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import update

from customers.desk import Desk, mail, open_desk
from engines import SqliteFiles, settings_for
from parley.core import jobs
from parley.core.machine import build
from parley.customers import composition
from parley.customers.connectors.base import Outbound, SendResult
from parley.customers.house import House
from parley.customers.service import outbox, replies
from parley.kit import clock
from parley.kit.errors import Conflict
from parley.models.customers import Message, Reply, ReplyRecipient

FOLDER = Path(tempfile.mkdtemp(prefix="parley-outbox-"))
FILES = SqliteFiles(FOLDER)
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
POINTS = ("none", "in begin", "before handing over", "after acceptance", "in finish")
OUTCOMES = ("accepted", "temporary", "permanent", "unknown")


class Killed(BaseException):
    """The process died here."""


class FakeServer:
    """A mail server that counts what it accepted, and a process that dies at a chosen point."""

    def __init__(self) -> None:
        self.accepted: Counter[tuple[int, str]] = Counter()
        self.outcomes: list[str] = []
        self.dies = "none"
        self.waiting: asyncio.Event | None = None
        self.go_on: asyncio.Event | None = None

    async def send(self, outbound: Outbound, recipients: Sequence[str]) -> Mapping[str, SendResult]:
        if self.dies == "before handing over":
            raise Killed
        outcomes = [self.outcomes[place % len(self.outcomes)] for place in range(len(recipients))]
        found = {}
        for recipient, outcome in zip(recipients, outcomes, strict=True):
            if outcome in {"accepted", "unknown"}:
                self.accepted[outbound.reply_id, recipient] += 1
            found[recipient] = getattr(SendResult, outcome)(*(("because",) if outcome != "accepted" else ()))
        if self.waiting is not None and self.go_on is not None:
            self.waiting.set()
            await self.go_on.wait()
        if self.dies == "after acceptance":
            raise Killed
        return found


class OutboxMachine(RuleBasedStateMachine):
    replies = Bundle("replies")

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        folder = Path(tempfile.mkdtemp(dir=FOLDER))
        self.server = FakeServer()
        self.asked_again: Counter[int] = Counter()
        self.said_out: set[int] = set()
        self.do(self._open(folder))

    async def _open(self, folder: Path) -> None:
        url = await asyncio.to_thread(FILES.fresh, folder)
        machine = build(settings_for(folder, url, undo_seconds=0))
        customers = composition.join(machine)
        self.desk: Desk = await open_desk(machine, customers, folder)
        first = await self.desk.receive(mail())
        self.conversation = first.conversation_id
        server = self.server

        self._plain = (outbox.begin, outbox.finish, House.connector)
        House.connector = lambda _house, _source: server

        async def begin(*given):
            attempt = await self._plain[0](*given)
            if server.dies == "in begin":
                raise Killed
            return attempt

        async def finish(*given):
            await self._plain[1](*given)
            if server.dies == "in finish":
                raise Killed

        outbox.begin, outbox.finish = begin, finish

    def do(self, work):
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        if not hasattr(self, "_plain"):
            return
        try:
            self.server.outcomes, self.server.dies = ["accepted"], "none"
            for _ in range(3):
                self.do(self._run())
            for row in self.do(self.desk.all(ReplyRecipient)):
                assert row.state in {"accepted", "failed", "unknown", "draft"}, "nothing is left on its way for ever"
            self.what_must_hold()
        finally:
            outbox.begin, outbox.finish, House.connector = self._plain
            self.do(self.desk.customers.close())
            self.do(self.desk.machine.close())
            self.loop.close()

    async def _due(self) -> list[jobs.Job]:
        """Every job is due, and every lease of the dead has ended."""
        async with self.desk.machine.database.writing() as session:
            await session.execute(update(jobs.job_table).values(due_at=jobs.AT_ONCE))
            await session.execute(update(Reply).values(held_until=clock.now() - timedelta(seconds=1)))
            taken = await jobs.claim(session, [outbox.JOB], 20)
            await session.commit()
        return taken

    async def _run(self) -> None:
        for job in await self._due():
            try:
                await self.desk.customers.jobs[job.kind](self.desk.machine, job)
                if not job.ended:
                    async with self.desk.machine.database.writing() as session:
                        await job.complete(session)
                        await session.commit()
            except (Killed, jobs.LeaseLost):
                pass

    @rule(target=replies, copy=st.booleans())
    def write(self, copy: bool) -> int:
        async def work() -> int:
            draft = {"cc": ("el@example.org",)} if copy else {}
            return (await self.desk.answer(self.desk.bob, self.conversation, f"Words {uuid4()}", **draft)).id

        return self.do(work())

    @rule(outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=2), dies=st.sampled_from(POINTS))
    def work(self, outcomes: list[str], dies: str) -> None:
        self.server.outcomes, self.server.dies = outcomes, dies
        self.do(self._run())
        self.server.dies = "none"

    @rule(
        outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=2),
        decides=st.sampled_from(("", "went_out", "send_again")),
    )
    def a_process_that_was_thought_dead_comes_back(self, outcomes: list[str], decides: str) -> None:
        async def work() -> None:
            self.server.outcomes = outcomes
            taken = await self._due()
            if not taken:
                return
            self.server.waiting, self.server.go_on = asyncio.Event(), asyncio.Event()
            late = [
                asyncio.ensure_future(self.desk.customers.jobs[job.kind](self.desk.machine, job)) for job in taken[:1]
            ]
            waiting = asyncio.ensure_future(self.server.waiting.wait())
            await asyncio.wait([waiting, *late], return_when=asyncio.FIRST_COMPLETED)
            go_on, self.server.waiting, self.server.go_on = self.server.go_on, None, None
            await self._run()
            if decides:
                for row in await self.desk.all(Reply):
                    if row.state == "unknown":
                        await self._settle(row.id, decides)
            go_on.set()
            waiting.cancel()
            await asyncio.gather(waiting, *late, return_exceptions=True)

        self.do(work())

    @rule(reply=replies)
    def undo(self, reply: int) -> None:
        self._try(replies.undo, reply)

    @rule(reply=replies)
    def retry(self, reply: int) -> None:
        self._try(replies.retry, reply)

    @rule(reply=replies, it=st.sampled_from(("went_out", "send_again")))
    def settle(self, reply: int, it: str) -> None:
        self.do(self._settle(reply, it))

    async def _settle(self, reply: int, it: str) -> None:
        try:
            async with self.desk.machine.units.begin() as unit:
                await replies.settle(unit, self.desk.bob, reply, went_out=it == "went_out")
        except Conflict:
            return
        if it == "went_out":
            self.said_out.add(reply)
        else:
            self.asked_again[reply] += 1

    def _try(self, verb, reply: int) -> None:
        async def work() -> None:
            async with self.desk.machine.units.begin() as unit:
                await verb(unit, self.desk.bob, reply)

        with suppress(Conflict):
            self.do(work())

    @invariant()
    def what_must_hold(self) -> None:
        if not hasattr(self, "desk"):
            return
        rows = self.do(self.desk.all(ReplyRecipient))
        sent = [message.reply_id for message in self.do(self.desk.all(Message)) if message.direction == "out"]
        assert len(sent) == len(set(sent)), "a reply becomes one message"
        for row in rows:
            count = self.server.accepted[row.reply_id, row.address]
            again = self.asked_again[row.reply_id]
            assert count <= 1 + again, f"accepted {count} times after {again} decisions of a person"
            if count and not again:
                assert row.state in {"sending", "unknown", "accepted"}, f"it left, and is shown as {row.state}"
            if row.state == "accepted":
                assert count or row.reply_id in self.said_out, "accepted by nobody"
                assert row.reply_id in sent


OutboxMachine.TestCase.settings = settings(
    max_examples=settings.default.max_examples // 10,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class TestOutbox(OutboxMachine.TestCase):
    pass
