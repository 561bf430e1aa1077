"""The printed table of permissions is what the rules say."""

import os
from pathlib import Path

from parley.policy import permissions

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def test_the_page_says_what_the_rules_say() -> None:
    if os.environ.get("PARLEY_TEST_WRITE_PERMISSIONS"):
        PAGE.write_text(permissions.table())
    assert PAGE.read_text() == permissions.table(), "if this is meant: PARLEY_TEST_WRITE_PERMISSIONS=1 writes it anew"


def test_what_must_never_be_in_the_table() -> None:
    found = permissions.table()
    for kind in ("private", "direct"):
        part = found.split(f"## {kind.capitalize()}")[1].split("##")[0]
        assert "outside" not in part
