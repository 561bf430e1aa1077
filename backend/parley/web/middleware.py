"""What every answer carries and what no request may exceed; plain ASGI, so that streams stay streams."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from prometheus_client import Histogram
from starlette.requests import ClientDisconnect, Request

from parley.core import log
from parley.core.settings import Settings
from parley.kit.errors import NotFound, TooLarge
from parley.web.errors import Broken, answer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_LIMIT = 1_000_000
UPLOAD_LIMIT = 26_500_000
"""25 MB of file and the multipart around it."""
_UPLOADS = ("/files", "/api/v1/files", "/settings/profile/photo")
_SECONDS = Histogram("parley_request_seconds", "Time to answer", ["method", "status"])
logger = log.get("web")


class Frame:
    """Security headers, request ids, body limits and the access log."""

    def __init__(self, app: App, settings: Settings) -> None:
        """Wrap `app`."""
        self.app = app
        socket = settings.public_url.replace("http", "ws", 1)
        self.headers = [
            (name.encode(), value.encode())
            for name, value in {
                "content-security-policy": (
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
                    f"font-src 'self'; manifest-src 'self'; connect-src 'self' {socket}; form-action 'self'; "
                    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
                ),
                "x-content-type-options": "nosniff",
                "referrer-policy": "same-origin",
                "x-frame-options": "DENY",
                "cross-origin-opener-policy": "same-origin",
                "cross-origin-resource-policy": "same-origin",
                "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
                **({"strict-transport-security": "max-age=31536000; includeSubDomains"} if settings.secure else {}),
            }.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid4().hex[:16]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id)
        started = time.perf_counter()
        status = 500

        async def framed(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message["headers"]}
                extra = [pair for pair in self.headers if pair[0] not in present]
                if b"cache-control" not in present:
                    extra.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *extra, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._limited(scope, receive, framed)
        finally:
            seconds = time.perf_counter() - started
            _SECONDS.labels(scope["method"], str(status)).observe(seconds)
            logger.info(
                "request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1)
            )

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "\x00" in scope["path"]:
            await answer(Request(scope), NotFound())(scope, receive, send)
            return
        # PostgreSQL takes no NUL in a text; in what is searched and filtered for it parts words as a space does.
        scope["query_string"] = scope["query_string"].replace(b"%00", b"%20")
        limit = UPLOAD_LIMIT if scope["path"] in _UPLOADS else BODY_LIMIT
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await self._refuse(scope, receive, send)
            return
        taken = 0
        over = False
        begun = False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal taken, over
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                over = True
                raise TooLarge
            return message

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except TooLarge:
            if not over or begun:
                raise
            await self._refuse(scope, receive, send)
        except ClientDisconnect:
            logger.info("request_cut", path=scope["path"])
        except Exception as error:
            if begun:
                raise
            # Answered here, not further outside: what breaks has to carry the policy and the headers like all else.
            logger.exception("request_failed", path=scope["path"], exc_info=error)
            await answer(Request(scope), Broken())(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = answer(Request(scope), TooLarge())
        response.headers["connection"] = "close"
        await response(scope, receive, send)
