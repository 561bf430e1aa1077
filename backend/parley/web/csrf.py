"""No other site may make a browser change anything here: Origin, Sec-Fetch-Site and a token bound to the session."""

from urllib.parse import urlsplit

from fastapi import Request

from parley.core import crypto
from parley.kit.errors import Forbidden
from parley.policy.actor import Actor

_SENTENCE = "This did not come from our own page. Load the page again and repeat it."


def token(request: Request, actor: Actor | None) -> str:
    """Return this session's token, masked anew for each answer since compressed pages leak constants (BREACH)."""
    if actor is None or actor.session_id is None:
        return ""
    return crypto.csrf_token(request.app.state.csrf_key, str(actor.session_id))


async def check(request: Request, actor: Actor | None) -> None:
    """Raise `Forbidden` unless the change was asked for by our own page. Strangers have no session to misuse."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    ours = request.app.state.machine.settings.public_url
    if origin is not None and origin != _origin(ours):
        raise Forbidden(_SENTENCE, code="cross_site")
    if site is not None and site not in {"same-origin", "none"}:
        raise Forbidden(_SENTENCE, code="cross_site")
    if actor is None:
        if origin is None and site is None:
            raise Forbidden(_SENTENCE, code="cross_site")
        return
    given = request.headers.get("x-csrf-token") or await _field(request)
    if not crypto.csrf_valid(request.app.state.csrf_key, str(actor.session_id), given):
        await request.close()  # a form that was read for its token may hold an upload
        raise Forbidden(_SENTENCE, code="csrf")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _field(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        return ""
    value = (await request.form()).get("csrf_token", "")
    return value if isinstance(value, str) else ""
