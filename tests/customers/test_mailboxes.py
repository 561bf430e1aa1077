"""Reading mailboxes: each mail with the place it was read at, errors in words, and no two pollers for one box."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from customers.desk import Desk, mail, make_source, open_desk
from customers.email.conftest import post_office  # noqa: F401  (a fixture)
from customers.email.postoffice import PASSWORD, USER, PostOffice
from parley.core.jobs import LeaseLost
from parley.core.leases import Held, lease
from parley.core.machine import build
from parley.core.settings import Settings
from parley.customers import composition, mailboxes
from parley.customers.connectors.base import RawMessage
from parley.customers.connectors.email.mailbox import Cursor, Fetched, MailboxError
from parley.customers.connectors.email.smtp_out import send
from parley.customers.house import House
from parley.customers.mailboxes import Mailboxes, Reading
from parley.kit import clock
from parley.models.customers import Conversation, Message, RawDelivery, Source


class Box:
    """A mailbox as the poller sees it; a test puts mails in and says when the line breaks."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.uidvalidity = 1
        self.breaks: Exception | None = None
        self.pushed = asyncio.Event()
        self.idle = asyncio.Event()
        self.opened = 0
        self.position: Cursor | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def first_cursor(self, _days_back: int = 0) -> Cursor:
        now = clock.now()
        return Cursor(self.uidvalidity, len(self.mails), now, now)

    async def fetch_after(self, cursor: Cursor, limit: int = 50) -> AsyncIterator[Fetched]:
        if cursor.uidvalidity != self.uidvalidity:
            cursor = replace(cursor, uidvalidity=self.uidvalidity, last_uid=0)
        for uid, raw in list(enumerate(self.mails, 1))[cursor.last_uid : cursor.last_uid + limit]:
            if self.breaks:
                raise self.breaks
            cursor = replace(cursor, last_uid=uid)
            yield Fetched(uid, RawMessage(raw, clock.now(), size=len(raw)), cursor, historic=False)
        self.position = cursor

    async def wait(self, _seconds: float) -> bool:
        self.idle.set()
        await self.pushed.wait()
        self.pushed.clear()
        self.idle.clear()
        if self.breaks:
            raise self.breaks
        return True


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Box:
    made = Box()

    class Connector:
        def __init__(self, real) -> None:
            self.read = real.read

        async def open_mailbox(self) -> Box:
            made.opened += 1
            if made.breaks:
                raise made.breaks
            return made

    plain = House.connector
    monkeypatch.setattr(House, "connector", lambda house, source: Connector(plain(house, source)))
    monkeypatch.setattr(mailboxes, "_PAUSES", (0.01,))
    return made


@asynccontextmanager
async def reading(desk: Desk) -> AsyncIterator[int]:
    """A source with a mailbox, and the service that reads it."""
    number = await make_source(desk, "Orders", "orders@fernhill.example", imap_url="imap://127.0.0.1?tls=never")
    service = Mailboxes(desk.machine, desk.customers.house)
    await service.start()
    try:
        yield number
    finally:
        await service.stop()


async def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until an awaited condition holds."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def held(desk: Desk, name: str) -> Held:
    async with desk.machine.database.writing() as session:
        fence = await lease(session, name, "a test", 30)
        await session.commit()
    return Held(name, fence)


async def test_it_reads_from_now_on_is_pushed_and_remembers_where_it_was(desk: Desk, box: Box) -> None:
    box.mails.append(mail("From before."))
    async with reading(desk) as number:
        await asyncio.wait_for(box.idle.wait(), 20)
        assert await desk.count(RawDelivery) == 0
        box.mails += [mail("First."), mail("Second.")]
        box.pushed.set()
        await until(lambda: _is(desk.count(RawDelivery), 2))
        await until(lambda: _cursor_is(desk, number, 3))
        assert (await desk.get(Source, number)).error == ""
    await desk.work()
    assert sorted(message.text.strip() for message in await desk.all(Message)) == ["First.", "Second."]


async def _is(count, expected: int) -> bool:
    return await count == expected


async def _cursor_is(desk: Desk, number: int, uid: int) -> bool:
    return (await desk.get(Source, number)).cursor.get("last_uid") == uid


async def _error_is(desk: Desk, number: int, words: str) -> bool:
    return (await desk.get(Source, number)).error == words


async def test_an_error_is_shown_in_words_and_it_comes_back_by_itself(desk: Desk, box: Box) -> None:
    box.breaks = MailboxError("The server refuses the user name, password or token: no")
    async with reading(desk) as number:
        await until(lambda: _error_is(desk, number, "The server refuses the user name, password or token: no"))
        box.breaks = None
        await until(lambda: _error_is(desk, number, ""))
        box.mails.append(mail())
        box.pushed.set()
        await until(lambda: _is(desk.count(RawDelivery), 1))
    assert box.opened > 1


async def test_a_folder_made_anew_and_a_break_half_way_double_nothing(desk: Desk, box: Box) -> None:
    number = await make_source(desk, "Orders", "orders@fernhill.example", imap_url="imap://127.0.0.1?tls=never")
    source = Reading(desk.machine, desk.customers.house, number)
    lease_held = await held(desk, "a mailbox")
    await source.read(lease_held, box)
    box.mails += [mail(f"Mail {place}") for place in range(3)]
    await source.read(lease_held, box)
    box.uidvalidity = 2
    box.breaks = MailboxError("gone")
    with pytest.raises(MailboxError):
        await source.read(lease_held, box)
    box.breaks = None
    assert await source.read(lease_held, box) == 3
    assert await desk.count(RawDelivery) == 3
    assert (await desk.get(Source, number)).cursor["uidvalidity"] == 2


async def test_who_lost_the_lease_stores_nothing(desk: Desk, box: Box) -> None:
    number = await make_source(desk, "Orders", "orders@fernhill.example", imap_url="imap://127.0.0.1?tls=never")
    source = Reading(desk.machine, desk.customers.house, number)
    lease_held = await held(desk, "a mailbox")
    await source.read(lease_held, box)
    box.mails.append(mail())
    stale = Held(lease_held.name, lease_held.fence - 1)
    with pytest.raises(LeaseLost):
        await source.read(stale, box)
    assert await desk.count(RawDelivery) == 0
    files = [path for path in (desk.machine.settings.data_dir / "blobs").rglob("*") if path.is_file()]
    assert files == [], "and leaves nothing behind"
    await source.read(lease_held, box)
    assert await desk.count(RawDelivery) == 1


async def test_what_a_server_will_not_hand_over_is_filed_as_such(desk: Desk, box: Box) -> None:
    number = await make_source(desk, "Orders", "orders@fernhill.example", imap_url="imap://127.0.0.1?tls=never")
    source = Reading(desk.machine, desk.customers.house, number)
    lease_held = await held(desk, "a mailbox")
    await source.read(lease_held, box)
    box.mails += [b"", b""]
    for _ in range(2):
        await source.read(lease_held, box)
        box.uidvalidity = 1
    assert await desk.count(RawDelivery) == 2, "two places, two deliveries"
    await desk.work()
    assert all(message.unreadable for message in await desk.all(Message))


@pytest.mark.contract
async def test_the_whole_walk_through_a_real_post_office(
    settings: Settings,
    tmp_path: Path,
    post_office: PostOffice,  # noqa: F811  (the fixture)
) -> None:
    if not settings.embedded:
        pytest.skip("the post office is slow; one engine is enough")
    machine = build(settings.model_copy(update={"undo_seconds": 0, "trusted_networks": ("127.0.0.0/8",)}))
    customers = composition.join(machine)
    await machine.start()
    service = Mailboxes(machine, customers.house)
    try:
        desk = await open_desk(machine, customers, tmp_path)
        number = await make_source(
            desk, "Office", USER, desk.care, imap_url=post_office.imap_url(), imap_password=PASSWORD
        )
        async with machine.units.begin() as unit:
            source = await unit.session.get_one(Source, number)
            source.config = source.config | {"smtp_url": post_office.smtp_url}
            unit.session.add(source)
        await service.start()
        await until(lambda: _begun(desk, number))
        await send(
            post_office.smtp_url, "gone@parley.test", [USER], mail("It leaks.", sender="gone@parley.test", to=USER)
        )
        await until(lambda: _is(desk.count(RawDelivery), 1), 30)
        await desk.work()
        (conversation,) = await desk.all(Conversation)
        reply = await desk.answer(desk.bob, conversation.id)
        await desk.work()
        await until(lambda: _is(desk.count(RawDelivery), 2), 30)
        await desk.work()
        assert await _state(desk, reply.id) == "bounced", "the post office sent it back, and it marked the very reply"
        assert await desk.count(Conversation) == 1
    finally:
        await service.stop()
        await customers.close()
        await machine.close()


async def _begun(desk: Desk, number: int) -> bool:
    return bool((await desk.get(Source, number)).cursor)


async def _state(desk: Desk, reply_id: int) -> str:
    from parley.models.customers import Reply

    return (await desk.get(Reply, reply_id)).state
