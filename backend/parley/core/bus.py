"""The bus carries hints between processes; a lost one costs latency, never an event."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from time import monotonic
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from parley.core import log
from parley.core.eventlog import Hint

Listener = Callable[[Hint], None]
PATIENCE = 0.5
"""Seconds that an answer may wait for Redis: it is committed already, and a hint is only a hint."""
PAUSE = 2.0
"""Seconds in which nobody waits for a Redis that did not answer."""
logger = log.get("bus")


class Bus(Protocol):
    """Something that takes hints and gives them to every listener of every process."""

    def listen(self, listener: Listener) -> None:
        """Call `listener` for each hint from now on."""

    async def publish(self, hints: Sequence[Hint]) -> None:
        """Send `hints`; never raises, since the log is what counts."""

    async def start(self) -> None:
        """Begin to receive."""

    async def close(self) -> None:
        """Stop receiving."""

    async def ping(self) -> None:
        """Raise when the bus cannot be reached."""


class MemoryBus:
    """The bus of one process."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` for each hint from now on."""
        self._listeners.append(listener)

    async def publish(self, hints: Sequence[Hint]) -> None:
        """Give `hints` to every listener at once."""
        for hint in hints:
            for listener in self._listeners:
                try:
                    listener(hint)
                except Exception:
                    # What is told is committed: whoever committed it must not be told that it failed.
                    logger.exception("listener_failed", topic=hint.topic, event_name=hint.name)

    async def start(self) -> None:
        """Nothing to begin."""

    async def close(self) -> None:
        """Nothing to end."""

    async def ping(self) -> None:
        """Always there."""


class RedisBus(MemoryBus):
    """The bus of several processes, over Redis pub/sub; while Redis is away, readers live on their timers."""

    def __init__(self, url: str, house: str) -> None:
        """Prepare a connection to `url`; nothing is opened before `start`.

        `house` sets this installation apart from others on the same Redis, whose numbered databases share all words.
        """
        super().__init__()
        self._channel = f"parley:hints:{house}"
        self._redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=15)
        self._task: asyncio.Task[None] | None = None
        self._away_until = 0.0
        self.subscribed = asyncio.Event()

    async def publish(self, hints: Sequence[Hint]) -> None:
        """Send `hints` through Redis; when it is away, at least to this process."""
        if not hints:
            return
        if monotonic() < self._away_until:
            await super().publish(hints)
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.publish(self._channel, json.dumps([asdict(hint) for hint in hints]))
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("bus_away", error=type(error).__name__)
            self._away_until = monotonic() + PAUSE
            await super().publish(hints)

    async def start(self) -> None:
        """Begin to receive, for as long as the process lives."""
        self._task = asyncio.create_task(self._receive())

    async def close(self) -> None:
        """Stop receiving and close the connection."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._redis.aclose()

    async def ping(self) -> None:
        """Raise when Redis does not answer."""
        await self._redis.ping()

    async def _receive(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(self._channel)
                    self.subscribed.set()
                    while True:
                        message = await channel.get_message(timeout=5.0)
                        if message:
                            await super().publish(_read(message["data"]))
            except (RedisError, OSError) as error:
                self.subscribed.clear()
                logger.warning("bus_away", error=type(error).__name__)
                await asyncio.sleep(0.5)


def _read(data: str | bytes) -> list[Hint]:
    """Return the hints of one word; none when it is not ours, or of a version that speaks otherwise."""
    try:
        return [Hint(**hint) for hint in json.loads(data)]
    except (ValueError, TypeError):
        logger.warning("word_not_understood")
        return []
