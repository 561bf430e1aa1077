"""What may stand in a file of the project, and how much."""

import ast
import re

from tree import ROOT, modules, tracked

LINES, FUNCTION_LINES = 350, 70
"""Over about 300 and 60 a module or function asks to be split; from here on it must be."""
DATA = {"kit/emoji.py"}
"""Tables of values, which no split makes easier to read."""
# Written in pieces, so that this file does not contain what it looks for.
PLAIN = {"ANN401", "S101", "A002", "RUF001"}
"""Rules whose silencing says all by itself: an open type, a fact for the type checker, a given name, foreign words."""
UNDONE = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X:")))
FORBIDDEN = {
    "a path of a machine": re.compile(
        "|".join(f"(?<![\\w.:/-])/{name}/" for name in ("wo" + "rk", "ro" + "ot", "ho" + "me"))
    ),
    "a registry's host": re.compile("|".join(("py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.(?:org|com)"))),
}
BINARY = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".woff2", ".ico", ".eml", ".mbox"}


def test_no_file_holds_too_much() -> None:
    long = {name: len(text.splitlines()) for name, _, text in modules() if name not in DATA}
    assert {name: lines for name, lines in long.items() if lines > LINES} == {}


def test_no_function_does_too_much() -> None:
    long = {}
    for name, tree, _ in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long[f"{name}:{node.name}"] = lines
    assert long == {}


def test_nothing_of_this_machine_stands_in_the_project() -> None:
    found = []
    for path in tracked():
        if path.suffix in BINARY:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [
            f"{path.relative_to(ROOT)}: {what}: {match[0]}"
            for what, pattern in FORBIDDEN.items()
            if (match := pattern.search(text))
        ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    assert [name for name, _, text in modules() if UNDONE.search(text)] == []


def test_each_silenced_rule_has_its_reason() -> None:
    bare = re.compile(
        r"#\s*(?:noqa: (?P<rules>[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)|noqa|type: ignore(?:\[[\w, -]+\])?)\s*$", re.MULTILINE
    )
    found = [(name, match) for name, _, text in modules() for match in bare.finditer(text)]
    assert [f"{name}: {match[0]}" for name, match in found if match["rules"] not in PLAIN] == []
