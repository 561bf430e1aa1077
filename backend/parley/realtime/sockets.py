"""The two sockets: `/live` for pages and `/api/v1/live` for programs.

Both accept first and then close with a code: a refusal before accept reaches a browser as 1006 and is retried for ever.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Coroutine, Mapping
from typing import Any, cast

from starlette.websockets import WebSocket, WebSocketDisconnect

from parley.core import eventlog, log
from parley.core.machine import Machine
from parley.kit.errors import TooMany
from parley.policy.actor import Actor
from parley.realtime import topics
from parley.realtime.hub import RESTART, SIGNED_OUT, Hub
from parley.realtime.listener import Listener, Queue
from parley.realtime.presence import Presence
from parley.realtime.wire import wire_of

logger = log.get("realtime")
MAX_TOPICS = 600
MAX_FRAME = 64_000
MAX_SOCKETS_A_PERSON = 40
_BURST, _A_SECOND = 60, 20
"""Frames a client may send at once and steadily; who sends more is read more slowly, others do not notice."""
_TOPICS_A_FRAME = 10
"""Asking for so many topics costs as much as a frame more."""
_WRONG_ORIGIN, _TOO_MANY, _BAD_FRAME = 4403, 4429, 4400
_FAREWELL_SECONDS = 2


async def door(socket: WebSocket) -> None:
    """Let one socket in by its path; 4404 for any that there is not."""
    await socket.accept()
    try:
        await _DOORS.get(socket.scope["path"], _nowhere)(socket)
    except WebSocketDisconnect:
        return
    except Exception:
        logger.exception("socket_refused")
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(RESTART)


async def _nowhere(socket: WebSocket) -> None:
    await socket.close(4404)


async def _pages(socket: WebSocket) -> None:
    """Carry live changes to one page of a signed-in browser."""
    if socket.headers.get("origin") != socket.app.state.machine.settings.public_url:
        await socket.close(_WRONG_ORIGIN)
        return
    actor = await _who(socket)
    if actor is None or actor.session_id is None:
        await socket.close(SIGNED_OUT)
        return
    language = socket.app.state.renderer.language_for(actor, socket.headers.get("accept-language", ""))
    await _serve(socket, Listener(actor, language, wire_of(socket)))


async def _programs(socket: WebSocket) -> None:
    """Carry events to one program with a bearer token."""
    actor = await _who(socket)
    if actor is None or actor.token_id is None or not actor.may_use("read"):
        await socket.close(SIGNED_OUT)
        return
    await _serve(socket, Listener(actor, None, wire_of(socket)))


_DOORS = {"/live": _pages, "/api/v1/live": _programs}


async def _who(socket: WebSocket) -> Actor | None:
    return cast(Actor | None, await socket.app.state.authenticate(socket))


async def _serve(socket: WebSocket, listener: Listener) -> None:
    hub = cast(Hub, socket.app.state.hub)
    presence = cast(Presence, socket.app.state.presence)
    try:
        await socket.app.state.limit("socket", str(listener.actor.person_id))
    except TooMany:
        await socket.close(_TOO_MANY)
        return
    if hub.sockets_of(listener.actor.person_id) >= MAX_SOCKETS_A_PERSON:
        await socket.close(_TOO_MANY)
        return
    hub.add(listener)
    try:
        # Joined first, read again afterwards: a deactivation or another role in between is seen one way or the other.
        again = await _who(socket)
        if again is None:
            listener.close(SIGNED_OUT)
        elif again.roles != listener.actor.roles:
            listener.close(RESTART)
        await _run(socket, listener, hub, presence)
    finally:
        hub.remove(listener)
        presence.gone(listener)


async def _run(socket: WebSocket, listener: Listener, hub: Hub, presence: Presence) -> None:
    listener.on_close(lambda code: hub.part(listener, _farewell(socket, listener, code)))
    receiving = _receive(socket, listener, hub, presence)
    try:
        await (receiving if listener.queue is None else _beside(socket, listener.queue, receiving))
    except Exception:
        listener.close(RESTART)  # the database is away, or a mistake of ours: it may come again
        logger.exception("socket_failed")
    await hub.parted(listener)


async def _beside(socket: WebSocket, queue: Queue, receive: Coroutine[Any, Any, None]) -> None:
    """Receive and send at once, for a socket without a wire."""
    sending, receiving = asyncio.create_task(_send(socket, queue)), asyncio.create_task(receive)
    queue.drop = receiving.cancel
    try:
        await asyncio.wait({receiving})
    finally:
        sending.cancel()
        receiving.cancel()
    if not receiving.cancelled():
        receiving.result()


async def _farewell(socket: WebSocket, listener: Listener, code: int) -> None:
    """Say why it ends; the server then tells `_receive` that the socket is gone."""
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await socket.close(code)
            return
    listener.drop()


async def _send(socket: WebSocket, queue: Queue) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            frame = await queue.next()
            await socket.send_text(frame.decode())
            queue.left(frame)


async def _receive(socket: WebSocket, listener: Listener, hub: Hub, presence: Presence) -> None:
    allowance, before = float(_BURST), time.monotonic()
    try:
        while True:
            text = await socket.receive_text()
            now = time.monotonic()
            allowance, before = min(_BURST, allowance + (now - before) * _A_SECOND) - 1, now
            if allowance < 0:
                await asyncio.sleep(-allowance / _A_SECOND)
            try:
                frame = json.loads(text) if len(text) <= MAX_FRAME else None
            except (ValueError, RecursionError):
                frame = None
            if not isinstance(frame, dict):
                listener.close(_BAD_FRAME)
                continue
            wanted = frame.get("subscribe", frame.get("topics"))
            if isinstance(wanted, dict):
                allowance -= len(wanted) / _TOPICS_A_FRAME
                await _subscribe(socket, listener, hub, wanted)
            doing, topic = frame.get("doing"), frame.get("topic")
            if isinstance(doing, str) and isinstance(topic, str) and topic in listener.seen:
                presence.told(listener, topic, doing)
    except WebSocketDisconnect:
        return
    except RuntimeError:
        if listener.closing is None:
            raise
        # It was closed by us while a frame of its own was being worked on: there is nothing more to receive.
    except KeyError:  # a binary frame where text is spoken
        listener.close(_BAD_FRAME)


async def _subscribe(socket: WebSocket, listener: Listener, hub: Hub, wanted: Mapping[str, Any]) -> None:
    machine = cast(Machine, socket.app.state.machine)
    asked: dict[str, int] = {}
    questions: dict[str, int] = {}
    for name, seq in wanted.items():
        topic = f"person:{listener.actor.person_id}" if name == "person:me" else name
        room = topic in listener.seen or len(listener.seen) < MAX_TOPICS
        if len(topic) <= 64 and type(seq) is int and -1 <= seq < 2**62 and room:
            asked[topic] = seq
            questions[topic] = hub.hold(listener, topic)
        else:
            topics.refuse(listener, name)
    async with machine.database.reading() as session:
        allowed = await topics.readable(session, listener.actor, asked)
        now = await eventlog.positions(session, [topic for topic, seq in asked.items() if seq == -1])
    for topic, seq in asked.items():
        if topic in allowed and topic in listener.seen:
            hub.resume(listener, topic, questions[topic], now.get(topic, seq))
        else:
            hub.leave(listener, topic)
            topics.refuse(listener, topic)
