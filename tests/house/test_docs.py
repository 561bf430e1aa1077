"""The pages for operators are complete: every setting, every command."""

import re

import pytest
import typer

from parley.cli.main import app
from parley.core.settings import Settings
from tree import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
EVERYWHERE = "\n".join(path.read_text() for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
INNER = {"demo"}


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name not in INNER])
def test_every_setting_is_explained(name: str) -> None:
    assert f"`PARLEY_{name.upper()}`" in OPERATIONS


def test_no_setting_is_explained_that_is_not_there() -> None:
    known = {f"PARLEY_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"`(PARLEY_[A-Z_]+)`", OPERATIONS)) <= known


@pytest.mark.parametrize("words", sorted(typer.main.get_command(app).commands))
def test_every_command_is_named_somewhere(words: str) -> None:
    assert f"parley {words}" in EVERYWHERE


def test_links_between_pages_lead_somewhere() -> None:
    for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name} points at {target}"
