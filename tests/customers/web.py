"""The whole application on the desk, and browsers and programs of its people."""

from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from customers.desk import Desk, open_desk
from identity.helpers import Browsing, open_session
from parley.app.main import create_app
from parley.core.machine import build
from parley.core.settings import Settings
from parley.identity.service import tokens
from parley.policy.actor import Actor


@asynccontextmanager
async def open_house(settings: Settings, folder: Path, **changes: object):
    """The application as it is served, with the desk in it; jobs run when the test says so."""
    machine = build(settings.model_copy(update={"undo_seconds": 0, **changes}))
    app = create_app(machine)
    async with app.router.lifespan_context(app):
        yield app, await open_desk(machine, app.state.house.customers, folder)


async def browser(app: FastAPI, desk: Desk, actor: Actor) -> Browsing:
    """A signed-in browser of `actor`."""
    return Browsing(app).sign_in(await open_session(desk.machine, actor.person_id))


async def program(app: FastAPI, desk: Desk, actor: Actor, *scopes: str) -> AsyncClient:
    """A program with a token of `actor`."""
    async with desk.machine.units.begin() as unit:
        _, secret = await tokens.create(
            unit,
            actor.person_id,
            name="test",
            by=None,
            via="page",
            scopes=scopes or ("read", "write", "customers:read", "customers:write"),
        )
    return AsyncClient(
        transport=ASGITransport(app, client=("127.0.0.1", 50000)),
        base_url=desk.machine.settings.public_url,
        headers={"authorization": f"Bearer {secret}", "accept": "application/json"},
    )
