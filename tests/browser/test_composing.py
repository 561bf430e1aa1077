"""Writing in a browser: whatever the server answers, the text is there; on every device; later; with pictures."""

from functools import partial

import pytest
from playwright.sync_api import Page, Route, expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
BODY = 'form[data-composer="home"] textarea[name="body"]'


def write(page: Page, text: str) -> None:
    page.wait_for_selector("html[data-ready]")
    page.wait_for_selector('form[data-composer="home"][data-writing]')
    page.locator(BODY).fill(text)


def keep(page: Page) -> None:
    """Let the draft reach the server."""
    with page.expect_response(lambda answer: "/api/v1/drafts/" in answer.url and answer.request.method == "PUT"):
        page.locator(BODY).blur()


def reply(status: int | str, route: Route) -> None:
    if status in {"cut", "timeout"}:
        route.abort({"cut": "connectionreset", "timeout": "timedout"}[str(status)])
    else:
        route.fulfill(status=int(status), body="", headers={"content-type": "text/html"})


@pytest.mark.parametrize(
    ("how", "answers"),
    [
        pytest.param(
            {}, [403, 404, 409, 413, 422, 429, 500, 503, "cut", "timeout", 401], id="desk", marks=pytest.mark.full
        ),
        pytest.param(PHONE, [503, "cut", 401], id="phone"),
    ],
)
def test_no_answer_loses_what_was_typed(seats, how: dict, answers: list[int | str]) -> None:
    page = seats.sit("rosie.tindall", **how)
    words = "This must survive whatever happens"
    for status in answers:
        page.goto(seats.shop.url)
        write(page, words)

        page.route("**/channels/*/posts", partial(reply, status))
        page.locator('form[data-composer="home"] [type=submit]').click()
        if status == 401:
            page.wait_for_url("**/sign-in**")
            page.goto(seats.shop.url)
        elif status != 422:
            page.locator(".toast").first.wait_for()
        page.unroute("**/channels/*/posts")
        page.reload()
        page.wait_for_selector('form[data-composer="home"][data-writing]')
        assert page.locator(BODY).input_value() == words, status
    page.goto(f"{seats.shop.url}/channels")
    page.go_back()
    page.wait_for_selector('form[data-composer="home"][data-writing]')
    assert page.locator(BODY).input_value() == words, "after going back"
    page.locator(BODY).fill("")
    keep(page)


@pytest.mark.full
def test_a_draft_is_on_every_device_and_two_are_both_there(seats) -> None:
    desk, phone = seats.sit("rosie.tindall"), seats.sit("rosie.tindall", **PHONE)
    write(desk, "Begun at the desk")
    keep(desk)
    expect(phone.locator(BODY)).to_have_value("Begun at the desk")
    expect(desk.locator('#me-menu [data-unread="drafts"]')).to_have_text("1")
    phone.context.set_offline(True)
    phone.locator(BODY).fill("Changed on the phone, without a line")
    desk.locator(BODY).fill("Changed at the desk meanwhile")
    keep(desk)
    phone.context.set_offline(False)
    phone.reload()
    phone.wait_for_selector(".composer__other")
    assert phone.locator(BODY).input_value() == "Changed on the phone, without a line"
    phone.locator("[data-other-show]").click()
    expect(phone.locator(BODY)).to_have_value("Changed at the desk meanwhile")
    phone.locator("[data-other-show]").click()
    expect(phone.locator(BODY)).to_have_value("Changed on the phone, without a line")
    phone.locator("[data-other-drop]").click()
    phone.locator('form[data-composer="home"] [type=submit]').click()
    expect(phone.locator(".feed .post").first).to_contain_text("Changed on the phone, without a line")
    expect(desk.locator('#me-menu [data-unread="drafts"]')).to_be_hidden()


@pytest.mark.full
def test_send_later_and_think_again(seats) -> None:
    page = seats.sit("rosie.tindall")
    write(page, "Good morning, all of you")
    page.locator('form[data-composer="home"] [data-later]').click()
    page.get_by_role("button", name="Tomorrow at 9:00").click()
    expect(page.locator(".toast")).to_contain_text("Will be published")
    expect(page.locator(BODY)).to_have_value("")
    page.goto(f"{seats.shop.url}/drafts")
    expect(page.locator(".draftrow")).to_contain_text("Good morning, all of you")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Drafts", exact=True)).to_be_visible()
    page.get_by_role("button", name="Let go").click()
    expect(page.locator(".empty")).to_be_visible()


@pytest.mark.full
def test_reactions_in_one_tone_and_words_in_the_text(seats) -> None:
    page = seats.sit("rosie.tindall")
    write(page, "Well done :thumb")
    page.locator(BODY).press("End")
    page.locator(BODY).press_sequentially("s")
    page.locator('.complete [role="option"]').first.click()
    expect(page.locator(BODY)).to_have_value("Well done 👍 ")
    page.locator('form[data-composer="home"] [type=submit]').click()
    post = page.locator(".feed .post").first
    expect(post).to_contain_text("Well done 👍")
    post.locator(".reaction--add").click()
    with page.expect_response("**/emoji/tone"):
        page.locator(".emoji__tones label").nth(3).click()
    page.locator(".emoji__find input").fill("wave")
    expect(page.locator(".emoji__grid h3")).to_have_text("Found")
    page.locator('.emoji__row button[aria-label^="wav"]').first.click()
    expect(post.locator('.reaction[aria-pressed="true"]')).to_contain_text("👋🏽")


@pytest.mark.full
def test_a_picture_large_and_back(seats, tmp_path) -> None:
    from PIL import Image

    for name, colour in (("one.png", "teal"), ("two.png", "maroon")):
        Image.new("RGB", (640, 400), colour).save(tmp_path / name)
    page = seats.sit("rosie.tindall")
    write(page, "Two pictures")
    page.set_input_files(
        "form[data-composer='home'] [data-composer-files]", [tmp_path / "one.png", tmp_path / "two.png"]
    )
    expect(page.locator(".upload[data-upload]")).to_have_count(2)
    page.locator("[data-alt]").first.fill("A teal wall")
    page.locator("[data-upload-earlier]").nth(1).click()
    page.locator('form[data-composer="home"] [type=submit]').click()
    post = page.locator(".feed .post").first
    expect(post.locator("[data-picture] img").nth(1)).to_have_attribute("alt", "A teal wall")
    post.locator("[data-picture]").first.click()
    box = page.locator("dialog.lightbox")
    expect(box).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(box.locator("figcaption")).to_have_text("A teal wall")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(post.locator("[data-picture]").first).to_be_focused()
