import socket
import time

import pytest

from parley.core import limits
from parley.core.limits import RULES, Limiter


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _small_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers that a test can use up; the product's own are for companies."""
    for rule, number in {"sign_in": 30, "post": 30, "comment": 60, "search": 120, "preview": 120, "invite": 10}.items():
        monkeypatch.setitem(RULES, rule, f"{number}/minute")


@pytest.fixture
def limiter(clock: Clock) -> Limiter:
    return Limiter(clock=clock)


async def use_up(limiter: Limiter, rule: str, key: str) -> None:
    for _ in range(int(RULES[rule].split("/")[0])):
        assert (await limiter.hit(rule, key)).allowed


async def test_so_many_and_no_more(limiter: Limiter) -> None:
    await use_up(limiter, "post", "1")
    verdict = await limiter.hit("post", "1")
    assert (verdict.allowed, verdict.limit, verdict.remaining) == (False, 30, 0)
    assert 59 <= verdict.reset_seconds <= 60


async def test_the_numbers_count_down(limiter: Limiter) -> None:
    assert [(await limiter.hit("post", "1")).remaining for _ in range(3)] == [29, 28, 27]


async def test_each_key_and_each_rule_counts_for_itself(limiter: Limiter) -> None:
    await use_up(limiter, "post", "1")
    assert (await limiter.hit("post", "2")).allowed
    assert (await limiter.hit("comment", "1")).allowed
    assert not (await limiter.hit("post", "1")).allowed


async def test_the_window_moves(limiter: Limiter, clock: Clock) -> None:
    for _ in range(15):
        await limiter.hit("post", "1")
    clock.now += 40
    for _ in range(15):
        await limiter.hit("post", "1")
    assert not (await limiter.hit("post", "1")).allowed
    clock.now += 20.1
    verdict = await limiter.hit("post", "1")
    assert (verdict.allowed, verdict.remaining) == (True, 14)


async def test_refused_tries_do_not_lengthen_the_wait(limiter: Limiter, clock: Clock) -> None:
    """An attacker who goes on trying must not keep the victim out for ever."""
    await use_up(limiter, "sign_in", "192.0.2.1")
    for _ in range(200):
        clock.now += 0.2
        assert not (await limiter.hit("sign_in", "192.0.2.1")).allowed
    clock.now += 20.1
    assert (await limiter.hit("sign_in", "192.0.2.1")).allowed


async def test_a_jump_of_the_clock_on_the_wall_changes_nothing(
    limiter: Limiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await use_up(limiter, "post", "1")
    real = time.time
    for jump in (3600, -3600):
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        verdict = await limiter.hit("post", "1")
        assert not verdict.allowed
        assert 0 <= verdict.reset_seconds <= 60
        assert (await limiter.hit("post", f"other {jump}")).allowed


async def test_a_subscriber_s_many_addresses_are_one(limiter: Limiter) -> None:
    await use_up(limiter, "sign_in", "2001:db8:0:1::1")
    assert not (await limiter.hit("sign_in", "2001:db8:0:1:ffff::2")).allowed
    assert (await limiter.hit("sign_in", "2001:db8:0:2::1")).allowed
    await use_up(limiter, "sign_in", "::ffff:192.0.2.9")
    assert not (await limiter.hit("sign_in", "192.0.2.9")).allowed
    assert (await limiter.hit("sign_in", "192.0.2.10")).allowed


async def test_a_key_may_be_anything(limiter: Limiter) -> None:
    for key in ("", "a/b", "x" * 100_000, "\ud800", "ada@example.org", "*"):
        assert (await limiter.hit("invite", key)).allowed


async def test_an_unknown_rule_is_a_mistake(limiter: Limiter) -> None:
    with pytest.raises(KeyError):
        await limiter.hit("nothing", "1")


async def test_memory_forgets_who_has_gone(limiter: Limiter, clock: Clock) -> None:
    storage = limiter._here.storage
    for number in range(1_000):
        await limiter.hit("search", str(number))
    assert len(storage._uses) == 1_000
    clock.now += 61
    await limiter.hit("search", "again")
    assert len(storage._uses) == 1


@pytest.mark.parametrize("rule", RULES)
async def test_every_rule_ends(limiter: Limiter, rule: str) -> None:
    await use_up(limiter, rule, "1")
    assert not (await limiter.hit(rule, "1")).allowed


@pytest.fixture
async def shared(redis_url: str, request: pytest.FixtureRequest):
    """Two processes of one installation, and one of another."""
    house = f"test-{time.time_ns()}"
    limiters = [Limiter(redis_url, name) for name in (house, house, f"{house}-other")]
    yield limiters
    for limiter in limiters:
        await limiter.close()


async def test_processes_count_together_and_houses_apart(shared: list[Limiter]) -> None:
    one, other, stranger = shared
    await use_up(one, "invite", "ada")
    verdict = await other.hit("invite", "ada")
    assert (verdict.allowed, verdict.remaining) == (False, 0)
    assert 0 < verdict.reset_seconds <= 60
    assert (await stranger.hit("invite", "ada")).allowed


async def test_while_redis_is_away_each_process_counts_for_itself(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        limiter = Limiter(f"redis://127.0.0.1:{taken.getsockname()[1]}/0", clock=clock)
        await use_up(limiter, "invite", "ada")
        assert not (await limiter.hit("invite", "ada")).allowed
        assert (await limiter.hit("invite", "bob")).allowed
    await limiter.close()


async def test_a_redis_that_does_not_answer_holds_nobody_up(clock: Clock) -> None:
    """It listens and never says a word: one use waits a moment, the others do not wait at all."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        limiter = Limiter(f"redis://127.0.0.1:{mute.getsockname()[1]}/0", clock=clock)
        began = time.monotonic()
        assert (await limiter.hit("search", "1")).allowed
        assert (await limiter.hit("search", "1")).remaining == 118
        assert time.monotonic() - began < 10 * limits._PATIENCE_SECONDS
        await limiter.close()


async def test_redis_is_asked_again_after_a_while(clock: Clock, redis_url: str) -> None:
    limiter = Limiter(redis_url, f"test-{time.time_ns()}", clock=clock)
    limiter._away_until = clock.now + limits._AWAY_SECONDS
    assert (await limiter.hit("post", "1")).remaining == 29
    assert (await limiter.hit("post", "1")).remaining == 28
    clock.now += limits._AWAY_SECONDS
    assert (await limiter.hit("post", "1")).remaining == 29
    await limiter.close()
