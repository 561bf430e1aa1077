"""Fernhill Hardware on loopback, still, and a browser before it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from parley.core import paths

CHROMIUM = next(
    (
        path
        for path in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"))
        if path.exists()
    ),
    None,
)


@dataclass
class Shop:
    """The running demo: what its ready file says, and the process."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def ready(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "ready.json").read_text())
        return found

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def person(self, name: str) -> dict[str, str]:
        return next(person for person in self.ready["people"] if person["email"].startswith(name))

    def api(self, name: str) -> httpx2.Client:
        return httpx2.Client(
            base_url=f"{self.url}/api/v1",
            trust_env=False,
            timeout=30,
            headers={"Authorization": f"Bearer {self.person(name)['api_token']}"},
        )

    def open(self) -> None:
        (self.folder / "ready.json").unlink(missing_ok=True)
        command = [
            str(Path(sys.executable).parent / "parley"),
            "demo",
            "--still",
            "--data",
            str(self.folder / "data"),
            "--port",
            str(self.port),
            "--ready-file",
            str(self.folder / "ready.json"),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 240
        while not (self.folder / "ready.json").exists():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
            assert time.monotonic() < until, "the demo did not open"
            time.sleep(0.05)

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if not (paths.dist_dir() / "manifest.json").exists():
        pytest.skip("the front end is not built: run make setup")
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    shop = Shop(tmp_path_factory.mktemp("shop"), port)
    shop.open()
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: the browser tests are left out")
    with sync_playwright() as tools:
        chromium = tools.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


class Seats:
    """Browsers in which colleagues sit; whatever goes wrong in a page is kept."""

    def __init__(self, shop: Shop, browser: Browser) -> None:
        self.shop, self.browser = shop, browser
        self.contexts: list[BrowserContext] = []
        self.wrong: list[str] = []

    def sit(self, name: str, **how: Any) -> Page:
        context = self.browser.new_context(**how)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                self.wrong.append(f"{page.url}: {said.text}") if "Content Security Policy" in said.text else None
            ),
        )
        page.on(
            "request",
            lambda asked: (
                self.wrong.append(f"asked {asked.url}")
                if not asked.url.startswith((self.shop.url, self.shop.url.replace("http", "ws"), "data:", "blob:"))
                else None
            ),
        )
        page.goto(self.shop.person(name)["sign_in_link"])
        page.get_by_role("button").first.click()
        page.wait_for_url(f"{self.shop.url}/")
        return page


@pytest.fixture
def seats(shop: Shop, browser: Browser) -> Iterator[Seats]:
    seats = Seats(shop, browser)
    yield seats
    for context in seats.contexts:
        context.close()
    assert seats.wrong == []
