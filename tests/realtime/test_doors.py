"""Who is let in, what is asked wrongly, who is too slow: each gets a code or a word, and the others notice nothing."""

import asyncio
import contextlib
import json

import pytest

from parley.realtime import listener, sockets
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def alive(lines, api, cast) -> None:
    """The server still tells the others."""
    topic = f"channel:{cast.channels['square']}"
    line = await lines.page("alice", {topic: -1, "channel:999999": 0})
    await line.until(line.refused)
    await api("bob").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Alive"})
    await line.until(lambda: "Alive" in line.text)


async def test_only_our_own_pages_and_only_who_is_signed_in(lines, cast) -> None:
    cookie = f"parley={cast.bob.secret}"
    for origin, secret, code in (
        ("https://evil.example.org", cookie, 4403), ("", cookie, 4403), ("null", cookie, 4403), (lines.url + ".evil.example.org", cookie, 4403),
        (lines.url.replace("http", "https"), cookie, 4403), (lines.url, "", 4401), (lines.url, "parley=made-up", 4401),
        (lines.url, f"parley={cast.dee.secret}", 4401), (lines.url, f"parley={cast.bob.token}", 4401),
    ):  # fmt: skip
        line = await lines.raw("/live", {"Origin": origin, "Cookie": secret})
        assert await line.until_closed() == code, (origin, secret)
        assert line.heard == []
    bearer = await lines.raw("/live", {"Origin": lines.url, "Authorization": f"Bearer {cast.bob.token}"})
    assert await bearer.until_closed() == 4401, "a page's socket is a page's"
    fine = await lines.page("bob", {"channel:999999": 0})
    await fine.until(fine.refused)


async def test_only_programs_with_a_token_that_may_read(lines, cast) -> None:
    for headers in (
        {}, {"Authorization": "Bearer made-up"}, {"Authorization": f"Bearer {cast.dee.token}"}, {"Cookie": f"parley={cast.bob.secret}"},
        {"Authorization": f"Basic {cast.bob.token}"}, {"Authorization": f"Bearer {cast.alice.scoped['write']}"},
        {"Authorization": f"Bearer {cast.alice.scoped['customers:read']}"},
    ):  # fmt: skip
        line = await lines.raw("/api/v1/live", headers)
        assert await line.until_closed() == 4401, headers
    fine = await lines.program("alice", {"channel:999999": 0}, scope="read")
    await fine.until(fine.refused)


async def test_forbidden_and_unknown_topics_answer_alike_and_the_socket_stays(lines, api, cast) -> None:
    forbidden = [
        f"channel:{cast.channels['vault']}", f"channel:{cast.channels['pair']}", f"channel:{cast.channels['cellar']}",
        f"conversation:{cast.talks['hush']}", f"conversation:{cast.talks['valve']}", f"person:{cast.alice.id}", "customers",
    ]  # fmt: skip
    odd = ["channel:999999", "channel:0", "channel:-1", "channel:01", "channel:1e3", "channel:٣", "channel:", ":", "", "x" * 500,
           "control", "person:", "channel:" + "9" * 30, "conversation:1.0", "author:999999", "author:01", "CHANNEL:1", "channel:1 ", "\x00"]  # fmt: skip
    square = f"channel:{cast.channels['square']}"
    line = await lines.program("charlie", {**dict.fromkeys([*forbidden, *odd], 0), square: -1})
    await line.until(lambda: len(line.heard) >= len(forbidden) + len(odd))
    assert sorted(line.heard, key=str) == sorted(
        ({"topic": topic[:64], "error": "not_found"} for topic in [*forbidden, *odd]), key=str
    )
    await api("bob").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Heard"})
    await line.until(lambda: "Heard" in line.text)
    assert line.closed is None


@pytest.mark.parametrize("seq", [None, "0", 1.5, True, -2, 2**62, [], {}])
async def test_a_place_that_is_none_is_refused(lines, api, cast, seq: object) -> None:
    square = f"channel:{cast.channels['square']}"
    line = await lines.program("bob", {square: seq})
    assert await line.until(line.refused) == {square}
    await line.ask({square: 0})
    await line.until(lambda: line.events(square))


@pytest.mark.parametrize(
    "frame", ["", "x", "[]", "1", "null", '"x"', "[" * 5000, json.dumps({"topics": {"x" * 70_000: 0}}), b"\x00\x01"]
)
async def test_what_is_not_understood_ends_that_socket_only(lines, api, cast, frame: str | bytes) -> None:
    line = await lines.page("bob")
    await line.socket.send(frame)
    assert await line.until_closed() in {4400, 1009}
    await alive(lines, api, cast)


async def test_what_says_nothing_is_passed_over(lines, cast) -> None:
    line = await lines.page("bob")
    for frame in ({}, {"topics": []}, {"subscribe": "x"}, {"doing": 1, "topic": 2}, {"doing": "viewing", "topic": "channel:1"},
                  {"doing": "x" * 1000, "topic": f"person:{cast.alice.id}"}, {"unknown": 1}):  # fmt: skip
        await line.socket.send(json.dumps(frame))
    await line.ask({"channel:999999": 0})
    await line.until(line.refused)


async def test_a_socket_hears_only_so_many_topics(lines, cast, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "MAX_TOPICS", 3)
    names = [f"channel:{cast.channels[name]}" for name in ("square", "vault", "terrace", "care", "notices")]
    line = await lines.page("bob", dict.fromkeys(names, -1))
    await line.until(lambda: line.refused() == set(names[3:]))
    await line.ask({names[0]: 0})
    await line.until(lambda: line.events(names[0]))


async def test_a_person_has_only_so_many_sockets(lines, api, cast, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "MAX_SOCKETS_A_PERSON", 2)
    first, second = await lines.page("bob", {}), await lines.program("bob", {"channel:999999": 0})
    await second.until(second.refused)
    third = await lines.page("bob")
    assert await third.until_closed() == 4429
    await alive(lines, api, cast)
    await first.close()
    await second.ask({"channel:999998": 0})
    await second.until(lambda: len(second.refused()) == 2)


async def test_who_sends_a_flood_is_read_slowly_and_the_others_are_not(lines, api, cast, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "_A_SECOND", 5)
    monkeypatch.setattr(sockets, "_BURST", 5)
    flood = await lines.page("bob")
    for number in range(15):
        await flood.socket.send(json.dumps({"topics": {f"channel:99{number}": 0}}))
    await alive(lines, api, cast)
    assert len(flood.refused()) < 15, "the others were served first"
    await flood.until(lambda: len(flood.refused()) == 15)


async def test_asking_for_many_topics_at_once_counts_as_many_frames(lines, api, cast, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "_A_SECOND", 2)
    monkeypatch.setattr(sockets, "_BURST", 5)
    flood = await lines.page("bob", {f"channel:99{number}": 0 for number in range(100)})
    await flood.ask({"channel:888": 0})
    await alive(lines, api, cast)
    assert len(flood.refused()) == 100, "the others were served first"
    await flood.until(lambda: len(flood.refused()) == 101)


@pytest.mark.parametrize("way", ["wire", "queue"])
@pytest.mark.parametrize("bound", ["much", "long"])
async def test_who_takes_nothing_is_dropped_and_the_others_notice_nothing(
    lines, app, api, cast, monkeypatch, way: str, bound: str
) -> None:
    """A reader that never reads: too much waits for it, or something waits for too long."""
    if way == "queue":
        monkeypatch.setattr(sockets, "wire_of", lambda _socket: None)
    if bound == "much":
        monkeypatch.setattr(listener, "MAX_WAITING", 500_000)
    else:
        monkeypatch.setattr(listener, "STUCK_SECONDS", 0.5)
    hub = app.state.hub
    writer, stuck = await unread(lines, app, cast)
    healthy = await lines.page("alice", {"channel:999999": 0})
    await healthy.until(healthy.refused)
    async with asyncio.timeout(10):
        # More than the buffers of both kernels hold; the reader stopped after the first line.
        while stuck in hub.listeners:
            stuck.push(json.dumps({"ping": 1, "fill": "x" * 60_000}).encode())
            await asyncio.sleep(0 if bound == "much" else 0.02)
    assert stuck.closing == 1013
    await alive(lines, api, cast)
    assert healthy.closed is None
    await gone(writer)


@pytest.mark.parametrize("frames", ["pings", "words"])
async def test_who_asks_without_end_is_dropped(lines, app, api, cast, frames: str) -> None:
    """Answers to pings that nobody takes pile up, and so do frames that come in one piece."""
    writer, _ = await unread(lines, app, cast)
    one = bytes([0x89, 0xFD]) + bytes(4) + b"x" * 125 if frames == "pings" else bytes([0x81, 0x82]) + bytes(4) + b"{}"
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError):
            while app.state.hub.listeners:
                writer.write(one * 2000)
                await writer.drain()
                await asyncio.sleep(0)
        while app.state.hub.listeners:
            await asyncio.sleep(0)
    await alive(lines, api, cast)
    await gone(writer)


async def unread(lines, app, cast) -> tuple[asyncio.StreamWriter, listener.Listener]:
    """Open Bob's socket, of which nobody reads more than the first line."""
    host, port = lines.url.rpartition("/")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write((
        f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: {lines.url}\r\nCookie: parley={cast.bob.secret}\r\n\r\n"
    ).encode())  # fmt: skip
    assert b"101" in await reader.readline()
    async with asyncio.timeout(5):
        while not app.state.hub.listeners:
            await asyncio.sleep(0)
    (stuck,) = app.state.hub.listeners
    return writer, stuck


async def gone(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
