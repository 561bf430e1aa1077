"""What the tests of identity share: the company's ids, a browser, a session, a request as the authenticator sees it."""

from dataclasses import dataclass

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from starlette.requests import HTTPConnection

from parley.core import crypto
from parley.core.machine import Machine
from parley.identity.service import sessions
from parley.identity.service.sessions import Browser, Opened


@dataclass(frozen=True)
class Company:
    """Ids of three persons."""

    alice: int
    bob: int
    charlie: int


class Browsing(AsyncClient):
    """A browser on our own pages, or a program with a token."""

    def __init__(self, app: FastAPI, **more) -> None:
        super().__init__(
            transport=ASGITransport(app, client=("127.0.0.1", 50000)),
            base_url=app.state.machine.settings.public_url,
            **more,
        )
        self.app = app
        self.headers["sec-fetch-site"] = "same-origin"
        self.headers["accept"] = "text/html"

    def sign_in(self, opened: Opened) -> "Browsing":
        self.cookies.set("parley", opened.secret, domain="127.0.0.1", path="/")
        self.headers["x-csrf-token"] = crypto.csrf_token(self.app.state.csrf_key, str(opened.session_id))
        return self


async def open_session(machine: Machine, person_id: int, **browser) -> Opened:
    async with machine.units.begin() as unit:
        return await sessions.create(
            unit, person_id, method="link", lasting=sessions.lifetime(machine.settings), browser=Browser(**browser)
        )


def visitor(machine: Machine, app: FastAPI, path: str = "/", **headers: str):
    """What the authenticator sees of a request."""
    return HTTPConnection(
        {
            "type": "http",
            "path": path,
            "query_string": b"",
            "app": app,
            "scheme": "http",
            "server": ("x", 80),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
    )
