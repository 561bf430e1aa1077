"""The mail connector against Exim and Dovecot as they are: in by SMTP, out by IMAP, refused, bounced, signed in."""

import asyncio
import shutil
import time
from datetime import timedelta

import pytest

from customers.email.postoffice import GOOD_TOKEN, PASSWORD, USER, PostOffice, until
from parley.customers.connectors.base import SendState
from parley.customers.connectors.email.addresses import signed_message_id, signed_reply_address
from parley.customers.connectors.email.body import BodyReader
from parley.customers.connectors.email.imap_words import SignInRefusedError
from parley.customers.connectors.email.mail import read_mail
from parley.customers.connectors.email.mailbox import Cursor, Mailbox, check_mailbox
from parley.customers.connectors.email.smtp_out import check_server, send
from parley.kit.clock import now

pytestmark = pytest.mark.contract
KEY = b"a key for tests, nothing else....."
ANNA = "anna@example.org"


def mail(to: str, subject: str = "The valve", number: int = 1, body: str = "It leaks.") -> bytes:
    return (
        f"From: Anna <{ANNA}>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{number}.{subject.split(maxsplit=1)[0]}@example.org>\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


async def open_as(office: PostOffice, user: str = USER) -> Mailbox:
    return await Mailbox.open(office.imap_url(user=user), password=PASSWORD)


async def collect(box: Mailbox, cursor: Cursor, limit: int = 50) -> list:
    return [each async for each in box.fetch_after(cursor, limit)]


async def test_a_mail_goes_in_by_smtp_is_pushed_and_read_and_its_flags_stay(
    post_office: PostOffice, reader: BodyReader
) -> None:
    signed = signed_reply_address(USER, 42, KEY)
    async with await open_as(post_office) as box:
        cursor = await box.first_cursor()
        waiting = asyncio.create_task(box.wait(20))
        sent = await send(post_office.smtp_url, ANNA, [signed], mail(USER, "Pushed here"))
        assert sent[signed].state is SendState.ACCEPTED
        began = time.monotonic()
        assert await waiting
        print(f"IDLE push {time.monotonic() - began:.2f} s after the server took the mail")
        fetched = await collect(box, cursor)
        assert [each.uid for each in fetched] == [cursor.last_uid + 1]
        message = await read_mail(fetched[0].message, USER, reader, keys=[KEY])
    assert (message.subject, message.text, message.external_id) == (
        "Pushed here",
        "It leaks.",
        "<1.Pushed@example.org>",
    )
    assert message.tokens.conversations == (42,)
    assert signed in [each.address for each in message.addresses("delivered")]
    assert not fetched[0].historic
    files = list((post_office.folder / "mail" / USER).glob("new/*"))
    assert any(b"Pushed here" in file.read_bytes() for file in files), "reading must not move the mail out of new"


async def test_mails_come_in_order_and_in_portions_and_a_lost_cursor_reads_them_again(post_office: PostOffice) -> None:
    user = "portions@parley.test"
    async with await open_as(post_office, user) as box:
        start = await box.first_cursor()
        for number in range(5):
            await send(post_office.smtp_url, ANNA, [user], mail(user, f"Order{number}", number))

        async def all_there() -> bool:
            return await box.count() == 5

        await until(all_there)
        first = await collect(box, start, limit=2)
        rest = await collect(box, first[-1].cursor, limit=50)
        assert [each.uid for each in first + rest] == sorted(each.uid for each in first + rest)
        assert len(first) == 2
        assert len(rest) == 3
        assert await collect(box, rest[-1].cursor) == []
        changed = Cursor(start.uidvalidity + 1, 900, start.started_at, start.since)
        again = await collect(box, changed)
        assert [each.message.raw for each in again] == [each.message.raw for each in first + rest]
        assert again[-1].cursor.uidvalidity == start.uidvalidity
        forgotten = Cursor(start.uidvalidity + 1, 900, now() + timedelta(days=2), now() + timedelta(days=2))
        assert await collect(box, forgotten) == [], "a re-scan must not bring what came before the first reading"


async def test_a_first_reading_goes_back_as_far_as_asked(post_office: PostOffice) -> None:
    user = "history@parley.test"
    await send(post_office.smtp_url, ANNA, [user], mail(user, "Earlier"))
    async with await open_as(post_office, user) as box:

        async def there() -> bool:
            return await box.count() == 1

        await until(there)
        assert await collect(box, await box.first_cursor()) == []
        back = await collect(box, await box.first_cursor(days_back=3, at=now() + timedelta(seconds=2)))
        assert [each.historic for each in back] == [True]
        assert box.position is not None
        assert box.position.last_uid == back[-1].uid


async def test_a_mail_to_nobody_comes_back_as_a_bounce_of_the_very_reply(
    post_office: PostOffice, reader: BodyReader
) -> None:
    reply_id = signed_message_id(7, "parley.test", KEY)
    raw = mail("gone@parley.test", "Lost").replace(b"<1.Lost@example.org>", reply_id.encode())
    async with await open_as(post_office) as box:
        cursor = await box.first_cursor()
        sent = await send(post_office.smtp_url, USER, ["gone@parley.test"], raw)
        assert sent["gone@parley.test"].state is SendState.ACCEPTED
        assert await box.wait(20)
        message = await read_mail((await collect(box, cursor))[0].message, USER, reader, keys=[KEY])
    bounce = message.bounce
    assert bounce is not None
    assert (bounce.original_message_id, bounce.recipient) == (reply_id, "gone@parley.test")
    assert bounce.is_failure
    assert bounce.permanent
    assert message.automatic


async def test_a_token_signs_in_and_a_refused_one_does_not_hang(post_office: PostOffice) -> None:
    async def good() -> str:
        return GOOD_TOKEN

    async def bad() -> str:
        return "stale-token"

    url = post_office.imap_url(auth="xoauth2")
    async with await Mailbox.open(url, token=good) as box:
        assert await box.count() >= 0
    began = time.monotonic()
    with pytest.raises(SignInRefusedError):
        await Mailbox.open(url, token=bad)
    assert time.monotonic() - began < 8
    with pytest.raises(SignInRefusedError):
        await Mailbox.open(url)


async def test_the_connection_test_says_in_words_what_it_found(post_office: PostOffice) -> None:
    good = await check_mailbox(post_office.imap_url(), password=PASSWORD)
    assert good.ok
    assert "tells of new mail at once" in good.words
    wrong = await check_mailbox(post_office.imap_url(), password="wrong")
    assert not wrong.ok
    assert "refuses the user name" in wrong.words
    assert "wrong" not in wrong.words
    nowhere = await check_mailbox(post_office.imap_url().replace("INBOX", "Nowhere"), password=PASSWORD)
    assert not nowhere.ok
    assert "Nowhere" in nowhere.words
    assert (await check_server(post_office.smtp_url)).ok


async def test_encrypted_lines_are_checked_against_the_authority_that_is_set(post_office: PostOffice) -> None:
    user = USER.replace("@", "%40")
    started = f"imap://{user}@127.0.0.1:{post_office.imap}?tls=required"
    implicit = f"imaps://{user}@127.0.0.1:{post_office.imaps}"
    for url in (started, implicit):
        assert (await check_mailbox(url, password=PASSWORD, ca_file=post_office.ca_file)).ok
        unknown = await check_mailbox(url, password=PASSWORD)
        assert not unknown.ok
        assert "certificate" in unknown.words
        async with await Mailbox.open(url, password=PASSWORD, ca_file=post_office.ca_file) as box:
            assert await box.count() >= 0
            assert not await box.wait(0.1)


async def test_a_folder_with_letters_of_other_languages_is_named_as_imap_wants(post_office: PostOffice) -> None:
    root = post_office.folder / "mail" / USER
    async with await open_as(post_office) as box:
        await box.count()  # so that the folder of this person is there
    for name in ("", "cur", "new", "tmp"):
        path = root / ".Anfragen S&APw-d &- Nord" / name
        path.mkdir()
        shutil.chown(path, "nobody", "nogroup")
    url = post_office.imap_url().replace("INBOX", "Anfragen%20S%C3%BCd%20%26%20Nord")
    async with await Mailbox.open(url, password=PASSWORD) as box:
        assert await box.count() == 0
