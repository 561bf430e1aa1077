"""Puts what stands beside the code into the wheel, under parley/_bundle, where parley.core.paths finds it."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = ("frontend/templates", "frontend/dist", "frontend/locales", "migrations")


class Bundle(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own parameter says nothing to us
    """A wheel carries the bundle; an editable install uses the source tree as it stands."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders to a standard wheel; refuse when one of them was not made yet."""
        if version != "standard":
            return
        for folder in BUNDLED:
            path = Path(self.root) / folder
            if not path.is_dir():
                raise FileNotFoundError(f"{folder} is missing: run `make setup` before building the wheel.")
            build_data["force_include"][str(path)] = f"parley/_bundle/{folder}"
