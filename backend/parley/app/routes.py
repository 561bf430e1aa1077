"""No route without a policy: the application is not built with one that names no guard.

The two sockets are no routes: `realtime.sockets` judges them, since they must accept before they can refuse.
"""

from collections.abc import Iterable, Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from parley.web.visit import Guard


class Unguarded(Exception):  # noqa: N818  (says what is wrong)
    """A route was added without a guard."""


def check_guards(app: FastAPI) -> None:
    """Raise `Unguarded` for a route without a guard, the framework's own included."""
    for route in every(app.routes):
        if not (isinstance(route, APIRoute) and any(guards(route.dependant))):
            raise Unguarded(f"{getattr(route, 'path', route)} names no guard")


def every(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every single route, those of included routers one by one."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from every(included.routes)


def guard_of(route: BaseRoute) -> Guard | None:
    """Return the guard of a route, if it has one."""
    return next(guards(route.dependant), None) if isinstance(route, APIRoute) else None


def guards(dependant: Dependant) -> Iterator[Guard]:
    """Every guard that `dependant` asks."""
    for part in dependant.dependencies:
        if isinstance(part.call, Guard):
            yield part.call
        yield from guards(part)
