"""Composers: what is typed is never lost, and is sent once."""

import json

import pytest
from playwright.sync_api import expect

from frontend import gallery, samples
from frontend.conftest import Desk

pytestmark = pytest.mark.browser


def part(name: str, **context: object) -> str:
    return gallery.environment().get_template(name).render(**context)


def post(number: int, text: str) -> str:
    return part(
        "posts/_post.html",
        post=samples.post(
            number, author=samples.PRIYA, created_at=samples.datetime.now(samples.UTC), body_html=f"<p>{text}</p>"
        ),
    )


def test_a_draft_outlives_the_page(desk: Desk) -> None:
    page = desk.open("channel")
    page.locator("#composer-channel-7").fill("Half a sentence")
    desk.open("channel")
    expect(page.locator("#composer-channel-7")).to_have_value("Half a sentence")
    desk.open("home")
    expect(page.locator("#composer-home")).to_have_value("")


def test_control_enter_sends_with_token_and_identity_and_the_form_is_new(desk: Desk) -> None:
    page = desk.open("channel")
    desk.answer("/channels/7/posts", post(60, "Done"), status=200)
    field = page.locator("#composer-channel-7")
    field.fill("Done")
    first = page.locator('[name="client_id"]').input_value()
    field.press("Control+Enter")
    expect(page.locator("#feed > .post").first).to_have_id("post-60")
    expect(field).to_have_value("")
    path, fields, headers = desk.asked[-1]
    assert path == "/channels/7/posts"
    assert fields["body"] == "Done"
    assert fields["client_id"] == first
    assert headers["x-csrf-token"] == "token-of-this-session"
    assert page.locator('[name="client_id"]').input_value() != first
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []


def test_the_answer_and_the_socket_make_one_post(desk: Desk) -> None:
    page = desk.open("channel")
    desk.wait_heard(lambda message: "topics" in message)
    desk.answer("/channels/7/posts", post(60, "Done"))
    page.locator("#composer-channel-7").fill("Done")
    page.locator("#composer-channel-7").press("Control+Enter")
    expect(page.locator("#post-60")).to_have_count(1)
    desk.live(
        topic="channel:7",
        seq=121,
        event="post.published",
        parts=[{"select": '[data-feed="channel:7"]', "how": "start", "id": "post-60", "html": post(60, "Done")}],
    )
    desk.live(
        topic="channel:7",
        seq=122,
        event="post.published",
        parts=[{"select": '[data-feed="channel:7"]', "how": "start", "id": "post-61", "html": post(61, "Next")}],
    )
    expect(page.locator("#post-61")).to_have_count(1)
    expect(page.locator("#post-60")).to_have_count(1)


@pytest.mark.parametrize("failure", ["network", "server"])
def test_a_failure_leaves_the_text_and_the_same_identity(desk: Desk, failure: str) -> None:
    page = desk.open("channel")
    if failure == "network":
        desk.fail("/channels/7/posts")
    else:
        desk.answer("/channels/7/posts", "<p>trace</p>", status=500)
    field = page.locator("#composer-channel-7")
    field.fill("Precious")
    before = page.locator('[name="client_id"]').input_value()
    field.press("Control+Enter")
    expect(page.locator("#toasts .toast")).to_be_visible()
    expect(field).to_have_value("Precious")
    assert page.locator('[name="client_id"]').input_value() == before
    expect(page.get_by_text("trace")).to_have_count(0)
    desk.answer("/channels/7/posts", post(60, "Precious"))
    field.press("Control+Enter")
    expect(page.locator("#post-60")).to_have_count(1)
    assert desk.asked[-1][1]["client_id"] == before


def test_a_refused_form_says_why_at_the_field(desk: Desk) -> None:
    page = desk.open("channel")
    refused = part(
        "posts/_composer.html",
        page=samples.page("x"),
        composer=samples.composer("channel", body="Too much", errors={"body": "At most 16,000 characters."}),
    )
    desk.answer("/channels/7/posts", refused, status=422)
    page.locator("#composer-channel-7").fill("Too much")
    page.locator("#composer-channel-7").press("Control+Enter")
    field = page.locator("#composer-channel-7")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("At most 16,000 characters.")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("Too much")
    expect(page.locator("[data-composer]")).to_have_count(1)


def test_a_sentence_of_the_server_is_said(desk: Desk) -> None:
    page = desk.open("channel")
    desk.answer("/channels/7/posts", "", status=409, X_Parley_Error="Somebody%20was%20faster.")
    page.locator("#composer-channel-7").fill("Hello")
    page.locator("#composer-channel-7").press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Somebody was faster.")
    expect(page.locator("#composer-channel-7")).to_have_value("Hello")


def test_the_channel_chosen_on_home_gets_the_post(desk: Desk) -> None:
    page = desk.open("home")
    desk.answer("/channels/8/posts", "")
    page.locator("#composer-home").fill("White dries")
    page.locator("[data-composer-channel]").select_option("8")
    page.get_by_label("Question").check(force=True)
    page.locator("#composer-home").press("Control+Enter")
    expect(page.locator("#composer-home")).to_have_value("")
    path, fields, _ = desk.asked[-1]
    assert path == "/channels/8/posts"
    assert fields["kind"] == "question"


def test_formatting_preview_and_completion(desk: Desk) -> None:
    page = desk.open("channel")
    desk.answer("/preview", "<p><strong>bold</strong></p>")
    field = page.locator("#composer-channel-7")
    field.fill("bold")
    field.select_text()
    page.locator("md-bold").click()
    expect(field).to_have_value("**bold**")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".composer__preview strong")).to_have_text("bold")
    expect(field).to_be_hidden()
    page.get_by_role("button", name="Preview").click()
    field.fill("")
    field.press_sequentially("Hi @mae")
    expect(page.locator(".complete li").first).to_contain_text("Maeve Doyle")
    field.press("Enter")
    expect(field).to_have_value("Hi @maeve.doyle ")


def test_a_file_goes_up_while_writing_and_can_be_taken_away(desk: Desk) -> None:
    page = desk.open("channel")
    desk.answer("/files", part("posts/_upload.html", file=samples.file(9, "note.txt")), status=201)
    page.locator("#composer-channel-7").focus()
    page.locator("[data-composer-files]").set_input_files(
        [{"name": "note.txt", "mimeType": "text/plain", "buffer": b"x"}]
    )
    expect(page.locator('[name="attachments"]')).to_have_value("9")
    page.locator("#composer-channel-7").fill("See the note")
    desk.open("channel")
    expect(page.locator('[name="attachments"]')).to_have_value("9")
    page.locator("[data-upload-remove]").click()
    expect(page.locator('[name="attachments"]')).to_have_count(0)
    kept = json.loads(page.evaluate("localStorage.getItem('draft:channel:7')"))
    assert kept["files"] == []


def test_a_file_that_fails_can_be_tried_again(desk: Desk) -> None:
    page = desk.open("channel")
    desk.answer("/files", "", status=415, X_Parley_Error="Such%20files%20are%20not%20taken.")
    page.locator("#composer-channel-7").focus()
    page.locator("[data-composer-files]").set_input_files(
        [{"name": "note.exe", "mimeType": "text/plain", "buffer": b"x"}]
    )
    expect(page.locator("#toasts")).to_contain_text("Such files are not taken.")
    desk.answer("/files", part("posts/_upload.html", file=samples.file(9, "note.txt")), status=201)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator('[name="attachments"]')).to_have_value("9")


def test_a_comment_is_put_at_the_end_of_its_thread(desk: Desk) -> None:
    page = desk.open("post")
    made = part("posts/_comment.html", comment=samples.comment(70, samples.PRIYA, "Thanks all", 0))
    desk.answer("/posts/30/comments", made)
    page.locator("#composer-post-30").fill("Thanks all")
    page.locator("#composer-post-30").press("Control+Enter")
    expect(page.locator("#comments-30 > .comment").last).to_have_id("comment-70")
    expect(page.locator("#composer-post-30")).to_have_value("")
    expect(page.locator("#composer-post-30")).to_be_focused()


def test_an_edit_takes_the_place_of_the_post(desk: Desk) -> None:
    page = desk.open("channel")
    page.locator("#post-30 [data-menu$='/menu']").click()
    page.locator("#menu").get_by_text("Edit").click()
    field = page.locator("#post-30-edit textarea")
    field.fill("Corrected")
    desk.answer("/posts/30/edit", post(30, "Corrected"))
    field.press("Control+Enter")
    expect(page.locator("#post-30 .post__body")).to_have_text("Corrected")
    expect(page.locator("#post-30-edit form")).to_have_count(0)
    expect(page.locator("#post-30")).to_have_count(1)


def test_cancelling_an_edit_leaves_the_post(desk: Desk) -> None:
    page = desk.open("channel")
    page.locator("#post-30 [data-menu$='/menu']").click()
    page.locator("#menu").get_by_text("Edit").click()
    page.locator("#post-30-edit textarea").fill("Never mind")
    page.locator("[data-edit-cancel]").click()
    expect(page.locator("#post-30-edit form")).to_have_count(0)
    expect(page.locator("#post-30 .post__body")).to_be_visible()
