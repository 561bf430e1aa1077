"""The three walks, in a real browser, against the real server: a post, a customer's mail, a leaver."""

import email
import re
import smtplib
import time
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def channel_of(shop, name: str, person: str = "priya") -> int:
    with shop.api(person) as api:
        return next(
            room["id"] for room in api.get("/channels", params={"limit": 200}).json()["items"] if room["name"] == name
        )


def publish(page: Page, words: str) -> None:
    box = page.locator("[data-composer] textarea[name=body]").first
    box.fill(words)
    box.press("Control+Enter")
    expect(page.get_by_text(words, exact=True)).to_have_count(1)


def listening(page: Page) -> None:
    """Wait until the page's socket is open."""
    page.wait_for_function("document.documentElement.dataset.live === 'on'")


def test_a_post_is_in_the_other_browser_at_once_and_once(shop, seats):
    room = channel_of(shop, "plumbing")
    dan, maeve = seats.sit("dan.marsh"), seats.sit("maeve.doyle")
    for page in (dan, maeve):
        page.goto(f"{shop.url}/channels/{room}")
        listening(page)
    publish(dan, "The small washers have come")
    expect(maeve.get_by_text("The small washers have come", exact=True)).to_have_count(1)
    post = maeve.locator(".post", has_text="The small washers have come")
    post.get_by_role("button", name=re.compile("Helpful")).first.click()
    expect(
        dan.locator(".post", has_text="The small washers have come").locator(".reaction", has_text="1")
    ).to_have_count(1)


def test_what_was_said_while_a_tab_was_hidden_or_the_server_down_is_there_once(shop, seats):
    room = channel_of(shop, "plumbing")
    maeve = seats.sit("maeve.doyle")
    maeve.goto(f"{shop.url}/channels/{room}")
    listening(maeve)
    maeve.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    maeve.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    with shop.api("dan.marsh") as api:
        assert api.post(f"/channels/{room}/posts", json={"body": "Said behind your back"}).status_code == 201
    maeve.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    maeve.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(maeve.get_by_text("Said behind your back", exact=True)).to_have_count(1)
    shop.kill()
    shop.open()
    with shop.api("dan.marsh") as api:
        client_id = str(uuid4())
        for _ in range(2):
            answer = api.post(
                f"/channels/{room}/posts", json={"body": "Said after the fuse blew", "client_id": client_id}
            )
            assert answer.status_code in {200, 201}
    expect(maeve.get_by_text("Said after the fuse blew", exact=True)).to_have_count(1, timeout=20_000)
    expect(maeve.get_by_text("Said behind your back", exact=True)).to_have_count(1)
    maeve.reload()
    expect(maeve.get_by_text("Said after the fuse blew", exact=True)).to_have_count(1)


def send(shop, subject: str, words: str, to: str = "care@fernhill.example", **headers: str) -> str:
    host, _, port = shop.ready["smtp"].rpartition(":")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Zoe Finch <zoe.finch@example.org>", to, subject
    mail["Message-ID"] = f"<{uuid4()}@mail.example.org>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    with smtplib.SMTP(host, int(port)) as server:
        server.send_message(mail)
    return str(mail["Message-ID"])


def replies_about(shop, subject: str) -> list[EmailMessage]:
    found = [
        email.message_from_bytes(file.read_bytes(), policy=default)
        for file in Path(shop.ready["outbox_dir"]).glob("*.eml")
    ]
    return [mail for mail in found if subject in str(mail["Subject"])]


def test_a_customers_mail_goes_the_whole_way(shop, seats):
    room = channel_of(shop, "customer-care")
    bo, priya = seats.sit("bo.lindqvist"), seats.sit("priya")
    bo.goto(f"{shop.url}/channels/{room}")
    listening(bo)
    asked = send(shop, "A hinge that sings", "My new hinge sings at night. What helps?")
    card = bo.locator(".post", has_text="A hinge that sings")
    expect(card).to_have_count(1, timeout=10_000)
    card.get_by_role("link", name=re.compile("Open")).first.click()
    conversation = bo.url.split("?")[0].split("#")[0]
    priya.goto(conversation)
    bo.get_by_role("button", name=re.compile("^Claim")).first.click()
    expect(priya.get_by_text("Bo Lindqvist").first).to_be_visible(timeout=10_000)
    bo.locator("form.discuss textarea").fill("A drop of oil, says the garden team")
    bo.locator("form.discuss textarea").press("Control+Enter")
    expect(priya.get_by_text("A drop of oil, says the garden team")).to_have_count(1)
    bo.locator("form.reply textarea[name=body]").fill(
        "Hello Zoe, a drop of oil on the pin, then swing the door ten times."
    )
    bo.locator("form.reply textarea[name=body]").press("Control+Enter")
    expect(priya.get_by_text("swing the door ten times").first).to_be_visible(timeout=10_000)
    until = time.monotonic() + 40
    while not replies_about(shop, "A hinge that sings") and time.monotonic() < until:
        bo.wait_for_timeout(200)
    sent = replies_about(shop, "A hinge that sings")
    assert len(sent) == 1
    assert sent[0]["In-Reply-To"] == asked
    assert asked in sent[0]["References"]
    assert "garden team" not in sent[0].get_body(("plain",)).get_content()
    reply_to = sent[0]["Reply-To"].addresses[0].addr_spec
    assert reply_to.startswith("care+c")
    send(
        shop,
        "Re: A hinge that sings",
        "It is quiet now, thank you!",
        to=reply_to,
        In_Reply_To=str(sent[0]["Message-ID"]),
    )
    expect(priya.get_by_text("It is quiet now, thank you!").first).to_be_visible(timeout=10_000)
    assert priya.url.startswith(conversation)


def test_a_leaver_is_out_at_once(shop, seats):
    kathleen, niamh = seats.sit("kathleen"), seats.sit("niamh")
    token = shop.person("kathleen")["api_token"]
    listening(kathleen)
    with shop.api("kathleen") as api:
        me = api.get("/me").json()
    niamh.goto(f"{shop.url}/admin/people/{me['person']['id']}/deactivate")
    niamh.get_by_role("button", name=re.compile("Deactivate|Close")).last.click()
    kathleen.wait_for_url(re.compile("/sign-in"), timeout=5_000)
    refused = httpx2.get(f"{shop.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert refused.status_code == 401
    kathleen.goto(f"{shop.url}/customers")
    assert "/sign-in" in kathleen.url
