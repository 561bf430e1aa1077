"""What the image's steps make: the wheel alone, in an environment of its own, outside the source tree, serves."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.core import migrating
from tree import ROOT

PATIENCE = 60


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment: our wheel in it, and the packages that the lock names."""
    folder = tmp_path_factory.mktemp("installed")
    if not (ROOT / "frontend" / "dist" / "manifest.json").exists():
        pytest.skip("the front end is not built")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(ROOT)], check=True, cwd=folder)
    venv.create(folder / "venv", with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    (wheel,) = folder.glob("parley-*.whl")
    into = ["--target", str(packages), "--no-deps", "--no-index", "--quiet"]
    subprocess.run([sys.executable, "-m", "pip", "install", *into, str(wheel)], check=True, cwd=folder)
    # The packages of the tests' environment, by path: their own .pth files, and with them our source tree, stay away.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    shutil.copy(packages / "bin" / "parley", folder / "venv" / "bin" / "parley")
    script = folder / "venv" / "bin" / "parley"
    script.write_text(re.sub(r"\A#!.*", f"#!{folder / 'venv' / 'bin' / 'python'}", script.read_text()))
    return script.parent


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARLEY_", "PYTHON"))}
    return {**kept, "PARLEY_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def served(installed: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [installed / "parley", "serve", "--port", str(port)],
        cwd=tmp_path,
        env={**environment, "PARLEY_PUBLIC_URL": base},
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if '"serving"' in line:
            break
    yield process, base
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_the_package_is_the_wheel_and_brings_everything(installed: Path, tmp_path: Path) -> None:
    ask = "import parley, json; from parley.core import paths as p; print(json.dumps([parley.__file__] + [str(d()) for d in"
    ask += " (p.templates_dir, p.dist_dir, p.locales_dir, p.migrations_dir)]))"
    done = subprocess.run([installed / "python", "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True)
    for path in json.loads(done.stdout):
        assert path.startswith(str(installed.parent)), path
        assert Path(path).exists(), path


def test_it_migrates_serves_pages_and_assets_and_ends_when_told(served: tuple[subprocess.Popen, str]) -> None:
    process, base = served
    assert get(f"{base}/healthz") == (200, "ok\n")
    status, ready = get(f"{base}/readyz")
    assert (status, json.loads(ready)["parts"]["migrations"]) == (200, migrating.head())
    status, page = get(f"{base}/sign-in")
    assert status == 200
    (style,) = set(re.findall(r'href="(/static/app[^"]+\.css)"', page))
    assert get(base + style)[0] == 200
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert time.monotonic() - begun < 10


def test_it_answers_its_operator(installed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    def parley(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [installed / "parley", *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert parley("migrate").returncode == 0
    assert "FAIL" not in parley("doctor").stdout
    assert parley("no such command").returncode == 2


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.status, answer.read().decode()
