"""A gallery served on loopback, a browser, and a server that answers what each test says."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, sync_playwright

from frontend import gallery
from parley.core import paths

FRONTEND = Path(__file__).resolve().parent.parent.parent / "frontend"


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assets as the sources have them now; where the tools are missing, as they were built."""
    if not (FRONTEND / "node_modules").exists():
        if not paths.dist_dir().exists():
            pytest.skip("no built assets and no node modules: run make setup")
        return paths.dist_dir()
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(["node", "build.mjs", str(folder)], cwd=FRONTEND, check=True)
    return folder


@pytest.fixture(scope="session")
def site(assets: Path) -> Iterator[str]:
    """The address of the gallery."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "dist_dir", lambda: assets)
        server = gallery.serve()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; the machine's own where there is one."""
    own = Path("/usr/bin/chromium")
    with sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path=own if own.exists() else None, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Desk:
    """A page of the gallery with a pretended server: answers to changes, and the socket."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.answers: dict[str, Callable[[Route], None]] = {}
        self.heard: list[dict[str, Any]] = []
        self.socket: WebSocketRoute | None = None
        self.troubles: list[str] = []
        page.route("**/*", self._route)
        page.route_web_socket("**/live", self._open)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on(
            "console",
            lambda message: self.troubles.append(message.text) if "Content Security" in message.text else None,
        )

    def _route(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(self.site)
        bare = path.split("?")[0]
        if request.method == "GET" and bare not in self.answers:
            route.continue_()
            return
        pairs = [pair.split("=", 1) for pair in (request.post_data or "").split("&") if "=" in pair]
        fields = {name: unquote(value.replace("+", " ")) for name, value in pairs}
        self.asked.append((path, fields, request.headers))
        answer = self.answers.get(bare)
        if answer:
            answer(route)
        else:
            route.fulfill(status=204)

    def _open(self, socket: WebSocketRoute) -> None:
        self.socket = socket
        socket.on_message(lambda text: self.heard.append(json.loads(text)))

    def answer(self, path: str, body: str = "", status: int = 200, **headers: str) -> None:
        """Answer `path` from now on; names of headers have underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda route: route.fulfill(
            status=status, body=body, headers={"content-type": "text/html; charset=utf-8", **named}
        )

    def fail(self, path: str) -> None:
        """Let the network fail for `path`."""
        self.answers[path] = lambda route: route.abort()

    def open(self, name: str) -> Page:
        """Open a screen and wait until its scripts have run."""
        self.page.goto(f"{self.site}/{name}", wait_until="load")
        self.until(
            "document.documentElement.hasAttribute('data-ready') && !document.querySelector('[data-composer]:not([data-writing])')"
        )
        return self.page

    def live(self, **frame: Any) -> None:
        """Say something through the socket."""
        assert self.socket is not None, "the page opened no socket"
        self.socket.send(json.dumps(frame))

    def until(self, condition: str) -> None:
        """Wait until the expression `condition` holds in the page; the policy forbids Playwright's own way."""
        for _ in range(300):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"never: {condition}")

    def wait_asked(self, ending: str) -> tuple[str, dict[str, str], dict[str, str]]:
        """Wait until a change has been asked for at an address with this ending."""
        for _ in range(300):
            for asked in self.asked:
                if asked[0].endswith(ending):
                    return asked
            self.page.wait_for_timeout(20)
        raise AssertionError(f"not asked: {ending}, only {[asked[0] for asked in self.asked]}")

    def wait_heard(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the page has said something that is wanted."""
        for _ in range(100):
            for message in self.heard:
                if wanted(message):
                    return message
            self.page.wait_for_timeout(20)
        raise AssertionError(f"not heard, only {self.heard}")


@pytest.fixture
def desk(browser: Browser, site: str) -> Iterator[Desk]:
    """A fresh browser with nothing remembered."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/London")
    made = Desk(context.new_page(), site)
    yield made
    context.close()
    assert made.troubles == []
