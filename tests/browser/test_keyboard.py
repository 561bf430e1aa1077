"""Without a pointer: post, find, catch up, take back, be up to date."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def number(page: Page) -> int:
    return int(page.locator('.rail [data-unread="catch-up"]').text_content() or 0)


def test_post_jump_and_catch_up_to_zero_without_a_pointer(seats) -> None:
    page = seats.sit("tom")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("c")
    page.wait_for_selector("main [data-composer][data-writing] textarea:focus")
    page.keyboard.type("Nobody touched a mouse for this.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("main .feed > .post").filter(has_text="Nobody touched a mouse")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("plmb")
    expect(page.locator('#palette [aria-selected="true"]')).to_contain_text("plumbing")
    page.keyboard.press("Enter")
    page.wait_for_url("**/channels/*")
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.wait_for_url("**/catch-up")
    page.wait_for_selector("html[data-ready]")
    waiting = number(page)
    rows = page.locator("#catch-up .triage__row:not(.triage__row--later)")
    assert waiting == rows.count() > 2
    page.keyboard.press("j")
    page.keyboard.press("h")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".triage__row--later")).to_have_count(1)
    page.keyboard.press("e")
    expect(rows).to_have_count(waiting - 2)
    page.keyboard.press("u")
    expect(rows).to_have_count(waiting - 1)
    page.keyboard.press("Shift+E")
    expect(page.locator("#catch-up")).to_contain_text("You are up to date")
    assert number(page) == 0
