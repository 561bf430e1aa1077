"""The session's cookie. Its name follows the scheme of the public URL, never the request's."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from parley.core.settings import Settings


def name(settings: Settings) -> str:
    """Return the session cookie's name; `__Host-` binds it to this very host and to https."""
    return "__Host-parley" if settings.secure else "parley"


def binding_name(settings: Settings) -> str:
    """Return the name of the cookie that ties a sign-in under way to this browser."""
    return "__Host-parley-signin" if settings.secure else "parley-signin"


def read(connection: HTTPConnection, settings: Settings) -> str:
    """Return the session's secret, or nothing."""
    return connection.cookies.get(name(settings), "")


def give(response: Response, settings: Settings, secret: str) -> None:
    """Put the session's secret into the browser."""
    _set(response, settings, name(settings), secret, settings.session_absolute_days * 24 * 3600)


def take(response: Response, settings: Settings) -> None:
    """Take the session's secret from the browser."""
    response.delete_cookie(name(settings), path="/", secure=settings.secure, httponly=True, samesite="lax")


def bind(response: Response, settings: Settings, secret: str, seconds: int) -> None:
    """Tie a sign-in under way to this browser. Lax, since a Strict cookie is absent on the way back."""
    _set(response, settings, binding_name(settings), secret, seconds)


def _set(response: Response, settings: Settings, cookie: str, value: str, seconds: int) -> None:
    response.set_cookie(cookie, value, max_age=seconds, path="/", secure=settings.secure, httponly=True, samesite="lax")
