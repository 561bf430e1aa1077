"""The locks: complete for every machine, and what the project asks for is what they hold."""

import json
import re
import tomllib

from tree import ROOT

NAME = re.compile(r"[A-Za-z0-9._-]+")


def names(file: str) -> set[str]:
    lines = (ROOT / file).read_text().splitlines()
    return {normal(NAME.match(line)[0]) for line in lines if line and not line.startswith((" ", "#"))}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_python_locks_hold_what_the_project_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {normal(NAME.match(line)[0]) for line in project["project"]["dependencies"]}
    assert needed <= names("requirements.lock")
    assert names("requirements.lock") <= names("requirements-dev.lock")
    for group, file in (("dev", "requirements-dev.lock"), ("build", "requirements-build.lock")):
        assert {normal(NAME.match(line)[0]) for line in project["dependency-groups"][group]} <= names(file)


def test_every_locked_package_has_hashes() -> None:
    for file in ("requirements.lock", "requirements-dev.lock", "requirements-build.lock"):
        for block in re.split(r"\n(?=\S)", (ROOT / file).read_text().strip()):
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_front_ends_lock_names_the_packages_of_every_platform() -> None:
    packages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    wanted = {f"node_modules/{name}" for about in packages.values() for name in about.get("optionalDependencies", {})}
    assert wanted - set(packages) == set(), "npm ci refuses a lock that was made where other platforms are not served"
