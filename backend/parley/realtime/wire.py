"""The way from a ready-made frame to a socket's transport, past everything that would make it once more for each socket.

This is the one place that knows the inside of uvicorn's protocol (pinned by the lock). Where the server is another, a
socket has no wire, and its frames go through a queue and `send_text`.
"""

from functools import lru_cache
from typing import cast

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

_EXTENSION = "parley.wire"
MAX_PONGS = 1_000_000
"""Bytes that may wait for a peer that goes on asking: the server answers each ping, whether the answers are taken or not."""
MAX_UNREAD = 1_000
"""Frames that may wait to be read: of small ones, a single piece from the network holds tens of thousands."""


class Wire(WebSocketsSansIOProtocol):
    """uvicorn's protocol of one socket, which hands itself to the application."""

    def handle_connect(self, event: Request) -> None:
        """Take the handshake; the application, whose task has not begun yet, finds the wire in its scope."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast(dict[str, object], self.scope["extensions"])[_EXTENSION] = self

    def handle_ping(self) -> None:
        """Answer, unless the peer asks and takes no answers."""
        if self.waiting > MAX_PONGS:
            self.drop()
        if not self.transport.is_closing():
            super().handle_ping()

    def send_receive_event_to_app(self) -> None:
        """Let a frame wait to be read; who sends far more than is read is gone."""
        if self.queue.qsize() < MAX_UNREAD:
            super().send_receive_event_to_app()
        else:
            self.drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was not read yet: read slowly, it would keep a socket here that has long gone."""
        while self.handshake_complete and not self.queue.empty():
            self.queue.get_nowait()
        super().connection_lost(exc)

    @property
    def waiting(self) -> int:
        """How many bytes the peer has not taken yet; they wait in this process."""
        return self.transport.get_write_buffer_size()

    def tell(self, text: bytes) -> int:
        """Send `text` (UTF-8) as one frame after all that was sent before; return its size, nothing once it closes."""
        if not self.handshake_complete or self.close_sent or self.transport.is_closing():
            return 0
        frame = _framed(text)
        self.transport.write(frame)
        return len(frame)

    def drop(self) -> None:
        """End the connection at once: a peer that takes nothing takes no word of farewell either."""
        self.transport.abort()


def wire_of(socket: WebSocket) -> Wire | None:
    """Return the wire of `socket`, if the server gave it one."""
    found = socket.scope.get("extensions", {}).get(_EXTENSION)
    return found if isinstance(found, Wire) else None


@lru_cache(maxsize=32)
def _framed(text: bytes) -> bytes:
    # The same bytes go to thousands of sockets one after the other. A server's frames are not masked: RFC 6455, 5.1.
    return Frame(Opcode.TEXT, text).serialize(mask=False)
