"""Facts become answers: problem+json for programs, words on a page for people."""

from contextlib import suppress
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from parley.core import log
from parley.kit.errors import Invalid, NotFound, NotSignedIn, Problem, TooMany, Unavailable
from parley.web.rendering import Renderer

logger = log.get("web")
_TITLES = {
    404: "Not here",
    401: "Please sign in",
    403: "Not for you",
    409: "Somebody was faster",
    413: "Too large",
    422: "Not quite",
    429: "One moment",
    500: "Our mistake",
    503: "One moment",
    507: "No room left",
}
_BY_STATUS: dict[int, type[Problem]] = {404: NotFound, 401: NotSignedIn, 503: Unavailable}


class MethodNotAllowed(Problem):
    """405: the path exists, the method does not."""

    status = 405
    code = "method_not_allowed"
    sentence = "This address does not take that method."


class Broken(Problem):
    """500: our fault; the log knows more."""

    status = 500
    code = "internal"
    sentence = "Something broke on our side. What you typed is still here; please try again."


def install(app: FastAPI) -> None:
    """Let `app` answer every error in the right form."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _crash)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  (the handler is registered for nothing else)
    return answer(request, error)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    fields = {".".join(str(part) for part in item["loc"][1:]) or "body": str(item["msg"]) for item in error.errors()}
    if any(item["loc"][0] == "path" for item in error.errors()):
        return answer(request, NotFound())
    return answer(request, Invalid(fields=fields))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    await _meet(request)
    if error.status_code == 405:
        response = answer(request, MethodNotAllowed())
    elif error.status_code in _BY_STATUS:
        response = answer(request, _BY_STATUS[error.status_code]())
    else:
        problem = Problem()
        problem.status = error.status_code
        response = answer(request, problem)
    for name, value in (error.headers or {}).items():
        response.headers.setdefault(name, value)
    return response


async def _crash(request: Request, error: Exception) -> Response:
    logger.error("request_failed", path=request.url.path, exc_info=error)
    return answer(request, Broken())


async def _meet(request: Request) -> None:
    """Find out who asks where no guard did, so that a path that does not exist answers in their language and theme."""
    if not hasattr(request.state, "actor"):
        with suppress(Problem):
            request.state.actor = await request.app.state.authenticate(request)


def answer(request: Request, problem: Problem) -> Response:
    """Say `problem` in the form the caller understands."""
    renderer: Renderer = request.app.state.renderer
    actor = getattr(request.state, "actor", None)
    language = renderer.language_for(actor, request.headers.get("accept-language", ""))
    words = renderer.say(problem, language)
    if problem.fields and problem.sentence == Invalid.sentence:
        words = " ".join(renderer.translate(field, language) for field in problem.fields.values())
    title = renderer.translate(_TITLES.get(problem.status, "That did not work"), language)
    headers = _headers(problem)
    path = request.url.path
    if path.startswith(("/api/", "/scim/", "/hooks/", "/sources/")) or path in {"/openapi.json", "/metrics"}:
        return JSONResponse(
            {
                "type": f"urn:parley:problem:{problem.code}",
                "title": words,
                "status": problem.status,
                "detail": words,
                "code": problem.code,
                "fields": problem.fields,
                **{name: value for name, value in problem.values.items() if isinstance(value, int)},
            },
            problem.status,
            headers,
            "application/problem+json",
        )
    if request.headers.get("HX-Request") == "true":
        if problem.status == NotSignedIn.status:
            headers["HX-Redirect"] = "/sign-in"
        headers |= {"X-Parley-Error": quote(words), "X-Parley-Code": problem.code, "HX-Reswap": "none"}
        return HTMLResponse(
            renderer.render("errors/_error.html", language, title=title, sentence=words), problem.status, headers
        )
    if (
        problem.status == NotSignedIn.status
        and request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
    ):
        back = path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(back, safe='/')}", 303)
    return HTMLResponse(
        renderer.render(
            "errors/page.html",
            language,
            page=renderer.bare_page(actor, language, title),
            status=problem.status,
            title=title,
            sentence=words,
            retry=problem.status >= 429,
        ),
        problem.status,
        headers,
    )


def _headers(problem: Problem) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(problem, TooMany):
        wait = str(max(1, round(problem.retry_after)))
        headers |= {
            "Retry-After": wait,
            "RateLimit-Limit": str(problem.limit),
            "RateLimit-Remaining": str(problem.remaining),
            "RateLimit-Reset": wait,
        }
    if isinstance(problem, Unavailable):
        headers["Retry-After"] = "2"
    if isinstance(problem, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return headers
