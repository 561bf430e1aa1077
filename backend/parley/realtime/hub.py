"""The hub of one process: who listens to which topic, and how an event reaches them.

The bus is only a hint. A listener whose sequence fits is given the frame; any other reads the log from its own last
sequence, as everybody does after connecting and on the timer. So nothing is missed and nothing comes twice.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from itertools import count
from typing import Any

import orjson
from prometheus_client import Gauge

from parley.core import eventlog, log
from parley.core.eventlog import Hint
from parley.core.machine import Machine
from parley.identity.authenticate import standing
from parley.realtime.listener import Listener
from parley.realtime.parts import Voices
from parley.realtime.telling import Teller
from parley.web.rendering import Renderer

_SOCKETS = Gauge("parley_sockets", "Open sockets", multiprocess_mode="livesum")
logger = log.get("realtime")
_TIMER_SECONDS = 25
_A_TURN = 250
"""Sockets served before the others get their turn during a large fan-out."""
_MANY_TOPICS = 500
SIGNED_OUT, RESTART = 4401, 1012
_NOT_BEGUN = -1
"""Stands for the last sequence seen while it is not known yet from where a topic will be heard."""


class Hub:
    """All listeners of this process."""

    def __init__(self, machine: Machine, renderer: Renderer, voices: Voices) -> None:
        """Hear the machine's bus from now on."""
        self._machine = machine
        self._teller = Teller(machine.database, renderer, voices)
        self._topics: dict[str, set[Listener]] = {}
        self._all: set[Listener] = set()
        self._questions = count()
        self._sockets: Counter[int] = Counter()
        self._partings: dict[Listener, asyncio.Task[None]] = {}
        self._queues: dict[str, asyncio.Task[None]] = {}
        self._pending: dict[str, list[Hint]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.Task[None] | None = None
        self.on_word: list[Callable[[Hint], None]] = []
        machine.bus.listen(self._heard)

    @property
    def listeners(self) -> Iterable[Listener]:
        """Everybody who listens now."""
        return tuple(self._all)

    def listening(self, topic: str) -> set[Listener]:
        """Who listens to `topic` now."""
        return self._topics.get(topic, set())

    async def start(self) -> None:
        """Begin the timer that repairs lost hints."""
        self._timer = asyncio.create_task(self._repair())

    async def close(self) -> None:
        """Close every socket with 1012 (restart) and stop."""
        for listener in self.listeners:
            listener.close(RESTART)
        if self._partings:
            await asyncio.wait(self._partings.values())
        tasks = [task for task in (self._timer, *self._tasks, *self._queues.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def add(self, listener: Listener) -> None:
        """Join; the caller re-reads the session afterwards, so that a deactivation in between is seen."""
        self._all.add(listener)
        self._sockets[listener.actor.person_id] += 1
        _SOCKETS.set(len(self._all))

    def remove(self, listener: Listener) -> None:
        """Leave all topics, and what was under way for this listener."""
        self._all.discard(listener)
        self._sockets[listener.actor.person_id] -= 1
        if not self._sockets[listener.actor.person_id]:
            del self._sockets[listener.actor.person_id]
        _SOCKETS.set(len(self._all))
        for topic in list(listener.seen):
            self.leave(listener, topic)
        for task in tuple(listener.tasks):
            task.cancel()

    def sockets_of(self, person_id: int) -> int:
        """How many sockets a person has open in this process."""
        return self._sockets[person_id]

    def part(self, listener: Listener, farewell: Coroutine[Any, Any, None]) -> None:
        """Let `farewell` end the socket of `listener`, beside everything else."""
        self._partings[listener] = self.spawn(farewell)

    async def parted(self, listener: Listener) -> None:
        """Wait until the socket of `listener` was told why it ends, if it was we who ended it."""
        if task := self._partings.pop(listener, None):
            await asyncio.wait({task})

    def hold(self, listener: Listener, topic: str) -> int:
        """Let `listener` stand in `topic` in silence until `resume` or `leave`: whether it may hear it is being asked.

        It stands there before the question is put, so that a removal between question and answer finds it. Returns
        the number of the question, for `resume`.
        """
        listener.seen.setdefault(topic, _NOT_BEGUN)
        question = next(self._questions)
        listener.held.setdefault(topic, set()).add(question)
        self._topics.setdefault(topic, set()).add(listener)
        return question

    def resume(self, listener: Listener, topic: str, question: int, seq: int | None = None) -> None:
        """Hear `topic` (again) as soon as no other question about it is open; what the log holds is sent at once.

        `seq` is the last sequence seen, if it is told anew.
        """
        questions = listener.held.get(topic, set())
        if question not in questions:
            return
        questions.discard(question)
        if seq is not None:
            listener.seen[topic] = seq
        if not questions and listener.seen[topic] != _NOT_BEGUN:
            del listener.held[topic]
            self._read_on(listener, topic)

    def leave(self, listener: Listener, topic: str) -> None:
        """Hear `topic` no more."""
        listener.seen.pop(topic, None)
        listener.held.pop(topic, None)
        members = self._topics.get(topic)
        if members:
            members.discard(listener)
            if not members:
                del self._topics[topic]

    def _heard(self, hint: Hint) -> None:
        if hint.seq == 0:
            for react in self.on_word:
                react(hint)
            return
        if hint.topic not in self._topics:
            return
        # One task a topic keeps the frames of that topic in order, however long rendering takes.
        self._pending.setdefault(hint.topic, []).append(hint)
        if hint.topic not in self._queues:
            self._queues[hint.topic] = asyncio.create_task(self._deliver(hint.topic))

    async def _deliver(self, topic: str) -> None:
        try:
            while hints := self._pending.pop(topic, []):
                for hint in hints:
                    try:
                        await self._fan_out(hint)
                    except Exception:
                        # Whoever missed this one is behind now and reads the log at the next event or on the timer.
                        logger.exception("fan_out_failed", topic=topic)
        finally:
            self._queues.pop(topic, None)

    async def _fan_out(self, hint: Hint) -> None:
        audiences = {listener.audience for listener in self.listening(hint.topic)}
        frames = {audience: await self._teller.frame(hint, hint.seq, audience) for audience in audiences}
        for place, listener in enumerate(tuple(self.listening(hint.topic))):
            seen = listener.seen.get(hint.topic)
            if seen is None or seen >= hint.seq or hint.topic in listener.held:
                continue
            if hint.topic in listener.reading:
                listener.more.add(hint.topic)
            elif seen == hint.seq - 1 and listener.audience in frames:
                listener.seen[hint.topic] = hint.seq
                listener.push(frames[listener.audience])
            else:
                self._read_on(listener, hint.topic)
            if place % _A_TURN == _A_TURN - 1:
                await asyncio.sleep(0)

    def _read_on(self, listener: Listener, topic: str) -> None:
        """Let `listener` have from the log what it has not seen of `topic`."""
        if topic in listener.reading:
            listener.more.add(topic)
            return
        listener.reading.add(topic)
        task = self.spawn(self._catch_up(listener, topic))
        listener.tasks.add(task)
        task.add_done_callback(listener.tasks.discard)

    async def _catch_up(self, listener: Listener, topic: str) -> None:
        try:
            while True:
                listener.more.discard(topic)
                if not await self._send_log(listener, topic) and topic not in listener.more:
                    return
        finally:
            listener.reading.discard(topic)

    async def _send_log(self, listener: Listener, topic: str) -> bool:
        """Send a part of the log; return whether there may be more of it."""
        seq = listener.seen.get(topic)
        if seq is None or topic in listener.held:
            return False
        async with self._machine.database.reading() as session:
            hints, restart = await eventlog.since(session, topic, seq)
        for hint in hints:
            await listener.room()
            frame = await self._teller.frame(hint, hints[-1].seq, listener.audience)
            # It may have left, been held, or asked from elsewhere meanwhile: then this part is not its own any more.
            if listener.seen.get(topic) != hint.seq - 1 or topic in listener.held:
                return True
            listener.seen[topic] = hint.seq
            listener.push(frame)
        if restart is not None and listener.seen.get(topic) == seq:
            listener.seen[topic] = restart
            listener.push(orjson.dumps({"topic": topic, "reset": restart}))
        return bool(hints)

    async def _repair(self) -> None:
        while True:
            await asyncio.sleep(_TIMER_SECONDS)
            try:
                await self.compare()
                await self.recheck()
            except Exception:
                logger.exception("repair_failed")

    async def compare(self) -> None:
        """Compare every topic with the log, send what a lost hint left out, and say that the line is alive."""
        topics = sorted(self._topics)
        for start in range(0, len(topics), _MANY_TOPICS):
            async with self._machine.database.reading() as session:
                last = await eventlog.positions(session, topics[start : start + _MANY_TOPICS])
            for topic, seq in last.items():
                for listener in tuple(self.listening(topic)):
                    if listener.seen.get(topic, seq) < seq and topic not in listener.held:
                        self._read_on(listener, topic)
        ping = orjson.dumps({"ping": 1})
        for listener in self.listeners:
            listener.push(ping)

    async def recheck(self) -> None:
        """Ask again who stands behind each socket: the last resort when a word on the bus was lost."""
        listeners = list(self._all)
        for start in range(0, len(listeners), _MANY_TOPICS):
            some = [listener for listener in listeners[start : start + _MANY_TOPICS] if listener.closing is None]
            sessions = {listener.actor.session_id for listener in some if listener.actor.session_id}
            tokens = {listener.actor.token_id for listener in some if listener.actor.token_id}
            async with self._machine.database.reading() as session:
                now = await standing(session, self._machine.settings, sessions, tokens)
            for listener in some:
                roles = now.get((listener.actor.session_id, listener.actor.token_id))
                if roles is None:
                    listener.close(SIGNED_OUT)
                elif roles != listener.actor.roles:
                    listener.close(RESTART)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do `work` beside everything else, and log it when it fails."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("catch_up_failed", exc_info=task.exception())
