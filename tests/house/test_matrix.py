"""The permission matrix, from the running application: every route, asked by everybody, about everything.

Which routes are open to strangers is written down in `tests/app/test_guards.py`.
"""

import pytest
from fastapi.routing import APIRoute

from house.questions import questions
from house.walking import Walk, alike
from parley.app.routes import every, guard_of
from parley.policy.actor import SCOPES

STRANGERS = (None, "dee")
"""Nobody, and somebody who left."""
DOMAINS = (
    "app",
    "web",
    "identity",
    "people",
    "channels",
    "feed",
    "notifications",
    "search",
    "customers",
    "admin",
    "posts",
)


def routes_of(app, domain: str) -> list[APIRoute]:
    return [
        route for route in every(app.routes) if guard_of(route) and route.endpoint.__module__.split(".")[1] == domain
    ]


def test_no_route_is_left_out(app) -> None:
    asked = [route for domain in DOMAINS for route in routes_of(app, domain)]
    assert len(asked) == len([route for route in every(app.routes) if guard_of(route)])


@pytest.mark.parametrize("domain", DOMAINS)
async def test_everybody_gets_what_is_theirs_and_nothing_else(app, walk: Walk, domain: str) -> None:
    for route in routes_of(app, domain):
        guard, answered = guard_of(route), 0
        for place, question in enumerate(questions(route, walk.props)):
            if not guard.public:
                await _strangers_sign_in(walk, question, STRANGERS[: None if place == 0 else 1])
            for name in question.names:
                answer = await walk.ask(question, name)
                answered += answer.status_code < 400
                may_ask = not guard.roles or walk.props.cast.people[name].actor.has(*guard.roles)
                exists = name in question.readers
                if not may_ask:
                    walk.check(answer.status_code == 403, question, name, answer, "is let in without the role")
                elif not exists:
                    walk.check(answer.status_code == 404, question, name, answer, "hears that it is there")
                else:
                    walk.check(answer.status_code != 401, question, name, answer, "is not known")
                if not (may_ask and exists) and question.unknown:
                    nothing = await walk.nothing(question, name)
                    same = alike(answer, nothing, question.path, question.unknown)
                    walk.check(same, question, name, answer, "can tell it from what is not there")
            if question.api:
                await _scopes(walk, question, guard, SCOPES if place == 0 else [guard.scope])
        if not answered:
            walk.complaints.append(f"{route.methods} {route.path} answered nobody")
    assert not walk.complaints, "\n".join([f"{len(walk.complaints)} complaints", *walk.complaints[:60]])


async def _strangers_sign_in(walk: Walk, question, names) -> None:
    for name in names:
        answer = await walk.ask(question, name)
        page = not (question.unsafe or question.headers or question.api or question.route == "/openapi.json")
        told = answer.headers.get("location", "").startswith("/sign-in?next=") if page else answer.status_code == 401
        walk.check(told, question, name, answer, "is not told to sign in")


async def _scopes(walk: Walk, question, guard, scopes) -> None:
    """A token with one scope gets no further than that scope, and hears of customers with theirs alone."""
    name = "lea" if "customer_lead" in guard.roles else "alice"
    for scope in scopes:
        answer = await walk.ask(question, name, scope)
        refused = answer.status_code == 403 and answer.json()["code"] == "missing_scope"
        walk.check(refused == (scope != guard.scope), question, f"{name} with {scope}", answer, "crosses its scope")
