"""Channels by hand: the rail arranged with keys and by dragging, on two devices; a message to two; somebody named in vain."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def rooms(shop, person: str = "tom") -> dict[str, int]:
    with shop.api(person) as api:
        return {room["name"]: room["id"] for room in api.get("/channels", params={"limit": 200}).json()["items"]}


def listening(page: Page) -> None:
    page.wait_for_function("document.documentElement.dataset.live === 'on'")


def section(page: Page, title: str):
    return page.locator(".rail .rail__group", has=page.get_by_role("heading", name=title))


def test_a_rail_is_arranged_by_keys_and_by_dragging_and_is_the_same_elsewhere(shop, seats):
    ids = rooms(shop)
    here, there = seats.sit("tom"), seats.sit("tom")
    for page in (here, there):
        listening(page)
    here.locator(".rail__more .rail__dots").focus()
    here.keyboard.press("Enter")
    here.get_by_label("Name of a new section").fill("After lunch")
    here.keyboard.press("Enter")
    expect(section(there, "After lunch")).to_be_visible()
    for name in ("safety", "ideas"):
        row = here.locator(f'.rail li:has(> [data-channel="{ids[name]}"])')
        row.locator(".rail__dots").focus()
        here.keyboard.press("Enter")
        here.get_by_role("button", name="Move to After lunch").press("Enter")
        expect(section(here, "After lunch").locator(f'[data-channel="{ids[name]}"]')).to_be_visible()
    named = re.compile(r"^\s*(ideas|safety)")
    expect(section(there, "After lunch").locator("[data-channel]")).to_have_text([named, named])
    here.locator(f'.rail [data-channel="{ids["safety"]}"]').drag_to(
        here.locator(f'.rail [data-channel="{ids["ideas"]}"]')
    )
    expect(section(there, "After lunch").locator("[data-channel]").first).to_contain_text("safety")
    section(here, "After lunch").locator("summary").click()
    there.reload()
    expect(section(there, "After lunch")).not_to_have_attribute("open", "")


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.full), 390])
def test_a_message_to_two_and_somebody_named_in_vain(shop, seats, width):
    page = seats.sit("tom", viewport={"width": width, "height": 844})
    page.goto(f"{shop.url}/channels")
    page.locator("a:visible", has_text="New message").first.click()
    field = page.get_by_label("To", exact=True)
    for typed, name in (("mae", "Maeve Doyle"), ("dan", "Dan Marsh")):
        field.press_sequentially(typed)
        expect(page.get_by_role("option", name=re.compile(name))).to_be_visible()
        field.press("Enter")
        expect(page.locator(".picker .chip", has_text=name)).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dan, Maeve")
    page.goto(f"{shop.url}/channels/{rooms(shop)['store-managers']}")
    box = page.locator("[data-composer] textarea[name=body]").first
    box.fill("Could @maeve.doyle look at this?")
    box.press("Control+Enter")
    question = page.get_by_role("dialog", name="Share with them?")
    expect(question.get_by_text("Maeve Doyle")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    question.get_by_text("Not now").click()
    expect(question).to_have_count(0)


@pytest.mark.full
def test_what_becomes_archived_closes_under_the_writer_and_keeps_the_words(shop, seats):
    with shop.api("tom") as api:
        room = api.post("/channels", json={"name": "short-lived", "kind": "open"}).json()["id"]
    page = seats.sit("tom")
    page.goto(f"{shop.url}/channels/{room}")
    listening(page)
    box = page.locator("[data-composer] textarea[name=body]").first
    box.fill("Half a sentence")
    with shop.api("tom") as api:
        api.patch(f"/channels/{room}", json={"archived": True})
    expect(page.get_by_text("This channel is archived.")).to_be_visible()
    expect(box).to_be_hidden()
    with shop.api("tom") as api:
        api.patch(f"/channels/{room}", json={"archived": False})
    expect(box).to_be_visible()
    expect(box).to_have_value("Half a sentence")
