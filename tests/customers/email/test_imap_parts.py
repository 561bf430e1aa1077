"""The mailbox against servers that play a part: odd answers, silence, lost lines, no push, large and vanished mails."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from customers.email.sinks import ImapPart
from parley.customers.connectors.base import RawMessage
from parley.customers.connectors.email import mailbox as module
from parley.customers.connectors.email.body import MAX_MAIL, UNREADABLE_LARGE, BodyReader
from parley.customers.connectors.email.imap_words import SignInRefusedError, folder_name
from parley.customers.connectors.email.mail import read_mail
from parley.customers.connectors.email.mailbox import Cursor, Mailbox, MailboxError, check_mailbox

START = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
EXAMINE = (
    b"EXAMINE",
    b"* 2 EXISTS\r\n* OK [UIDVALIDITY 9] ok\r\n* OK [UIDNEXT 12] next\r\n{tag} OK [READ-ONLY] done\r\n",
)


def cursor(last_uid: int = 9, uidvalidity: int = 9, **changes: object) -> Cursor:
    return Cursor(uidvalidity, last_uid, START, START, **changes)


def metas(*uids: int, size: int = 5, date: str = "03-Nov-2026 13:00:00 +0100") -> bytes:
    lines = b"".join(f'* 1 FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "{date}")\r\n'.encode() for uid in uids)
    return lines + b"{tag} OK done\r\n"


def body(uid: int, raw: bytes = b"Hello") -> tuple[bytes, bytes]:
    return (
        f"UID FETCH {uid} (UID BODY.PEEK".encode(),
        f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n{tag} OK\r\n",
    )


async def opened(part: ImapPart, **more: object) -> Mailbox:
    return await Mailbox.open(part.url, password="secret", timeout=2.0, **more)


async def read(part: ImapPart, at: Cursor, limit: int = 50) -> list[module.Fetched]:
    async with part.open(), await opened(part) as box:
        return [each async for each in box.fetch_after(at, limit)]


async def test_an_ordinary_reading() -> None:
    part = ImapPart(
        EXAMINE,
        (b"UID SEARCH UID 10:", b"* SEARCH 11 10\r\n{tag} OK\r\n"),
        (b"UID FETCH 10,11 ", metas(11, 10)),
        body(10),
        body(11, b"a)\r\n* 3 EXISTS\r\n{5}"),
    )
    found = await read(part, cursor())
    assert [(each.uid, each.message.raw, each.cursor.last_uid) for each in found] == [
        (10, b"Hello", 10),
        (11, b"a)\r\n* 3 EXISTS\r\n{5}", 11),
    ]
    assert found[0].message.received_at == START
    assert not any(b"STORE" in line or b"SELECT" in line or b" BODY[" in line for line in part.heard)


async def test_odd_but_legal_answers_are_understood() -> None:
    part = ImapPart(
        EXAMINE,
        (b"UID SEARCH", b"* OK still here\r\n* SEARCH 10 8 99999\r\n* SEARCH 11 junk\r\n* 5 EXPUNGE\r\n{tag} OK\r\n"),
        (
            b"UID FETCH 10,11 ",
            b'* 7 fetch (INTERNALDATE " 3-nov-2026 13:00:00 +0100" RFC822.SIZE 5 UID 10 FLAGS (\\Seen))\r\n* 8 FETCH (UID 3 FLAGS ())\r\n{tag} OK\r\n',
        ),
        (
            b"UID FETCH 10 ",
            b"* 9 FETCH (FLAGS (\\Recent))\r\n* 7 FETCH (BODY[]<0> {5}\r\nHello UID 10)\r\n{tag} OK\r\n",
        ),
    )
    found = await read(part, cursor())
    assert [(each.uid, each.message.raw) for each in found] == [(10, b"Hello")], (
        "11 is gone meanwhile and costs nothing"
    )


async def test_a_folder_made_anew_is_read_again_from_the_first_reading_on_and_not_from_before() -> None:
    part = ImapPart(
        EXAMINE,
        (b"UID SEARCH UID 1:11 SINCE 2-Nov-2026", b"* SEARCH 2 3\r\n{tag} OK\r\n"),
        (b"UID FETCH 2,3 ", metas(2, date="03-Nov-2026 12:59:59 +0100")[: -len(b"{tag} OK done\r\n")] + metas(3)),
        body(3),
    )
    found = await read(part, cursor(last_uid=500, uidvalidity=8))
    assert [each.uid for each in found] == [3]
    assert found[0].cursor == cursor(last_uid=3, scan_below=12)


async def test_a_portion_ends_where_it_was_asked_to_and_passed_over_mails_do_not_stop_it() -> None:
    old = "01-Nov-2026 12:00:00 +0000"
    part = ImapPart(
        EXAMINE,
        (b"UID SEARCH UID 1:11 SINCE", b"* SEARCH 1 2 3 4 5\r\n{tag} OK\r\n"),
        (b"UID FETCH 1,2 ", metas(1, 2, date=old)),
        (b"UID SEARCH UID 3:11 SINCE", b"* SEARCH 3 4 5\r\n{tag} OK\r\n"),
        (b"UID FETCH 3,4 ", metas(3, 4)),
        body(3),
        body(4),
    )
    found = await read(part, cursor(last_uid=0, scan_below=12), limit=2)
    assert [each.uid for each in found] == [3, 4]


async def test_a_large_mailbox_is_searched_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WINDOW", 5)
    part = ImapPart(
        EXAMINE,
        (b"UID SEARCH UID 1:5", b"* SEARCH\r\n{tag} OK\r\n"),
        (b"UID SEARCH UID 6:10", b"* SEARCH 7\r\n{tag} OK\r\n"),
        (b"UID FETCH 7 ", metas(7)),
        body(7),
        (b"UID SEARCH UID 11:15", b"* SEARCH\r\n{tag} OK\r\n"),
    )
    async with part.open(), await opened(part) as box:
        found = [each async for each in box.fetch_after(cursor(last_uid=0))]
        assert [each.uid for each in found] == [7]
        assert box.position == cursor(last_uid=11)


async def test_a_mail_that_is_too_large_is_filed_by_its_headers(reader: BodyReader) -> None:
    head = b"Subject: Film\r\nFrom: anna@example.org\r\n\r\n"
    part = ImapPart(
        EXAMINE,
        (b"UID SEARCH", b"* SEARCH 10\r\n{tag} OK\r\n"),
        (b"UID FETCH 10 ", metas(10, size=MAX_MAIL + 1)),
        body(10, head),
    )
    found = await read(part, cursor())
    assert any(b"BODY.PEEK[HEADER]" in line for line in part.heard)
    message = await read_mail(found[0].message, "care@parley.test", reader, keys=[])
    assert (message.subject, message.unreadable, message.size) == ("Film", UNREADABLE_LARGE, MAX_MAIL + 1)


async def test_a_mail_the_server_will_not_hand_over_is_filed_with_its_reason_and_does_not_stop_the_rest(
    reader: BodyReader,
) -> None:
    part = ImapPart(
        EXAMINE,
        (b"UID SEARCH", b"* SEARCH 10 11\r\n{tag} OK\r\n"),
        (b"UID FETCH 10,11 ", metas(10, 11)),
        (b"UID FETCH 10 ", b"{tag} NO [UNKNOWN-CTE] the message is broken\r\n"),
        body(11),
    )
    found = await read(part, cursor())
    assert [each.uid for each in found] == [10, 11]
    message = await read_mail(found[0].message, "care@parley.test", reader, keys=[])
    assert "the message is broken" in str(message.unreadable)
    assert message.external_id.startswith("made:")


@pytest.mark.parametrize(
    "answer",
    [
        b"hang up",
        b"* 1 FETCH (UID 10 BODY[] {99999999999}\r\nx",
        b"* 1 FETCH (UID 10 BODY[] {50}\r\nshort",
        b"x" * 3_000_000,
        b"",
    ],
)
async def test_a_line_that_breaks_is_told_in_words_and_what_was_read_stays_read(answer: bytes) -> None:
    part = ImapPart(
        EXAMINE,
        (b"UID SEARCH", b"* SEARCH 10 11\r\n{tag} OK\r\n"),
        (b"UID FETCH 10,11 ", metas(10, 11)),
        body(10),
        (b"UID FETCH 11 ", answer),
    )
    seen: list[int] = []

    async def reading() -> None:
        async with asyncio.timeout(5), await Mailbox.open(part.url, password="secret", timeout=0.4) as box:
            async for each in box.fetch_after(cursor()):
                seen.append(each.uid)  # noqa: PERF401  what was read before it broke is what this is about

    async with part.open():
        with pytest.raises(MailboxError):
            await reading()
    assert seen == [10]


async def test_without_push_the_mailbox_is_asked_again() -> None:
    part = ImapPart(
        EXAMINE,
        (b"NOOP", b"* 3 EXISTS\r\n{tag} OK\r\n"),
        (b"NOOP", b"{tag} OK\r\n"),
        capabilities=b"IMAP4rev1 AUTH=PLAIN",
    )
    async with part.open(), await opened(part, poll_seconds=0.01) as box:
        assert not box.pushes
        await box.count()
        assert await box.wait(60)


async def test_push_is_heard_ended_and_can_be_asked_for_again() -> None:
    part = ImapPart(
        EXAMINE,
        (b"IDLE", b"+ idling\r\n* 1 RECENT\r\n"),
        (b"DONE", b"* 2 EXISTS\r\n{tag} OK\r\n"),
        (b"IDLE", b"* OK first this\r\n+ idling\r\n* 3 EXISTS\r\n"),
        (b"DONE", b"{tag} OK\r\n"),
    )
    async with part.open(), await opened(part) as box:
        await box.count()
        assert not await box.wait(0.1)
        assert await box.wait(60)
        assert part.done.is_set()
        assert await box.wait(60), "what was pushed and not yet read is not waited for again"


async def test_idling_is_renewed_before_the_server_or_the_way_there_forgets_it() -> None:
    assert module.IDLE_SECONDS < 29 * 60


async def test_a_connection_lost_while_waiting_is_told() -> None:
    part = ImapPart(EXAMINE, (b"IDLE", b"hang up"))
    async with part.open():
        box = await opened(part)
        await box.count()
        with pytest.raises(MailboxError):
            async with box:
                await box.wait(60)


async def test_waiting_can_be_called_off() -> None:
    part = ImapPart(EXAMINE, (b"IDLE", b"+ idling\r\n"))
    async with part.open():
        box = await opened(part)
        await box.count()
        task = asyncio.create_task(box.wait(600))
        await part.done.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with box:
                await task


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (ImapPart(greeting=b"* BYE too many\r\n"), "too many"),
        (ImapPart(greeting=b""), "too long"),
        (ImapPart(greeting=b"220 I am SMTP\r\n"), "does not want to speak"),
        (ImapPart((b"AUTHENTICATE", b"{tag} NO wrong password\r\n")), "wrong password"),
        (ImapPart((b"AUTHENTICATE", b"hang up")), "was lost"),
        (ImapPart(capabilities=b"IMAP4rev1 LOGINDISABLED"), "no way of signing in"),
        (ImapPart((b"LOGIN", b"{tag} NO not you\r\n"), capabilities=b"IMAP4rev1"), "not you"),
        (ImapPart((b"EXAMINE", b"{tag} NO no such folder\r\n")), "no such folder"),
    ],
)
async def test_what_is_wrong_is_said_in_words_without_the_password(part: ImapPart, words: str) -> None:
    async with part.open():
        found = await check_mailbox(part.url, password="s3cr3t-word", timeout=0.5)
    assert not found.ok
    assert words in found.words
    assert "s3cr3t-word" not in found.words


async def test_a_refused_token_is_answered_and_never_waited_for() -> None:
    async def token() -> str:
        return "stale"

    part = ImapPart(
        (b"AUTHENTICATE XOAUTH2", b"+ \r\n"),
        (b"dXNlcj1", b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"),
        (b"", b"{tag} NO invalid\r\n"),
    )
    async with part.open():
        began = time.monotonic()
        with pytest.raises(SignInRefusedError):
            await Mailbox.open(part.url + "&auth=xoauth2", token=token, timeout=5)
        assert time.monotonic() - began < 4
        assert b"" in part.heard, "the challenge of a refusal wants an empty line"
    silent = ImapPart((b"AUTHENTICATE XOAUTH2", b"+ \r\n"), (b"dXNlcj1", b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"))
    async with silent.open():
        with pytest.raises(MailboxError, match="too long"):
            await Mailbox.open(silent.url + "&auth=xoauth2", token=token, timeout=0.4)


async def test_nobody_listening_and_a_closed_door_are_told() -> None:
    async with ImapPart().open() as part:
        url = part.url
    assert "cannot be reached" in (await check_mailbox(url, password="x")).words

    async def dial(host: str, port: int):
        raise OSError(113, "this address is closed")

    assert "this address is closed" in (await check_mailbox("imaps://a:b@mail.example.org", dial=dial)).words


async def test_plain_words_before_encryption_are_not_believed() -> None:
    part = ImapPart(
        (b"STARTTLS", b"{tag} OK go\r\n* OK [CAPABILITY evil] injected\r\n"),
        capabilities=b"IMAP4rev1 STARTTLS AUTH=PLAIN",
    )
    async with part.open():
        with pytest.raises(MailboxError, match="out of turn"):
            await Mailbox.open(part.url.replace("never", "required"), password="secret", timeout=2)


async def test_a_line_break_in_a_command_is_refused() -> None:
    part = ImapPart()
    async with part.open(), await opened(part) as box:
        with pytest.raises(MailboxError):
            await box._connection.command("NOOP\r\nP9 DELETE INBOX")


@pytest.mark.parametrize(
    ("name", "coded"),
    [
        ("INBOX", '"INBOX"'),
        ("Süd & Nord", '"S&APw-d &- Nord"'),
        ("日本語", '"&ZeVnLIqe-"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("~peter/mail/台北", '"~peter/mail/&U,BTFw-"'),
    ],
)
def test_folder_names_travel_in_the_form_of_the_protocol(name: str, coded: str) -> None:
    assert folder_name(name) == coded


def test_a_cursor_survives_being_stored() -> None:
    one = cursor(scan_below=7)
    assert Cursor.from_document(one.as_document()) == one
    assert Cursor.from_document({}) is None


async def test_a_server_that_does_not_say_what_comes_next_is_asked() -> None:
    part = ImapPart(
        (b"EXAMINE", b"* 2 EXISTS\r\n* OK [UIDVALIDITY 9] ok\r\n{tag} OK\r\n"),
        (b"UID FETCH * (UID)", b"* 2 FETCH (UID 11)\r\n{tag} OK\r\n"),
    )
    async with part.open(), await opened(part) as box:
        assert await box.first_cursor(at=START) == cursor(last_uid=11)


def test_a_raw_message_knows_when_it_is_whole() -> None:
    assert RawMessage(b"", START).complete


async def test_encryption_that_is_required_and_not_offered_keeps_the_password_back() -> None:
    part = ImapPart()
    async with part.open():
        with pytest.raises(MailboxError, match="the password was not sent"):
            await Mailbox.open(part.url.replace("never", "required"), password="secret", timeout=2)
    assert not any(b"AUTHENTICATE" in line for line in part.heard)
