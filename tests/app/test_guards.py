"""Every route of the running application names who may, and a route that does not keeps the house from opening."""

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.routing import APIRoute

from parley.app.routes import Unguarded, check_guards, every, guard_of
from parley.web.visit import UNSAFE, Reader

PUBLIC = {
    # What strangers may ask, each with its reason.
    "/healthz",  # probes; figures ask for a token of their own
    "/readyz",
    "/metrics",
    "/static/{name:path}",  # files without anybody's data
    "/faces/{name}.svg",
    "/sign-in",  # the way in and out
    "/sign-out",
    "/auth/{provider}/login",
    "/auth/{provider}/callback",
    "/auth/link/{token}",
    "/demo",  # not there at all outside the demo on loopback
    "/demo/{person_id}",
}


def test_every_route_names_a_guard(app: FastAPI) -> None:
    routes = list(every(app.routes))
    assert len(routes) > 60
    for route in routes:
        assert isinstance(route, APIRoute), f"{route} is no route of ours"
        assert guard_of(route) is not None, route.path


def test_what_strangers_may_ask_is_a_short_list(app: FastAPI) -> None:
    public = {route.path for route in every(app.routes) if (guard := guard_of(route)) and guard.public}
    assert public <= PUBLIC, public - PUBLIC


def test_a_program_needs_a_scope_for_everything(app: FastAPI) -> None:
    for route in every(app.routes):
        guard = guard_of(route)
        if guard and not guard.public and route.path.startswith("/api/"):
            assert guard.scope, route.path
            if route.methods & UNSAFE and not route.path.endswith("/preview"):
                assert not guard.scope.endswith("read"), f"{route.methods} {route.path} changes with a scope that reads"


def test_the_framework_opens_no_door_of_its_own(app: FastAPI) -> None:
    assert {"/docs", "/redoc"}.isdisjoint({getattr(route, "path", "") for route in every(app.routes)})
    (description,) = [route for route in every(app.routes) if getattr(route, "path", "") == "/openapi.json"]
    assert guard_of(description).public is False


async def guarded(_visit: Reader) -> None: ...


async def bare() -> None: ...


async def socket(websocket: WebSocket) -> None: ...


@pytest.mark.parametrize("kind", ["route", "router", "mount", "websocket", "docs"])
def test_a_door_without_a_guard_keeps_the_house_from_opening(kind: str) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/with", guarded)
    check_guards(app)
    if kind == "route":
        app.add_api_route("/without", bare)
    elif kind == "router":
        inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        inner.add_api_route("/without", bare)
        app.include_router(inner.router, prefix="/inner")
    elif kind == "mount":
        app.mount("/inner", FastAPI(docs_url=None, redoc_url=None, openapi_url=None))
    elif kind == "websocket":
        app.add_api_websocket_route("/socket", socket)
    else:
        app = FastAPI()
    with pytest.raises(Unguarded):
        check_guards(app)
