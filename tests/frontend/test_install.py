"""On a phone the house can be put beside the other apps."""

import json

import pytest

from frontend.conftest import Desk
from parley.web.static import _TYPES

pytestmark = pytest.mark.browser


def test_a_browser_finds_what_it_needs_to_install_it(desk: Desk) -> None:
    page = desk.open("home")
    found = page.context.new_cdp_session(page).send("Page.getAppManifest")
    assert found["errors"] == []
    about = json.loads(found["data"])
    assert (about["start_url"], about["scope"], about["display"]) == ("/", "/", "standalone")
    sizes = set()
    for icon in about["icons"]:
        answer = page.request.get(desk.site + icon["src"])
        assert (answer.status, answer.headers["content-type"]) == (200, icon["type"])
        sizes.add((icon["sizes"], icon.get("purpose", "any")))
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes
    assert _TYPES[".webmanifest"] == "application/manifest+json"


def test_the_bar_of_a_phone_has_the_colour_of_ours(desk: Desk) -> None:
    page = desk.page
    page.set_viewport_size({"width": 390, "height": 800})
    for theme, kept in (("light", 1), ("dark", 1), ("auto", 2)):
        page.goto(f"{desk.site}/home?theme={theme}")
        assert page.locator("meta[name=theme-color]").count() == kept
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        shown = page.evaluate(
            """() => {
                const paper = document.createElement("canvas").getContext("2d");
                paper.fillStyle = getComputedStyle(document.querySelector(".topbar")).backgroundColor;
                paper.fillRect(0, 0, 1, 1);
                return "#" + [...paper.getImageData(0, 0, 1, 1).data].slice(0, 3).map((one) => one.toString(16).padStart(2, "0")).join("");
            }"""
        )
        assert page.locator("meta[name=theme-color]").first.get_attribute("content") == shown
