"""What the scripts do for customers: nothing is lost, nothing leaves by a slip, and everybody sees their own."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from frontend import customers_gallery, gallery
from frontend import customers_samples as c
from frontend import samples as s
from frontend.conftest import Desk

pytestmark = pytest.mark.browser
UUID = re.compile(r"^[0-9a-f-]{36}$")


def part(template: str, **context: object) -> str:
    return gallery.environment().get_template(f"customers/{template}.html").render(**context)


def facts(**changes: object) -> str:
    return part("_facts", head=c.head(**changes))


def reply_form(**changes: object) -> str:
    return part("_reply", reply=c.reply(**changes), page=s.page(""))


def told(desk: Desk, seq: int, select: str, how: str, html: str, event: str = "conversation.changed") -> None:
    desk.live(topic="conversation:9", seq=seq, event=event, parts=[{"select": select, "how": how, "id": "", "html": html}])


def words(page: Page) -> str:
    return page.locator("#reply-form-9 textarea").input_value()


def opened(desk: Desk, name: str = "conversation") -> Page:
    page = desk.open(name)
    expect(page.locator("form[data-reply] [name=client_id]")).to_have_value(UUID)
    desk.wait_heard(lambda message: "topics" in message)
    return page


def test_the_gallery_has_these_screens() -> None:
    assert customers_gallery.PAGES.items() <= gallery.PAGES.items()


def test_the_page_says_that_it_is_looked_at(desk: Desk) -> None:
    opened(desk)
    assert desk.wait_heard(lambda message: message.get("doing") == "viewing")["topic"] == "conversation:9"


def test_what_one_claims_stays_in_sight_and_what_others_claim_goes(desk: Desk) -> None:
    page = desk.open("customers")
    desk.wait_heard(lambda message: "topics" in message)
    rows = page.locator("[data-queue='unclaimed'] > .queue__row")
    number = rows.first.get_attribute("data-conversation")
    for seq, holder, count in ((1, s.PRIYA, 1), (2, s.WOUT, 0)):
        html = part("_row", row=c.row(int(number), c.KIM, "The valve drips.", holder=holder))
        live = {"select": '[data-queue="unclaimed"]', "how": "replace", "id": f"conversation-row-{number}", "html": html}
        desk.live(topic="customers", seq=70 + seq, event="conversation.changed", parts=[live])
        expect(page.locator(f"#conversation-row-{number}")).to_have_count(count)
    expect(rows).not_to_have_count(0)


def test_the_numbers_follow_what_is_heard(desk: Desk) -> None:
    numbers = gallery.environment().get_template("customers/_numbers.html")
    waiting = c.v.Waiting(3, 2, c.ago(hours=1))
    desk.answer("/customers/numbers", numbers.render(unclaimed=2, late=2, counts={"unclaimed": 2, "mine": 9}, waiting=waiting))
    page = desk.open("customers")
    desk.wait_heard(lambda message: "topics" in message)
    desk.live(topic="customers", seq=71, event="conversation.changed", parts=[])
    expect(page.locator('.rail [data-unread="customers"]')).to_have_text("2")
    expect(page.locator('[data-unread="customers:mine"]')).to_have_text("9")
    expect(page.locator("#customers-late")).to_have_text("2 late")
    expect(page.locator("#customers-waiting")).to_contain_text("3 customers wait for us.")


def test_a_row_is_mine_only_for_me(desk: Desk) -> None:
    page = desk.open("customers")
    expect(page.locator("#conversation-row-9 .queue__has")).to_contain_text("You")
    expect(page.locator("#conversation-row-8 .queue__has .if-mine")).to_be_hidden()
    expect(page.locator("#conversation-row-8 .queue__has .if-other")).to_have_text("Wout Claes")


def test_claiming_takes_one_click_and_shows_who(desk: Desk) -> None:
    desk.answer("/conversations/13/claim", part("_row", row=c.row(13, c.KIM, "Please quote", holder=s.PRIYA)))
    page = desk.open("customers")
    page.locator("#conversation-row-13").get_by_role("button", name="Claim").click()
    expect(page.locator("#conversation-row-13 .queue__has .if-mine")).to_be_visible()
    path, fields, headers = desk.asked[-1]
    assert (path, fields) == ("/conversations/13/claim", {"on": "1", "as": "row"})
    assert headers["x-csrf-token"] == "token-of-this-session"
    expect(page.locator("#toasts").get_by_role("button", name="Open")).to_be_visible()
    expect(page.locator("#conversation-row-13")).to_have_count(1)


def test_a_refused_claim_is_said_and_leaves_the_row(desk: Desk) -> None:
    desk.answer("/conversations/13/claim", status=409, X_Parley_Error=quote("Bo is answering this."))
    page = desk.open("customers")
    page.locator("#conversation-row-13").get_by_role("button", name="Claim").click()
    expect(page.locator("#toasts")).to_contain_text("Bo is answering this.")
    expect(page.locator("#conversation-row-13").get_by_role("button", name="Claim")).to_be_visible()


def test_a_colleague_who_takes_over_hides_the_reply_and_keeps_its_words(desk: Desk) -> None:
    page = opened(desk)
    told(desk, 41, '[data-facts="9"]', "replace", facts(holder=s.BO))
    told(desk, 42, "#conversation-holder-9", "replace", part("_holder", head=c.head(holder=s.BO)))
    expect(page.locator("form.reply")).to_be_hidden()
    expect(page.locator("#conversation-holder-9")).to_contain_text("Bo Lindqvist answers Kim Park by e-mail")
    expect(page.get_by_role("button", name="Release")).to_be_hidden()
    expect(page.locator(".conv-acts").get_by_role("button", name="Take over")).to_be_visible()
    told(desk, 43, '[data-facts="9"]', "replace", facts(holder=None))
    expect(page.locator("form.reply")).to_be_visible()
    assert words(page) == c.TYPED


def test_typing_claims_and_does_not_ask_at_every_key(desk: Desk) -> None:
    desk.answer("/conversations/9/claim", facts(holder=s.PRIYA))
    page = opened(desk, "conversation-first")
    page.locator("#reply-form-9 textarea").press_sequentially("Hello Kim")
    desk.wait_asked("/conversations/9/claim")
    expect(page.get_by_role("button", name="Release")).to_be_visible()
    assert [path for path, _, _ in desk.asked].count("/conversations/9/claim") == 1
    assert desk.wait_heard(lambda message: message.get("doing") == "replying")


def test_a_draft_survives_a_reload_and_goes_when_it_was_sent(desk: Desk) -> None:
    desk.answer("/conversations/9/claim", facts())
    page = opened(desk, "conversation-first")
    page.locator("#reply-form-9 textarea").fill("Hello Kim, one")
    client = page.locator("#reply-form-9 [name=client_id]").input_value()
    page.reload()
    expect(page.locator("#reply-form-9 textarea")).to_have_value("Hello Kim, one")
    assert page.locator("#reply-form-9 [name=client_id]").input_value() == client
    held = c.ours(None, 18, "Hello Kim, one", "held", author=s.PRIYA, held_until=datetime.now(UTC) + timedelta(seconds=60), undo_seconds=60)
    desk.answer("/conversations/9/replies", part("_message", item=held), status=201)
    page.locator("#reply-form-9 textarea").press("Control+Enter")
    expect(page.locator("#reply-18")).to_contain_text("Leaves in")
    _, fields, _ = desk.wait_asked("/conversations/9/replies")
    assert (fields["client_id"], fields["expected_last_message"]) == (client, "31")
    assert words(page) == ""
    assert page.locator("#reply-form-9 [name=client_id]").input_value() != client
    told(desk, 41, '[data-flow="9"]', "end", part("_message", item=held), "reply.changed")
    expect(page.locator("#reply-18")).to_have_count(1)
    page.reload()
    expect(page.locator("#reply-form-9 [name=client_id]")).to_have_value(UUID)
    assert words(page) == ""


def test_undo_gives_the_words_back_above_what_was_typed_since(desk: Desk) -> None:
    desk.answer("/conversations/9/claim", facts())
    draft = part("_message", item=c.ours(None, 18, "Hello Kim, too early", "draft", author=s.PRIYA))
    desk.answer("/replies/18/undo", draft)
    page = opened(desk, "conversation-held")
    page.locator("#reply-form-9 textarea").fill("P.S.")
    page.locator("#reply-18").get_by_role("button", name="Undo").click()
    expect(page.locator("#reply-18")).to_have_count(0)
    assert words(page) == "Hello Kim, too early\n\nP.S."
    told(desk, 41, '[data-flow="9"]', "end", draft, "reply.changed")
    expect(page.locator("#reply-18")).to_be_hidden()
    page.locator("#reply-form-9 textarea").fill("")
    expect(page.locator("#reply-18")).to_be_visible()


def test_undo_that_came_too_late_says_so_and_leaves_the_letter(desk: Desk) -> None:
    desk.answer("/replies/18/undo", status=409, X_Parley_Error=quote("This reply has already begun to leave."))
    page = opened(desk, "conversation-held")
    page.locator("#reply-18").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("already begun to leave")
    expect(page.locator("#reply-18")).to_have_count(1)


def test_somebody_was_faster_and_the_words_are_kept(desk: Desk) -> None:
    desk.answer("/conversations/9/replies", reply_form(
        body=c.TYPED, conflict="The conversation has gone on.", newer=[c.letter(32, "It stopped by itself!")], expected_last_message=32), status=409)
    page = opened(desk)
    page.get_by_role("button", name="Send e-mail to Kim").click()
    news = page.locator(".reply__news")
    expect(news).to_contain_text("It stopped by itself!")
    expect(news).to_be_focused()
    assert words(page) == c.TYPED
    assert page.locator("#reply-form-9 [name=expected_last_message]").input_value() == "32"
    expect(page.get_by_role("button", name="Send anyway")).to_be_visible()
    assert len(page.locator("#reply-form-9 [name=client_id]").input_value()) == 36


def test_a_lost_connection_keeps_the_words_and_the_attempt(desk: Desk) -> None:
    desk.fail("/conversations/9/replies")
    page = opened(desk)
    client = page.locator("#reply-form-9 [name=client_id]").input_value()
    page.get_by_role("button", name="Send e-mail to Kim").click()
    expect(page.locator("#toasts")).to_contain_text("still here")
    assert words(page) == c.TYPED
    assert page.locator("#reply-form-9 [name=client_id]").input_value() == client


def test_files_need_a_second_step(desk: Desk) -> None:
    desk.answer("/files", gallery.environment().get_template("posts/_upload.html").render(file=s.file(4, "drying.png", image=True)), status=201)
    page = opened(desk)
    confirm = page.get_by_role("checkbox", name="These files leave the house")
    expect(confirm).to_be_hidden()
    page.locator("#reply-form-9 [data-composer-files]").set_input_files({"name": "drying.png", "mimeType": "image/png", "buffer": b"x"})
    expect(confirm).to_be_visible()
    page.get_by_role("button", name="Send e-mail to Kim").click()
    expect(confirm).to_be_focused()
    assert all(path != "/conversations/9/replies" for path, _, _ in desk.asked)
    confirm.check()
    page.get_by_role("button", name="Send e-mail to Kim").click()
    _, fields, _ = desk.wait_asked("/conversations/9/replies")
    assert (fields["confirm"], fields["attachments"]) == ("1", "4")


def test_a_message_that_arrives_is_expected_only_while_nothing_is_typed(desk: Desk) -> None:
    page = opened(desk, "conversation-first")
    expected = page.locator("#reply-form-9 [name=expected_last_message]")
    told(desk, 41, '[data-flow="9"]', "end", part("_message", item=c.letter(32, "And another thing")), "message.received")
    expect(expected).to_have_value("32")
    page.locator("#reply-form-9 textarea").fill("Hello")
    told(desk, 42, '[data-flow="9"]', "end", part("_message", item=c.letter(33, "Never mind")), "message.received")
    expect(page.locator("#reply-form-9 .composer__note")).to_contain_text("Read it before you send")
    expect(expected).to_have_value("32")


def test_a_letter_keeps_its_place_through_its_states(desk: Desk) -> None:
    page = opened(desk, "conversation-held")
    for seq, state in ((41, "sending"), (42, "unknown"), (43, "delivered")):
        told(desk, seq, '[data-flow="9"]', "end", part("_message", item=c.ours(40 if seq > 41 else None, 18, "Hello Kim", state)), "reply.changed")
        expect(page.locator("#reply-18")).to_have_attribute("data-letter", state)
    expect(page.locator("#reply-18")).to_have_count(1)
    expect(page.locator("#reply-18")).to_contain_text("Delivered")


def test_doubt_is_settled_by_one_of_two_words(desk: Desk) -> None:
    desk.answer("/replies/23/resolution", part("_message", item=c.ours(50, 23, "Hello Kim", "accepted")))
    page = opened(desk, "conversation-troubles")
    letter = page.locator("#reply-23")
    expect(letter).to_contain_text("Nobody knows whether this went out")
    letter.get_by_role("button", name="It went out").click()
    expect(letter).to_contain_text("Accepted by the mail server")
    assert desk.asked[-1][1] == {"it": "went_out"}


def test_a_draft_that_a_colleague_left_can_be_taken_up(desk: Desk) -> None:
    desk.answer("/conversations/9/claim", facts())
    page = opened(desk, "conversation-troubles")
    page.locator("#reply-form-9 textarea").fill("")
    page.get_by_role("button", name="Use it in my reply").click()
    assert words(page) == "Hello Kim,\nI wanted\n\nto say"


def test_surfacing_opens_a_dialog_that_says_who_will_read(desk: Desk) -> None:
    desk.answer("/conversations/9/surface", part("_surface", surface=c.SURFACE, page=s.page("")))
    desk.answer("/conversations/9/surfacings", status=204, X_Parley_Toast=quote("It stands in #plumbing now."))
    page = opened(desk)
    page.locator(".conv-acts").get_by_role("link", name="Surface in a channel").click()
    dialog = page.get_by_role("dialog", name="Surface Kim Park in a channel")
    expect(dialog).to_contain_text("142 more colleagues will read this conversation and 6 comments about it.")
    dialog.get_by_label("Your own words").fill("Who knows this batch?")
    dialog.get_by_role("button", name="Surface it").click()
    expect(page.locator("dialog.dialog[open]")).to_have_count(0)
    _, fields, _ = desk.wait_asked("/surfacings")
    assert (fields["channel_id"], fields["body"]) == ("7", "Who knows this batch?")


def test_assigning_opens_a_dialog_with_colleagues(desk: Desk) -> None:
    desk.answer("/conversations/9/assign", part("_assign", assign=c.ASSIGN, page=s.page("")))
    page = opened(desk)
    page.get_by_role("button", name="More for this conversation").click()
    page.get_by_role("link", name="Assign to…").click()
    dialog = page.get_by_role("dialog", name="Who should answer Kim Park?")
    expect(dialog.get_by_role("button", name="Maeve Doyle")).to_be_visible()
    desk.answer("/conversations/9/assign", facts(assignee=s.MAEVE))
    dialog.get_by_role("button", name="Maeve Doyle").click()
    expect(page.locator("#conversation-facts-9")).to_contain_text("Maeve Doyle")
    expect(dialog).to_have_count(0)
    assert desk.asked[-1][1]["person_id"] == str(s.MAEVE.id)


def test_spam_is_one_click_and_one_click_takes_it_back(desk: Desk) -> None:
    desk.answer("/conversations/9/state", facts(state="spam", holder=None))
    page = opened(desk)
    page.get_by_role("button", name="More for this conversation").click()
    page.get_by_role("button", name="Mark as spam").click()
    expect(page.locator("form.reply")).to_be_hidden()
    expect(page.locator(".reply--spam")).to_be_visible()
    desk.answer("/conversations/9/state", facts())
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("form.reply")).to_be_visible()
    assert words(page) == c.TYPED
    assert desk.asked[-1][1] == {"state": "open", "as": "facts"}


def test_a_tab_has_its_address_and_leaves_the_reply_alone(desk: Desk) -> None:
    other = gallery.render(gallery.environment(), "conversation-contact")
    desk.answer("/conversations/9", other)
    page = opened(desk)
    page.get_by_role("link", name="Contact").click()
    expect(page.get_by_role("heading", name="Identities")).to_be_visible()
    assert page.url.endswith("/conversations/9?tab=contact")
    assert words(page) == c.TYPED
    expect(page.locator("#inside")).to_have_count(1)


def test_a_phone_shows_one_room_at_a_time(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 800})
    page = opened(desk)
    expect(page.locator("form.reply")).to_be_visible()
    expect(page.locator("form.discuss")).to_be_hidden()
    page.locator(".phone-rooms").get_by_role("link", name="Discussion").click()
    expect(page.locator("form.discuss")).to_be_visible()
    expect(page.locator("form.reply")).to_be_hidden()
    assert page.url.endswith("?tab=discussion")


def test_a_comment_counts_and_stays_inside(desk: Desk) -> None:
    page = opened(desk)
    html = gallery.environment().get_template("posts/_comment.html").render(comment=c.COMMENTS[0].__class__(
        **{**{name: getattr(c.COMMENTS[0], name) for name in c.COMMENTS[0].__slots__}, "id": 77}))
    desk.live(topic="conversation:9", seq=41, event="comment.published",
              parts=[{"select": '[data-comments="conversation-9"]', "how": "end", "id": "comment-77", "html": html}])
    expect(page.locator("#inside #comment-77")).to_be_visible()
    expect(page.locator("#inside [data-comment-count]")).to_have_text("7")
    assert page.locator("#outside #comment-77").count() == 0


def test_who_writes_is_seen_where_they_write(desk: Desk) -> None:
    page = opened(desk)
    people = [{"id": 3, "name": "Bo Lindqvist", "initials": "BL", "hue": 6, "doing": "replying"}]
    desk.live(presence={"topic": "conversation:9", "people": people})
    expect(page.locator(".reply__typing")).to_contain_text("Bo Lindqvist is writing a reply")
    expect(page.locator(".writing")).to_be_hidden()
    desk.live(presence={"topic": "conversation:9", "people": []})
    expect(page.locator(".reply__typing")).to_be_hidden()


def test_a_card_is_mine_only_for_me_and_changes_wherever_it_stands(desk: Desk) -> None:
    page = desk.open("home")
    desk.wait_heard(lambda message: "topics" in message)
    card = page.locator('[data-conversation-card="9"]').first
    expect(card).to_contain_text("You have it")
    desk.live(topic="channel:5", seq=42, event="conversation.changed",
              parts=[{"select": '[data-conversation-card="9"]', "how": "replace", "id": "", "html": part("_card", card=c.card(holder=s.BO))}])
    expect(card.locator(".if-other")).to_have_text("Bo Lindqvist has it")
    expect(card.locator(".if-mine")).to_be_hidden()


def test_a_clock_goes_on_and_turns_late(desk: Desk) -> None:
    due = next(row.clock for row in c.ROWS if row.id == 9).due_at
    desk.page.clock.install(time=due - timedelta(minutes=41))
    page = desk.open("customers")
    clock = page.locator("#conversation-row-9 .clock")
    expect(clock).to_have_text(re.compile("^(39|40|41) min left$"))
    page.clock.fast_forward("01:00:00")
    expect(clock).to_have_text(re.compile("^(19|20|21|22) min late$"))
    expect(page.locator("#conversation-row-9")).to_have_class("queue__row queue__row--late")


def test_the_whole_mail_comes_when_asked_for(desk: Desk) -> None:
    desk.answer("/messages/31/whole", part("_whole", whole=c.WHOLE))
    page = opened(desk)
    summary = page.get_by_text("Show the whole mail")
    before = summary.bounding_box()
    summary.click()
    expect(page.locator("#message-31-whole")).to_contain_text("Saucers")
    after = summary.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2, "the summary moved away under the pointer"
    assert json.dumps(desk.asked).count("/messages/31/whole") == 1


@pytest.mark.parametrize("screen", ["admin-health", "settings-tokens"])
def test_on_a_phone_the_row_of_places_begins_where_one_is(desk: Desk, screen: str) -> None:
    desk.page.set_viewport_size({"width": 320, "height": 700})
    page = desk.open(screen)
    expect(page.locator(".settings__nav [aria-current]")).to_be_in_viewport(ratio=0.95)
    assert page.evaluate("scrollY") == 0
