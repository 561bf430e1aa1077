"""Every screen in the eyes of axe: WCAG 2.2 AA and best practice; and nothing sticks out at 320 px."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from frontend import gallery
from frontend.conftest import FRONTEND

pytestmark = pytest.mark.browser
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHAPES = {"wide-light": (1280, "light"), "phone-dark": (320, "dark")}
MORE_SHAPES = {"wide-dark": (1280, "dark"), "phone-light": (320, "light"), "middle-light": (900, "light")}


@pytest.fixture(scope="module")
def axe() -> str:
    if AXE.exists():
        return AXE.read_text()
    python = pytest.importorskip("axe_core_python")
    return (Path(python.__file__).parent / "axe.min.js").read_text()


@pytest.fixture(scope="module")
def eyes(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(bypass_csp=True, locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce")
    yield context.new_page()
    context.close()


def look(eyes: Page, site: str, axe: str, name: str, width: int, theme: str) -> None:
    eyes.set_viewport_size({"width": width, "height": 900})
    eyes.goto(f"{site}/{name}?theme={theme}", wait_until="load")
    sticking_out = eyes.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sticking_out <= 0
    eyes.evaluate(axe)
    found = eyes.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)
    said = [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found["violations"]]
    assert said == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", gallery.PAGES)
def test_axe_finds_nothing(eyes: Page, site: str, axe: str, name: str, shape: str) -> None:
    look(eyes, site, axe, name, *SHAPES[shape])


@pytest.mark.full
@pytest.mark.parametrize("shape", MORE_SHAPES)
@pytest.mark.parametrize("name", gallery.PAGES)
def test_axe_finds_nothing_in_the_other_shapes(eyes: Page, site: str, axe: str, name: str, shape: str) -> None:
    look(eyes, site, axe, name, *MORE_SHAPES[shape])
