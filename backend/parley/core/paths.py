"""Where the files beside the code stand: in the source tree, or bundled in the wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_BUNDLE = _PACKAGE / "_bundle"
_ROOT = _BUNDLE if _BUNDLE.exists() else _PACKAGE.parent.parent


def templates_dir() -> Path:
    """The Jinja templates."""
    return _ROOT / "frontend" / "templates"


def dist_dir() -> Path:
    """The built assets."""
    return _ROOT / "frontend" / "dist"


def locales_dir() -> Path:
    """The gettext catalogues."""
    return _ROOT / "frontend" / "locales"


def migrations_dir() -> Path:
    """The Alembic chain."""
    return _ROOT / "migrations"
