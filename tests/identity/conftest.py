"""A small company of accounts: Alice may always get in, Bob is IT too, Charlie works here."""

from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter, FastAPI

from identity.helpers import Browsing, Company, open_session
from identity.provider import LoopbackProvider
from parley.core import crypto
from parley.core.eventlog import Hint
from parley.core.machine import Machine
from parley.core.settings import Settings
from parley.events.identity import PersonCreated
from parley.identity import authenticate
from parley.identity import routes as identity_routes
from parley.identity.service import accounts, providers
from parley.identity.wiring import seals
from parley.people import handlers
from parley.people import routes as people_routes
from parley.web import errors
from parley.web.rendering import Renderer


@pytest.fixture
async def company(machine: Machine) -> Company:
    machine.on(PersonCreated, handlers.introduce)
    async with machine.units.begin() as unit:
        alice = await accounts.make_admin(unit, email="alice@example.org", name="Alice Admin")
        bob = await accounts.create_person(
            unit, email="bob@example.org", name="Bob Brook", by=alice.id, via="page", roles=["it_admin"]
        )
        charlie = await accounts.create_person(
            unit, email="charlie@example.org", name="Charlie Cole", by=alice.id, via="page"
        )
    return Company(alice.id, bob.id, charlie.id)


@pytest.fixture
def heard(machine: Machine) -> list[Hint]:
    """Every word and event that the bus carried."""
    hints: list[Hint] = []
    machine.bus.listen(hints.append)
    return hints


@pytest.fixture
def more_routers() -> list[APIRouter]:
    """What else the application under test serves."""
    return []


@pytest.fixture
async def app(machine: Machine, more_routers: list[APIRouter]) -> AsyncIterator[FastAPI]:
    """The routes of identity and people, with nothing of the other domains."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    state = app.state
    state.machine, state.renderer = machine, Renderer(machine.settings)
    state.authenticate, state.recheck = authenticate.authenticate, authenticate.recheck
    state.csrf_key = crypto.derive(machine.settings.key, "csrf")
    state.demo = None

    async def shell(session, visit, title, place, topics, channel_id):
        return state.renderer.bare_page(visit.actor, visit.language, title, visit.csrf_token)

    async def limit(rule, key):
        return None

    state.shell, state.limit = shell, limit
    errors.install(app)
    for router in [*identity_routes.routers(), *people_routes.routers(), *more_routers]:
        app.include_router(router)
    yield app
    if hasattr(state, "last_seen"):
        await state.last_seen.close()
    if hasattr(state, "federation"):
        await state.federation.http.aclose()


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browsing]:
    """Somebody who is not signed in."""
    async with Browsing(app) as client:
        yield client


@pytest.fixture
async def sign_in(machine: Machine, app: FastAPI) -> AsyncIterator:
    """Return browsers that are signed in as the given persons."""
    opened: list[Browsing] = []

    async def enter(person_id: int) -> Browsing:
        session = await open_session(machine, person_id)
        client = Browsing(app).sign_in(session)
        client.session = session
        opened.append(client)
        return client

    yield enter
    for client in opened:
        await client.aclose()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings that let IT configure a provider on this very machine."""
    return settings.model_copy(update={"trusted_networks": ("127.0.0.0/8",)})


@pytest.fixture
async def provider(machine: Machine, company: Company) -> AsyncIterator[LoopbackProvider]:
    """A provider that serves on loopback, set up under the short name `test`."""
    running = LoopbackProvider()
    await running.start()
    async with machine.units.begin() as unit:
        running.row = await providers.save(
            unit, providers.checked(running.wanted(), plain_http=True), seals(machine.settings), by=None, via="command"
        )
    yield running
    await running.stop()
