"""The page's socket: everything once, in order, and nobody is moved."""

import pytest
from playwright.sync_api import expect

from frontend import gallery, samples
from frontend.conftest import Desk

pytestmark = pytest.mark.browser


def article(number: int, author: int = 3, text: str = "News from the counter") -> str:
    who = next(one for one in samples.EVERYBODY if one.id == author)
    made = gallery.environment()
    return made.get_template("posts/_post.html").render(
        post=samples.post(number, author=who, created_at=samples.datetime.now(samples.UTC), body_html=f"<p>{text}</p>")
    )


def published(seq: int, number: int, topic: str = "channel:7", **more: object) -> dict[str, object]:
    html = article(number, **more)  # type: ignore[arg-type]
    part = {"select": f'[data-feed~="{topic}"]', "how": "start", "id": f"post-{number}", "html": html}
    return {"topic": topic, "seq": seq, "event": "post.published", "parts": [part]}


def opened(desk: Desk, name: str = "channel") -> None:
    desk.open(name)
    desk.wait_heard(lambda message: "topics" in message)


def test_a_post_appears_once_however_often_it_is_told(desk: Desk) -> None:
    opened(desk)
    desk.live(**published(121, 40))
    expect(desk.page.locator("#post-40")).to_have_count(1)
    desk.live(**published(121, 40))
    desk.live(**published(122, 40, text="Changed"))
    expect(desk.page.locator("#post-40")).to_contain_text("Changed")
    expect(desk.page.locator("#post-40")).to_have_count(1)
    first = desk.page.locator("#feed > .post").first
    expect(first).to_have_id("post-40")


def test_what_comes_back_stands_where_it_stood(desk: Desk) -> None:
    opened(desk)
    page = desk.page
    posts = page.locator("#feed > .post")
    before = posts.evaluate_all("all => all.map(one => one.id)")
    page.evaluate("document.querySelectorAll('#feed > .post')[1].scrollIntoView()")
    desk.live(topic="channel:7", seq=121, event="post.removed", parts=[{"select": f"#{before[1]}", "how": "remove"}])
    expect(page.locator(f"#{before[1]}")).to_have_count(0)
    desk.live(**published(122, int(before[1].removeprefix("post-"))))
    expect(page.locator(f"#{before[1]}")).to_have_count(1)
    assert posts.evaluate_all("all => all.map(one => one.id)") == before
    expect(page.locator(".newbar")).to_have_count(0)


def test_a_gap_is_asked_for_and_not_applied(desk: Desk) -> None:
    opened(desk)
    desk.live(**published(123, 42))
    asked = desk.wait_heard(lambda message: message.get("topics") == {"channel:7": 120})
    assert asked
    expect(desk.page.locator("#post-42")).to_have_count(0)
    desk.live(**published(121, 41))
    desk.live(**published(122, 43))
    desk.live(**published(123, 42))
    expect(desk.page.locator("#post-42")).to_have_count(1)


def test_who_reads_is_not_moved_and_sees_how_much_there_is(desk: Desk) -> None:
    opened(desk)
    page = desk.page
    page.evaluate("document.getElementById('post-29').scrollIntoView()")
    before = page.evaluate("document.getElementById('post-29').getBoundingClientRect().top")
    desk.live(**published(121, 40))
    desk.live(**published(122, 41, author=4))
    expect(page.locator(".newbar")).to_contain_text("2 new posts")
    expect(page.locator("#post-40")).to_have_count(0)
    assert page.evaluate("document.getElementById('post-29').getBoundingClientRect().top") == before
    page.locator(".newbar__link").click()
    expect(page.locator("#feed > .post").first).to_have_id("post-41")
    expect(page.locator("#post-40")).to_have_count(1)
    expect(page.locator(".newbar")).to_have_count(0)


def test_what_waits_is_kept_current(desk: Desk) -> None:
    opened(desk)
    page = desk.page
    page.evaluate("document.getElementById('post-29').scrollIntoView()")
    desk.live(**published(121, 40))
    desk.live(**published(122, 41))
    expect(page.locator(".newbar")).to_contain_text("2 new posts")
    desk.live(
        topic="channel:7",
        seq=123,
        event="post.changed",
        parts=[{"select": "#post-40", "how": "replace", "id": "post-40", "html": article(40, text="Better words")}],
    )
    desk.live(
        topic="channel:7",
        seq=124,
        event="post.removed",
        parts=[{"select": "#post-41", "how": "remove", "id": "post-41", "html": ""}],
    )
    expect(page.locator(".newbar")).to_contain_text("1 new post")
    page.locator(".newbar__link").click()
    expect(page.locator("#post-40")).to_contain_text("Better words")
    expect(page.locator("#post-41")).to_have_count(0)


def test_numbers_follow_for_channels_that_are_not_open(desk: Desk) -> None:
    opened(desk)
    counter = desk.page.locator('.rail [data-unread="channel:5"]')
    expect(counter).to_have_text("3")
    desk.live(**published(42, 50, topic="channel:5"))
    expect(counter).to_have_text("4")
    desk.live(**published(43, 51, topic="channel:5", author=1))
    desk.live(**published(44, 52, topic="channel:5"))
    expect(counter).to_have_text("5")
    assert desk.page.title().startswith("(")


def test_a_count_is_set_and_hidden_at_zero(desk: Desk) -> None:
    opened(desk)
    counter = desk.page.locator('.rail [data-unread="channel:5"]')
    desk.live(
        topic="person:1",
        seq=9,
        event="channel.read",
        parts=[{"select": '[data-unread="channel:5"]', "how": "count", "html": "0"}],
    )
    expect(counter).to_be_hidden()


def test_an_open_edit_survives_a_change_from_elsewhere(desk: Desk) -> None:
    opened(desk)
    page = desk.page
    page.locator("#post-30 [data-menu$='/menu']").click()
    page.locator("#menu").get_by_text("Edit").click()
    field = page.locator("#post-30-edit textarea")
    field.fill("Half a thought")
    desk.live(
        topic="channel:7",
        seq=121,
        event="post.changed",
        parts=[
            {"select": "#post-30", "how": "replace", "id": "post-30", "html": article(30, author=10, text="Theirs")}
        ],
    )
    expect(page.locator("#post-30")).to_contain_text("Theirs")
    expect(field).to_have_value("Half a thought")
    expect(field).to_be_focused()


def test_reactions_of_the_reader_are_marked(desk: Desk) -> None:
    opened(desk)
    expect(desk.page.locator('#post-30 [data-react="helpful"]')).to_have_attribute("aria-pressed", "true")
    expect(desk.page.locator('#post-29 [data-react="helpful"]')).to_have_attribute("aria-pressed", "false")


def test_a_topic_that_is_refused_is_not_asked_for_again(desk: Desk) -> None:
    opened(desk)
    desk.live(topic="channel:7", error="not_found")
    desk.live(**published(121, 40))
    desk.live(**published(42, 50, topic="channel:5"))
    expect(desk.page.locator('.rail [data-unread="channel:5"]')).to_have_text("4")
    expect(desk.page.locator("#post-40")).to_have_count(0)


def test_after_a_cut_the_page_asks_from_where_it_was(desk: Desk) -> None:
    opened(desk)
    desk.live(**published(121, 40))
    expect(desk.page.locator("#post-40")).to_have_count(1)
    desk.heard.clear()
    assert desk.socket
    desk.socket.close(code=1012)
    asked = desk.wait_heard(lambda message: "topics" in message)
    assert asked["topics"]["channel:7"] == 121
    assert asked["topics"]["channel:5"] == 41


def test_signed_out_elsewhere_leads_to_the_sign_in_page(desk: Desk) -> None:
    opened(desk)
    assert desk.socket
    desk.answer("/sign-in", "<title>Sign in</title>")
    desk.socket.close(code=4401)
    desk.page.wait_for_url("**/sign-in?why=ended")


def test_a_log_that_does_not_reach_back_reloads_and_keeps_the_text(desk: Desk) -> None:
    opened(desk)
    field = desk.page.locator("#composer-channel-7")
    field.fill("Not lost")
    with desk.page.expect_navigation():
        desk.live(topic="channel:7", reset=900)
    expect(field).to_have_value("Not lost")


def test_home_takes_only_what_its_filter_shows(desk: Desk) -> None:
    opened(desk, "home")
    desk.page.evaluate("document.querySelector('#feed').dataset.only = 'conversation'")
    desk.live(**published(121, 40))
    desk.live(**published(42, 50, topic="channel:5"))
    expect(desk.page.locator('.rail [data-unread="channel:7"]')).to_have_text("3")
    expect(desk.page.locator("#post-40")).to_have_count(0)
