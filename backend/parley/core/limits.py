"""How often anybody may do what: moving windows, in memory or in Redis when there are several processes."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from parley.core import log

RULES = {
    "sign_in": "300/minute",
    "post": "1500/minute",
    "comment": "1500/minute",
    "reaction": "1500/minute",
    "search": "600/minute",
    "upload": "300/minute",
    "preview": "600/minute",
    "reply": "300/minute",
    "invite": "600/minute",
    "socket": "120/minute",
}
"""Generous for people and for programs that catch up, a wall for loops.

Posts: peers allow 10 a second and more in bursts. A whole company signs in from behind one address on Monday.

`sign_in` counts by address, the others by person.
"""

_PATIENCE_SECONDS = 0.25
"""A limit that Redis cannot tell in this time is told by this process: nobody waits for being counted."""
_AWAY_SECONDS = 5.0
_SWEEP_SECONDS = 60.0
logger = log.get("limits")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one more is allowed, and the numbers for the RateLimit headers."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: float


class Limiter:
    """Counts uses of the rules."""

    def __init__(self, redis_url: str = "", house: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """Count in Redis at `redis_url` under the name `house`, or in this process when it is empty."""
        self._rules: dict[str, RateLimitItem] = {name: parse(rule) for name, rule in RULES.items()}
        self._clock = clock
        self._here = MovingWindowRateLimiter(_Memory(clock))
        self._away_until = 0.0
        self._pool: ConnectionPool | None = None
        self._shared: MovingWindowRateLimiter | None = None
        if redis_url:
            self._pool = ConnectionPool.from_url(
                redis_url, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS
            )
            storage = RedisStorage(
                f"async+{redis_url}",
                implementation="redispy",
                key_prefix=f"parley:{house}:limits",
                connection_pool=self._pool,  # type: ignore[arg-type]  # documented by the library, not in its types
            )
            self._shared = MovingWindowRateLimiter(storage)

    async def hit(self, rule: str, key: str) -> Verdict:
        """Count one use of `rule` by `key`.

        While Redis is away each process counts for itself: nobody is kept from work because a counter is down, and
        nobody may guess passwords without end because of it either.
        """
        item, who = self._rules[rule], _fingerprint(key)
        if self._shared and self._clock() >= self._away_until:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    return await _ask(self._shared, item, rule, who)
            except (RedisError, OSError) as error:  # TimeoutError is among these
                self._away_until = self._clock() + _AWAY_SECONDS
                logger.warning("limits_away", error=type(error).__name__)
        return await _ask(self._here, item, rule, who)

    async def close(self) -> None:
        """Let go of Redis."""
        if self._pool:
            await self._pool.aclose()


async def _ask(windows: MovingWindowRateLimiter, item: RateLimitItem, rule: str, who: str) -> Verdict:
    allowed = await windows.hit(item, rule, who)
    stats = await windows.get_window_stats(item, rule, who)
    # A clock that jumped shows nonsense here; a window never takes longer than itself.
    wait = max(0.0, min(stats.reset_time - time.time(), float(item.get_expiry())))
    return Verdict(allowed, item.amount, max(0, stats.remaining), wait)


def _fingerprint(key: str) -> str:
    """Return what is counted under: an IPv6 /64 is one subscriber, and what people type is no key of a database."""
    try:
        address = ip_address(key)
    except ValueError:
        pass
    else:
        if isinstance(address, IPv6Address):
            mapped = address.ipv4_mapped
            key = str(mapped) if mapped else str(IPv6Address(int(address) >> 64 << 64))
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class _Memory(MemoryStorage):
    """The library's storage for one process, on a clock that nobody sets and without a sweep of everything per use."""

    STORAGE_SCHEME = ["async+parley"]  # noqa: RUF012  (the library's registry reads it so)

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._uses: dict[str, tuple[int, deque[float]]] = {}
        self._swept = clock()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` uses if they fit into the last `expiry` seconds."""
        self._sweep()
        _, uses = self._uses.setdefault(key, (expiry, deque()))
        self._expire(uses, expiry)
        if len(uses) + amount > limit:
            return False
        uses.extend([self._clock()] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002  (the interface)
        """Return when the oldest counted use was, by the clock on the wall, and how many there are."""
        _, uses = self._uses.get(key, (expiry, deque[float]()))
        self._expire(uses, expiry)
        return time.time() - (self._clock() - uses[0] if uses else 0.0), len(uses)

    def _expire(self, uses: deque[float], expiry: int) -> None:
        oldest = self._clock() - expiry
        while uses and uses[0] <= oldest:
            uses.popleft()

    def _sweep(self) -> None:
        now = self._clock()
        if now - self._swept < _SWEEP_SECONDS:
            return
        self._swept = now
        self._uses = {
            key: (expiry, uses) for key, (expiry, uses) in self._uses.items() if uses and uses[-1] > now - expiry
        }
