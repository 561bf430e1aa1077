"""The application: every router, guard and socket of the house, made from the settings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256

from fastapi import APIRouter, FastAPI
from markupsafe import Markup
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from parley import __version__
from parley.app import composition, health
from parley.app.outside import CustomersOutside
from parley.app.routes import check_guards
from parley.app.shell import shell
from parley.channels import routes as channels_routes
from parley.core import crypto
from parley.core.limits import Limiter
from parley.core.machine import Machine
from parley.customers import routes as customers_routes
from parley.feed import api as feed_api
from parley.feed import catch_up_api, catch_up_pages
from parley.feed import duties as feed_duties
from parley.feed import home as feed_home
from parley.feed import pages as feed_pages
from parley.identity import authenticate
from parley.kit.errors import TooMany
from parley.notifications import api as notifications_api
from parley.notifications import pages as notifications_pages
from parley.posts import api as posts_api
from parley.posts import files as posts_files
from parley.posts import link_pages as posts_link_pages
from parley.posts import mentioning as posts_mentioning
from parley.posts import pages as posts_pages
from parley.posts import place_api as posts_place_api
from parley.posts import place_pages as posts_place_pages
from parley.posts import threads_api, threads_pages
from parley.posts import tools as posts_tools
from parley.posts import writing_api as posts_writing_api
from parley.posts import writing_pages as posts_writing_pages
from parley.posts.kinds import routes as kinds_routes
from parley.posts.shelf import Shelf
from parley.realtime import sockets, topics
from parley.realtime.hub import Hub
from parley.realtime.presence import Presence
from parley.search import api as search_api
from parley.search import pages as search_pages
from parley.search import similar as search_similar
from parley.web import errors, static
from parley.web.middleware import Frame
from parley.web.rendering import Renderer


def routers() -> list[APIRouter]:
    """Every router, the one with the widest paths last."""
    return [
        static.router,
        health.router,
        *composition.identity_routers(),
        *channels_routes.routers(),
        feed_home.router,
        catch_up_pages.router,
        catch_up_api.router,
        feed_pages.router,
        feed_api.router,
        feed_duties.router,
        notifications_pages.router,
        notifications_api.router,
        search_pages.router,
        search_similar.router,
        search_api.router,
        *customers_routes.routers(),
        *composition.admin_routers(),
        *kinds_routes.routers(),
        posts_files.router,
        posts_link_pages.router,
        posts_mentioning.router,
        posts_mentioning.api,
        threads_pages.router,
        threads_api.router,
        posts_api.router,
        posts_place_api.router,
        posts_place_pages.router,
        posts_writing_api.router,
        posts_writing_pages.router,
        posts_tools.router,
        posts_pages.router,
    ]


class Application(FastAPI):
    """FastAPI for requests; a socket goes straight to its door.

    Everything a socket is passed through on its way in stays in memory as long as it is open: some twenty frames of the
    framework for each, more than all that we keep of it ourselves.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket":
            scope["app"] = self
            await sockets.door(WebSocket(scope, receive, send))
        else:
            await super().__call__(scope, receive, send)


def create_app(machine: Machine, *, lifespan_hooks: tuple[Callable[[FastAPI], Awaitable[None]], ...] = ()) -> FastAPI:
    """Build the application on `machine`. Refuses to be built with a route that names no guard.

    `lifespan_hooks` run after start, when the application can serve (the embedded worker, the demo).
    """
    settings = machine.settings
    renderer = Renderer(settings)
    house = composition.compose(machine)
    app = Application(
        title="Parley",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # The framework's redirect would build its address from the Host header.
        redirect_slashes=False,
        lifespan=partial(_lifespan, hooks=lifespan_hooks),
        # Compressed pages are safe: the one secret in them, the CSRF token, is masked anew each time.
        middleware=[
            Middleware(Frame, settings=settings),
            Middleware(GZipMiddleware, minimum_size=800, compresslevel=5),
        ],
    )
    hub = Hub(machine, renderer, house.voices)
    limiter = Limiter(settings.redis_url, sha256(b"limits" + settings.key).hexdigest()[:16])
    house.closing.append(limiter.close)

    async def limit(rule: str, key: str) -> None:
        verdict = await limiter.hit(rule, key)
        if not verdict.allowed:
            raise TooMany(verdict.reset_seconds, verdict.limit, verdict.remaining)

    app.state.machine, app.state.renderer, app.state.house, app.state.hub = machine, renderer, house, hub
    app.state.presence = Presence(machine, hub)
    app.state.authenticate, app.state.recheck = authenticate.authenticate, authenticate.recheck
    app.state.shell, app.state.limit, app.state.demo = shell, limit, None
    app.state.surfaced, app.state.outside = house.surfaced, CustomersOutside()
    app.state.blobs = house.blobs
    app.state.post_fragments, app.state.post_answers = Shelf[Markup](), Shelf[bytes]()
    app.state.csrf_key = crypto.derive(settings.key, "csrf")
    hub.on_word.append(partial(topics.control, machine.database, hub))
    errors.install(app)
    for router in routers():
        app.include_router(router)
    composition.openapi_route(app)
    check_guards(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, hooks: tuple[Callable[[FastAPI], Awaitable[None]], ...]) -> AsyncIterator[None]:
    machine: Machine = app.state.machine
    await machine.start()
    await app.state.hub.start()
    try:
        for hook in hooks:
            await hook(app)
        yield
    finally:
        await app.state.hub.close()
        if last_seen := getattr(app.state, "last_seen", None):
            await last_seen.close()
        if federation := getattr(app.state, "federation", None):
            await federation.http.aclose()
        await app.state.house.close()
        await machine.close()
