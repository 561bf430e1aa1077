"""A visit: one request by one actor, with everything a route needs; and the guards that every route must name."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any, cast
from urllib.parse import quote

from fastapi import Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.machine import Machine
from parley.core.unit import Unit
from parley.kit.errors import Forbidden, NotSignedIn, Problem
from parley.policy.actor import Actor
from parley.web import csrf, forms
from parley.web.rendering import Renderer

MAX_ID = 2**31 - 1
"""The columns hold no more; a larger number would be an error of the database instead of an unknown id."""
Id = Annotated[int, Path(ge=1, le=MAX_ID)]
Number = Annotated[int | None, Query(ge=0, le=MAX_ID)]
"""The number of a post, or an id to go on from."""
Offset = Annotated[int, Query(ge=0, le=100_000)]
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Visit:
    """One request by one actor."""

    def __init__(self, request: Request, actor: Actor | None) -> None:
        """Tie the request to who makes it; None is a stranger on a public route."""
        self.request = request
        self.maybe_actor = actor

    @property
    def actor(self) -> Actor:
        """Who acts; raises `NotSignedIn` for a stranger."""
        if self.maybe_actor is None:
            raise NotSignedIn
        return self.maybe_actor

    @property
    def machine(self) -> Machine:
        """The running machine."""
        return cast(Machine, self.request.app.state.machine)

    @property
    def renderer(self) -> Renderer:
        """What turns templates into HTML."""
        return cast(Renderer, self.request.app.state.renderer)

    @property
    def htmx(self) -> bool:
        """Whether htmx asks, and a part of a page is wanted."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def target(self) -> str:
        """The id of the element that htmx will fill, or nothing."""
        return self.request.headers.get("HX-Target", "").split("#")[-1]

    @property
    def address(self) -> str:
        """The client's address, as the trusted proxies tell it."""
        return self.request.client.host if self.request.client else ""

    @property
    def language(self) -> str:
        """The language to answer in."""
        return self.renderer.language_for(self.maybe_actor, self.request.headers.get("accept-language", ""))

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        """Open the unit of work; the actor's right to be here is read again inside it."""
        async with self.machine.units.begin() as unit:
            if self.maybe_actor is not None:
                await self.request.app.state.recheck(unit.session, self.maybe_actor)
            yield unit

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session that sees one moment of the database."""
        return self.machine.database.reading()

    async def limit(self, rule: str, key: object = None) -> None:
        """Count one use of `rule` by `key` (the actor, else the address); raise `TooMany` when it is too much."""
        who = key if key is not None else (self.maybe_actor.person_id if self.maybe_actor else self.address)
        await self.request.app.state.limit(rule, str(who))

    async def page(
        self,
        session: AsyncSession,
        template: str,
        *,
        title: str,
        place: str = "",
        topics: Sequence[str] = (),
        channel_id: int | None = None,
        status: int = 200,
        **context: Any,  # noqa: ANN401  (what templates show)
    ) -> Response:
        """Render a whole page in its shell. `topics` are what the page hears beside what every page of the reader does.

        The positions of all topics are read in `session`, which sees the same moment as the page's own rows.
        """
        shell = await self.request.app.state.shell(session, self, title, place, topics, channel_id)
        return HTMLResponse(self.renderer.render(template, self.language, page=shell, **context), status)

    def fragment(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: object
    ) -> Response:
        """Render a part of a page for htmx."""
        return HTMLResponse(
            self.renderer.render(
                template,
                self.language,
                page=self.renderer.bare_page(self.maybe_actor, self.language, csrf=self.csrf_token),
                **context,
            ),
            status,
            dict(headers or {}),
        )

    def public_page(self, template: str, *, title: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401
        """Render a page that stands outside the shell: sign-in, links."""
        bare = self.renderer.bare_page(None, self.language, title)
        return HTMLResponse(self.renderer.render(template, self.language, page=bare, **context), status)

    def say(self, message: str) -> str:
        """Return `message` in the reader's language."""
        return self.renderer.translate(message, self.language)

    def say_fields(self, problem: Problem) -> dict[str, str]:
        """Return what is wrong with each field, in the reader's language."""
        return {name: self.say(words) for name, words in problem.fields.items()}

    async def form(self) -> forms.Form:
        """Read the submitted form."""
        return await forms.read(self.request)

    def seen(self, path: str) -> Response:
        """Answer a done act: a plain form goes to `path`, htmx is told to load it."""
        if self.htmx:
            return Response(status_code=204, headers={"HX-Redirect": quote(path, safe="/?=&#-_.~%")})
        return RedirectResponse(path, 303)

    @property
    def csrf_token(self) -> str:
        """A fresh mask of this session's token; empty for strangers."""
        return csrf.token(self.request, self.maybe_actor)


class Guard:
    """The policy of a route: who may call it at all. Objects are judged by the policies of their domain."""

    def __init__(self, scope: str = "", *roles: str, public: bool = False) -> None:
        """Require `scope` of tokens and one of `roles` (if any) of the person, or let everybody in when `public`."""
        self.scope = scope
        self.roles = roles
        self.public = public

    async def __call__(self, request: Request) -> Visit:
        """Return the visit, or raise what is missing."""
        actor: Actor | None = await request.app.state.authenticate(request)
        request.state.actor = actor
        if actor is None and not self.public:
            raise NotSignedIn
        if request.method in UNSAFE and (actor is None or actor.token_id is None):
            await csrf.check(request, actor)
        if self.public or actor is None:
            return Visit(request, actor)
        if self.scope and not actor.may_use(self.scope):
            raise Forbidden("This token was not given the scope %(scope)s.", code="missing_scope", scope=self.scope)
        if self.roles and not actor.has(*self.roles):
            raise Forbidden(code="missing_role")
        return Visit(request, actor)


Anyone = Annotated[Visit, Depends(Guard(public=True))]
Reader = Annotated[Visit, Depends(Guard("read"))]
Writer = Annotated[Visit, Depends(Guard("write"))]
CustomerReader = Annotated[Visit, Depends(Guard("customers:read"))]
CustomerWriter = Annotated[Visit, Depends(Guard("customers:write"))]
AdminReader = Annotated[Visit, Depends(Guard("admin:read", "it_admin"))]
AdminWriter = Annotated[Visit, Depends(Guard("admin:write", "it_admin"))]
AuditReader = Annotated[Visit, Depends(Guard("admin:read", "auditor", "it_admin"))]
SourceReader = Annotated[Visit, Depends(Guard("admin:read", "customer_lead", "it_admin"))]
SourceWriter = Annotated[Visit, Depends(Guard("admin:write", "customer_lead", "it_admin"))]
