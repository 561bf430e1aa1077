"""The source tree, as tests about the code itself see it."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "backend" / "parley"
TEMPLATES = ROOT / "frontend" / "templates"
_MADE = {".git", ".venv", "node_modules", "dist", "var", "__pycache__"}


def modules() -> Iterator[tuple[str, ast.Module, str]]:
    """Yield each module of the package: its path in the package, its syntax tree, its text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        yield str(path.relative_to(PACKAGE)), ast.parse(text), text


def imported(tree: ast.Module) -> set[str]:
    """Return the names of all modules that `tree` imports at run time."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def tracked() -> list[Path]:
    """Return every file that belongs to the project: what git tracks, or all that was not made where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode == 0 and listed.stdout:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not _MADE & set(path.relative_to(ROOT).parts)]
    return [path for path in found if path.is_file()]
