"""Told live equals loaded anew: the parts of every event, put into an old page, give the page as it is now."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI

from customers.desk import Desk, mail
from customers.web import browser, open_house
from identity.helpers import Browsing
from parley.core import eventlog
from parley.core.eventlog import Hint
from parley.core.settings import Settings
from parley.customers import live
from parley.customers.service import conversations, surfacing
from parley.models.customers import Reply
from parley.realtime.parts import Part
from parley.web.rendering import Renderer


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[FastAPI, Desk]]:
    if not settings.embedded:
        pytest.skip("what is told does not differ by engine")
    async with open_house(settings, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bob(house: tuple[FastAPI, Desk]) -> AsyncIterator[Browsing]:
    async with await browser(*house, house[1].bob) as browsing:
        yield browsing


class Elements(HTMLParser):
    """The elements of a page that have an id, with their text, in order."""

    VOID = frozenset({"input", "img", "br", "hr", "meta", "link", "use", "circle", "path", "progress"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str | None] = []
        self.found: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in self.VOID:
            return
        name = dict(attrs).get("id")
        self.open.append(name)
        if name:
            self.found[name] = ""

    def handle_endtag(self, tag):
        if tag not in self.VOID and self.open:
            self.open.pop()

    def handle_data(self, data):
        for name in filter(None, self.open):
            self.found[name] += data


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\d+ (?:min|h) (?:left|late)", "", text)).strip()


async def events(desk: Desk, topic: str, after: int) -> list[Hint]:
    async with desk.machine.database.reading() as session:
        return (await eventlog.since(session, topic, after))[0]


async def position(desk: Desk, topic: str) -> int:
    async with desk.machine.database.reading() as session:
        return (await eventlog.positions(session, [topic]))[topic]


async def told(desk: Desk, topic: str, after: int) -> list[Part]:
    renderer = Renderer(desk.machine.settings)
    found: list[Part] = []
    for hint in await events(desk, topic, after):
        async with desk.machine.database.reading() as session:
            found += await live.parts(session, renderer, "en", hint)
    return found


async def test_the_page_told_live_is_the_page_loaded_anew(house, bob: Browsing) -> None:
    _, desk = house
    first = await desk.receive(mail())
    topic = f"conversation:{first.conversation_id}"
    where = f"/conversations/{first.conversation_id}"
    page = Elements((await bob.get(where)).text).found
    before = await position(desk, topic)
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    await desk.receive(mail("Thank you!", reply_to=first.external_id))
    async with desk.machine.units.begin() as unit:
        await conversations.assign(unit, desk.bob, first.conversation_id, desk.alice.person_id)
    async with desk.machine.units.begin() as unit:
        await conversations.set_state(unit, desk.bob, first.conversation_id, "resolved")
    async with desk.machine.units.begin() as unit:
        await conversations.watch(unit, desk.alice, first.conversation_id, on=True)
    for part in await told(desk, topic, before):
        if part.how == "remove":
            page.pop(part.id or part.select.lstrip("#"), None)
        else:
            page |= Elements(part.html).found
    fresh = Elements((await bob.get(where)).text).found
    for name in fresh:
        if name.startswith(
            ("message-", "reply-", "act-", "conversation-facts", "conversation-holder", "conversation-title")
        ) and not name.startswith("reply-form"):
            assert words(page[name]) == words(fresh[name]), name
    shown = {name for name in page if re.fullmatch(r"(?:message|reply|act)-\d+", name)}
    assert shown == {name for name in fresh if re.fullmatch(r"(?:message|reply|act)-\d+", name)}
    assert len([name for name in shown if name.startswith("act-")]) == 2


async def test_telling_twice_or_late_changes_nothing(house, bob: Browsing) -> None:
    _, desk = house
    first = await desk.receive(mail())
    topic = f"conversation:{first.conversation_id}"
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    late = await told(desk, topic, 0)
    assert [part.html for part in await told(desk, topic, 0)] == [part.html for part in late]
    (reply,) = await desk.all(Reply)
    states = {re.search(r'data-letter="(\w+)"', part.html)[1] for part in late if part.id == f"reply-{reply.id}"}
    assert states == {"accepted"}, "who comes late is told how it is, not how it was"


async def test_drafts_that_a_reply_replaces_go_from_every_window(house) -> None:
    _, desk = house
    first = await desk.receive(mail())
    topic = f"conversation:{first.conversation_id}"
    undone = await desk.answer(desk.bob, first.conversation_id, "First try")
    async with desk.machine.units.begin() as unit:
        reply = await unit.session.get_one(Reply, undone.id)
        reply.state = "draft"
        unit.session.add(reply)
    before = await position(desk, topic)
    await desk.answer(desk.bob, first.conversation_id, "Second try")
    gone = [part.select for part in await told(desk, topic, before) if part.how == "remove"]
    assert gone == [f"#reply-{undone.id}"]


async def test_the_numbers_follow_who_has_what(house, bob: Browsing) -> None:
    _, desk = house
    first = await desk.receive(mail())

    async def numbers(where: str = "/customers/numbers") -> dict[str, str]:
        answer = await bob.get(where, headers={"HX-Request": "true"})
        return dict(re.findall(r'data-unread="([\w:]+)"[^>]*>(\d*)<', answer.text))

    free = {
        "customers": "1",
        "customers:unclaimed": "1",
        "customers:mine": "",
        "customers:watching": "",
        "customers:waiting": "",
    }
    assert await numbers() == free
    await desk.claim(desk.bob, first.conversation_id)
    assert await numbers() == {**free, "customers": "", "customers:unclaimed": "", "customers:mine": "1"}
    assert (await numbers(f"/customers/numbers?channel={desk.plumbing}"))["customers:mine"] == ""
    shown = dict(re.findall(r'data-unread="(customers[\w:]*)"[^>]*>(\d*)<', (await bob.get("/customers")).text))
    assert shown == await numbers(), "the page says the same"


async def test_rows_stand_in_the_lists_they_belong_to(house) -> None:
    _, desk = house
    first = await desk.receive(mail())
    row = f"conversation-row-{first.conversation_id}"

    async def standing() -> set[str]:
        found = set()
        for part in await told(desk, "customers", 0):
            if part.id == row and part.how in {"start", "end"}:
                found.add(part.select.split('"')[1])
            elif part.id == row and part.how == "remove":
                found.discard(part.select.split('"')[1])
        return found

    assert await standing() == {"unclaimed", "open"}
    await desk.claim(desk.bob, first.conversation_id)
    assert await standing() == {"open"}, "where it stood it is renewed, for whoever has it now"
    assert f'data-claimed-by="{desk.bob.person_id}"' in (await told(desk, "customers", 0))[0].html
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    assert await standing() == {"waiting", "open"}
    async with desk.machine.units.begin() as unit:
        await conversations.set_state(unit, desk.bob, first.conversation_id, "spam")
    assert await standing() == {"spam"}


async def test_programs_are_told_words_only_where_customers_are_asked_for(house) -> None:
    _, desk = house
    first = await desk.receive(mail("The canary drips."))
    for topic, knows in (
        (f"conversation:{first.conversation_id}", True),
        ("customers", True),
        (f"channel:{desk.care}", False),
    ):
        said = ""
        for hint in await events(desk, topic, 0):
            if hint.name in live.EVENTS:
                async with desk.machine.database.reading() as session:
                    said += str(await live.data(session, hint))
        assert said, topic
        assert ("canary" in said) is knows, topic


async def test_a_channel_is_not_told_which_hidden_ones_show_it_too(house) -> None:
    _, desk = house
    first = await desk.receive(mail())
    async with desk.machine.units.begin() as unit:
        await surfacing.surface(unit, desk.bob, first.conversation_id, desk.plumbing)
    channels = (desk.care, desk.plumbing)
    heard = [await position(desk, f"channel:{channel}") for channel in channels]
    await desk.claim(desk.bob, first.conversation_id)
    for channel, after in zip(channels, heard, strict=True):
        selected = " ".join(part.select for part in await told(desk, f"channel:{channel}", after))
        assert set(re.findall(r'data-queue="\w+:(\d+)"', selected)) == {str(channel)}
