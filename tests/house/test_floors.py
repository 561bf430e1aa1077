"""The floors: nobody imports upward or sideways, and below the routes nobody knows HTTP or templates."""

import subprocess
import sys

import pytest

from tree import ROOT, imported, modules

OUTER = {"fastapi", "starlette", "jinja2"}
ROUTES = {"web", "app", "cli", "worker", "realtime"}
"""Rooms that are made of routes and rendering."""
ROUTE_FILES = {"pages.py", "api.py", "routes.py", "live.py", "files.py", "views.py", "forms.py"}


def test_nobody_imports_upward_or_sideways() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


INSIDE = [
    (name, tree)
    for name, tree, _ in modules()
    if name.split("/")[0] not in ROUTES
    and ("/service" in name or name.endswith(("queries.py", "schemas.py", "handlers.py", "jobs.py", "service.py")))
]


def test_there_are_rooms_below_the_routes() -> None:
    assert len(INSIDE) > 20


@pytest.mark.parametrize(("name", "tree"), INSIDE, ids=[name for name, _ in INSIDE])
def test_below_the_routes_nobody_knows_http_or_templates(name: str, tree) -> None:
    outer = {module.split(".")[0] for module in imported(tree)} & OUTER
    assert not outer, f"{name} imports {outer}"


def test_pages_and_api_do_not_import_each_other() -> None:
    for name, tree, _ in modules():
        domain, _, file = name.rpartition("/")
        other = {"pages.py": "api", "api.py": "pages"}.get(file)
        if other:
            assert f"parley.{domain.replace('/', '.')}.{other}" not in imported(tree), name


def test_services_flush_and_never_commit() -> None:
    for name, _, text in modules():
        if "/service" in name or name.endswith("service.py"):
            assert ".commit(" not in text, name
