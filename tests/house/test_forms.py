"""Forms: what a template sends goes to a route that exists, so no button leads nowhere."""

import re

from starlette.routing import Route, compile_path

from parley.app.routes import every
from tree import TEMPLATES

SENT = re.compile(r'\b(hx-post|hx-get|action)="(/[^"]*)"')
SAID = re.compile(r"\{%.*?%\}")
FILLED = re.compile(r"\{\{.*?\}\}")
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
OF_THE_CALLER = {"/conversations/7/7"}
"""Addresses of macros, whose last word the caller gives."""


def sent(text: str) -> set[tuple[str, str]]:
    """Return the methods and paths that a template sends to, with 7 for what is filled in."""
    found = set()
    for attribute, address in SENT.findall(text):
        path = re.split(r"[?#]", FILLED.sub("7", SAID.sub("", address)))[0]
        method = "POST" if attribute == "hx-post" else "GET" if attribute == "hx-get" else "ANY"
        found.add((method, path))
    return {(method, path) for method, path in found if path not in OF_THE_CALLER}


def test_what_is_sent_is_found() -> None:
    assert sent('<form action="/a/{{ x.id }}/b?c=1" hx-post="/a/{{ x.id }}">') == {("ANY", "/a/7/b"), ("POST", "/a/7")}


def test_every_form_leads_to_a_route(app) -> None:
    routes = [
        (compile_path(route.path)[0], {*route.methods, "ANY"})
        for route in every(app.routes)
        if isinstance(route, Route)
    ]
    lost = {
        (name, method, path)
        for name in NAMES
        for method, path in sent((TEMPLATES / name).read_text())
        if not any(pattern.match(path) and method in methods for pattern, methods in routes)
    }
    assert lost == set()
