"""Each kind of post, written on a desk and used on a phone: what one does is seen by the other at once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1440, "height": 1000}}


def listening(page: Page) -> None:
    """Wait until the page's socket is open."""
    expect(page.locator('html[data-live="on"]')).to_have_count(1)


@pytest.fixture
def pair(shop, seats):
    """Maeve at a desk and Dan on a phone, both in #plumbing, both hearing what happens."""
    with shop.api("maeve.doyle") as api:
        rooms = api.get("/channels", params={"limit": 200}).json()["items"]
    room = next(room["id"] for room in rooms if room["name"] == "plumbing")
    pages = seats.sit("maeve.doyle", **DESK), seats.sit("dan.marsh", **PHONE)
    for page in pages:
        page.goto(f"{shop.url}/channels/{room}")
        listening(page)
    return pages


def begin(page: Page, kind: str, title: str):
    """Choose a kind in the composer and give the post its title."""
    form = page.locator("form[data-composer]").first
    form.locator("textarea").click()
    form.locator(f'label.kindpick:has(input[value="{kind}"])').click()
    form.get_by_label("Title, if it needs one").fill(title)
    return form


def post(page: Page, title: str):
    return page.locator("article.post", has=page.get_by_role("heading", name=title))


def send(form) -> None:
    form.get_by_role("button", name="Post", exact=True).click()


def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_poll_is_written_refused_in_words_and_voted_on_live(pair) -> None:
    maeve, dan = pair
    form = begin(maeve, "poll", "Brass or plastic?")
    form.get_by_label("Option 1").fill("Brass")
    send(form)
    expect(form.get_by_text("A poll has two to ten options.")).to_be_visible()
    form = maeve.locator("form[data-composer]").first
    expect(form.get_by_label("Option 1")).to_have_value("Brass")
    form.get_by_label("Option 2").fill("Plastic")
    form.get_by_label("Option 3").fill("Neither")
    expect(form.get_by_label("Option 4")).to_be_visible()
    send(form)
    expect(post(dan, "Brass or plastic?").get_by_text("0 have voted.")).to_be_visible()
    post(dan, "Brass or plastic?").get_by_label("Brass").check()
    expect(post(maeve, "Brass or plastic?").get_by_text("1 has voted.")).to_be_visible()
    expect(post(dan, "Brass or plastic?").get_by_label("Brass")).to_be_checked()
    post(maeve, "Brass or plastic?").get_by_label("Plastic").check()
    expect(post(dan, "Brass or plastic?").get_by_text("2 have voted.")).to_be_visible()
    expect(post(dan, "Brass or plastic?").get_by_label("Brass")).to_be_checked()
    post(maeve, "Brass or plastic?").get_by_role("button", name="Close now").click()
    expect(post(dan, "Brass or plastic?").get_by_text("Poll, closed")).to_be_visible()
    expect(post(dan, "Brass or plastic?").get_by_label("Brass")).to_be_disabled()
    fits(dan)


@pytest.mark.full
def test_a_question_offers_what_was_asked_and_shows_its_answer(pair) -> None:
    maeve, dan = pair
    form = begin(maeve, "question", "Can an olive be used on copper twice?")
    expect(form.get_by_role("link", name="Can an olive be used twice?")).to_be_visible()
    send(form)
    post(dan, "Can an olive be used on copper twice?").get_by_text("Comment", exact=True).click()
    dan.locator("form[data-composer^='post:'] textarea").fill("Never. It costs eleven pence.")
    dan.get_by_role("button", name="Comment", exact=True).click()
    asked = post(maeve, "Can an olive be used on copper twice?")
    asked.get_by_text("1 comment").click()
    maeve.get_by_role("button", name="This answers it").click()
    expect(asked.get_by_text("Question, answered")).to_be_visible()
    expect(dan.get_by_text("Accepted answer")).to_be_visible()
    maeve.get_by_role("button", name="Undo").click()
    expect(asked.get_by_text("Question, answered")).to_be_hidden()
    fits(dan)


@pytest.mark.full
def test_an_event_is_answered_and_names_who_comes(pair) -> None:
    maeve, dan = pair
    begins = datetime.now(UTC) + timedelta(days=3)
    form = begin(maeve, "event", "Joints, by hand")
    form.get_by_label("Begins").fill(begins.strftime("%Y-%m-%dT18:00"))
    form.get_by_label("Begins").blur()
    expect(form.get_by_label("Ends")).to_have_value(begins.strftime("%Y-%m-%dT19:00"))
    form.get_by_label("Place or link").fill("Cork, upstairs")
    send(form)
    event = post(dan, "Joints, by hand")
    event.get_by_role("button", name="I come").click()
    expect(event.get_by_role("button", name="I come")).to_have_attribute("aria-pressed", "true")
    post(maeve, "Joints, by hand").get_by_role("button", name="1 comes").click()
    expect(maeve.locator("#menu").get_by_text("Dan Marsh")).to_be_visible()
    with dan.expect_download() as file:
        event.get_by_role("link", name="Add to a calendar").click()
    assert file.value.suggested_filename.endswith(".ics")
    fits(dan)


@pytest.mark.full
def test_praise_names_whom_and_a_decision_replaces_another(pair, shop) -> None:
    maeve, dan = pair
    form = begin(maeve, "praise", "Eleven drawings")
    people = form.get_by_label("Whom do you praise?")
    people.press_sequentially("@dan ma")
    expect(form.get_by_role("option", name=re.compile("Dan Marsh"))).to_be_visible()
    people.press("Enter")
    send(form)
    expect(post(dan, "Eleven drawings").get_by_role("link", name="Dan Marsh")).to_be_visible()
    expect(dan.locator("[data-unread=notifications]").first).not_to_have_text("")
    form = begin(maeve, "decision", "We sell the elbow again")
    form.get_by_label("Takes the place of").select_option(label="We stop selling the push-fit elbow in 22 mm")
    send(form)
    expect(post(dan, "We stop selling the push-fit elbow in 22 mm").get_by_text("No longer holds.")).to_be_visible()
    dan.get_by_role("link", name="Decisions").click()
    expect(dan.get_by_role("heading", name="We sell the elbow again")).to_be_visible()
    fits(dan)


def test_an_announcement_stays_on_top_until_it_is_read(shop, seats) -> None:
    grace, dan = seats.sit("grace.okafor", **DESK), seats.sit("dan.marsh", **PHONE)
    listening(dan)
    owed = dan.locator("#lead")
    with shop.api("grace.okafor") as api:
        rooms = api.get("/channels", params={"limit": 200}).json()["items"]
        notices = next(room["id"] for room in rooms if room["name"] == "notices")
        soon = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
        given = {"title": "Doors open at eight", "body": "Tomorrow.", "kind": "announcement"}
        made = api.post(f"/channels/{notices}/posts", json={**given, "announcement": {"due_at": soon}}).json()
    expect(owed.get_by_role("heading", name="Doors open at eight")).to_be_visible(timeout=10_000)
    grace.goto(f"{shop.url}/posts/{made['id']}/acknowledgements")
    expect(grace.locator(".addressees").get_by_role("link", name="Aoife Brennan")).to_be_visible()
    expect(grace.locator(".owed")).to_contain_text(f"0 of {made['announcement']['audience']}")
    listening(grace)
    owed.get_by_role("button", name="I have read this").click()
    expect(owed.get_by_role("heading", name="Doors open at eight")).to_be_hidden()
    expect(grace.locator(".owed")).to_contain_text(f"1 of {made['announcement']['audience']}")
    dan.get_by_role("button", name="Undo").click()
    expect(owed.get_by_role("heading", name="Doors open at eight")).to_be_visible()
    grace.get_by_role("button", name=re.compile("Remind the")).click()
    expect(grace.get_by_text("They can be reminded again after twelve hours.")).to_be_visible()
    fits(dan)
