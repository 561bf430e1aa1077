"""Menus, the panel, the palette, keys, reading: with the mouse and without."""

import pytest
from playwright.sync_api import expect

from frontend import gallery, samples
from frontend.conftest import Desk

pytestmark = pytest.mark.browser


def test_a_menu_opens_moves_and_gives_focus_back(desk: Desk) -> None:
    page = desk.open("channel")
    button = page.locator("#post-30 [data-menu$='/menu']")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    entries = page.locator("#menu button, #menu a")
    expect(entries.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(entries.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_a_menu_stands_beside_its_button(desk: Desk) -> None:
    page = desk.open("channel")
    button = page.locator("#post-30 [data-menu$='/menu']")
    button.click()
    at, box = button.bounding_box(), page.locator("#menu").bounding_box()
    assert at
    assert box
    assert abs(box["x"] + box["width"] - (at["x"] + at["width"])) < 16
    below, above = box["y"] - (at["y"] + at["height"]), at["y"] - (box["y"] + box["height"])
    assert 0 <= max(below, above) < 16


def test_a_reaction_shows_at_once_and_is_taken_back_when_refused(desk: Desk) -> None:
    page = desk.open("channel")
    helpful = page.locator('#post-29 [data-react="helpful"]')
    desk.answer("/posts/29/reactions/helpful", "", status=403, X_Parley_Error="Not%20here.")
    helpful.click()
    expect(page.locator("#toasts")).to_contain_text("Not here.")
    expect(helpful).to_have_attribute("aria-pressed", "false")
    expect(helpful.locator(".num")).to_have_text("23")
    answer = (
        gallery.environment()
        .get_template("posts/_reactions.html")
        .render(noun="posts", id=29, reactions=[samples.reaction("helpful", [samples.BO, samples.PRIYA], 22)])
    )
    desk.answer("/posts/29/reactions/helpful", answer)
    helpful.click()
    expect(page.locator('#post-29 [data-react="helpful"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('#post-29 [data-react="helpful"] .num')).to_have_text("24")
    assert desk.asked[-1][1]["on"] == "1"


def test_the_picker_starts_in_its_search_field_and_reacts(desk: Desk) -> None:
    page = desk.open("channel")
    desk.answer("/posts/30/reactions/seen", "<div class='reactions' id='post-30-reactions'>seen it</div>")
    page.locator("#post-30 [data-menu^='/emoji']").click()
    expect(page.locator("#menu input[type=search]")).to_be_focused()
    page.locator("#menu").get_by_text("Seen", exact=True).click()
    expect(page.locator("#post-30-reactions")).to_have_text("seen it")
    expect(page.locator("#menu")).to_be_hidden()


def test_a_removal_can_be_taken_back(desk: Desk) -> None:
    page = desk.open("channel")
    made = gallery.environment()
    gone = made.get_template("posts/_post.html").render(post=samples.post(30, author=samples.DAN, removed=True))
    back = made.get_template("posts/_post.html").render(post=samples.QUESTION)
    desk.answer("/posts/30/remove", gone, X_Parley_Toast="Post%20removed", X_Parley_Undo="/posts/30/restore")
    desk.answer("/posts/30/restore", back)
    page.locator("#post-30 [data-menu$='/menu']").click()
    page.locator("#menu").get_by_text("Remove").click()
    expect(page.locator("#post-30 .tombstone")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#post-30")).to_contain_text("Does PTFE tape go")


def test_a_thread_opens_beside_the_page_with_its_own_address(desk: Desk) -> None:
    page = desk.open("channel")
    page.locator("#post-30 .post__talk").click()
    expect(page.locator("#panel #thread-head")).to_be_visible()
    assert page.url.endswith("/posts/30")
    expect(page.locator("#post-30")).to_have_attribute("data-here", "")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert page.url.endswith("/channel")
    expect(page.locator("#post-30 .post__talk")).to_be_focused()
    page.go_back()
    expect(page.locator("#panel #thread-head")).to_be_visible()
    page.go_back()
    expect(page.locator("#panel")).to_be_hidden()


def test_a_narrow_window_goes_to_the_thread_as_a_page(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 800})
    page = desk.open("channel")
    desk.answer("/posts/30", "<title>thread</title>")
    page.locator("#post-30 .post__talk").click()
    page.wait_for_url("**/posts/30#comments-30")
    expect(page.locator("#panel")).to_have_count(0)


def test_the_palette_finds_with_keys_alone(desk: Desk) -> None:
    page = desk.open("channel")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    expect(page.locator("#palette [aria-selected='true']")).to_contain_text("Maeve Doyle")
    box.fill("va")
    box.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    box.press("ArrowDown")
    expect(page.locator("#palette [aria-selected='true']")).to_contain_text("Kim Park")
    desk.answer("/conversations/9", "<title>Kim</title>")
    box.press("Enter")
    page.wait_for_url("**/conversations/9")


def test_keys_walk_through_posts_and_act(desk: Desk) -> None:
    page = desk.open("channel")
    page.keyboard.press("j")
    expect(page.locator("#post-31")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#post-30")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#post-31")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#composer-channel-7")).to_be_focused()
    page.keyboard.type("jk")
    expect(page.locator("#composer-channel-7")).to_have_value("jk")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_enter_opens_the_post_and_not_its_author(desk: Desk) -> None:
    page = desk.open("channel")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#post-30")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel #thread-head")).to_be_visible()
    assert page.url.endswith("/posts/30")


def test_single_keys_can_be_switched_off(desk: Desk) -> None:
    page = desk.open("settings-keys")
    page.locator("main [data-keys-switch]").uncheck()
    desk.open("channel")
    page.keyboard.press("j")
    expect(page.locator("main [data-here]")).to_have_count(0)
    desk.open("settings-keys")
    expect(page.locator("main [data-keys-switch]")).not_to_be_checked()
    page.locator("main [data-keys-switch]").check()
    desk.open("channel")
    page.keyboard.press("j")
    expect(page.locator("#post-31")).to_be_focused()


def test_a_channel_is_read_when_its_unread_posts_were_seen(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1280, "height": 1400})
    page = desk.open("channel")
    expect(page.locator("[data-unread-post]")).to_have_count(2)
    path, fields, _ = desk.wait_asked("/read")
    assert (path, fields) == ("/channels/7/read", {"number": "31"})
    expect(page.locator('.rail [data-unread="channel:7"]')).to_be_hidden()


def test_a_channel_stays_unread_while_its_oldest_unread_post_was_not_seen(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1280, "height": 420})
    page = desk.open("channel")
    page.wait_for_timeout(1500)
    assert not [one for one in desk.asked if one[0].endswith("/read")]
    page.locator("#post-30").scroll_into_view_if_needed()
    page.locator("#post-29").scroll_into_view_if_needed()
    desk.wait_asked("/read")


def test_unread_from_here_marks_posts_again(desk: Desk) -> None:
    page = desk.open("channel")
    page.locator("#post-30").focus()
    page.keyboard.press("Shift+U")
    expect(page.locator("#post-30")).to_have_attribute("data-unread-post", "")
    assert desk.wait_asked("/unread-from")[:2] == ("/channels/7/unread-from", {"number": "30"})


def test_times_are_the_readers(desk: Desk) -> None:
    page = desk.open("channel")
    page.evaluate(
        "document.querySelector('#post-31 time').setAttribute('datetime', new Date(Date.now() - 864e5).toISOString())"
    )
    page.evaluate("import('/static/none').catch(() => 0)")
    expect(page.locator("#post-29 time").first).to_contain_text("Yesterday")
