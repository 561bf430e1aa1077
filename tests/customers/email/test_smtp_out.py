"""One attempt, and what it tells: accepted, refused for now, refused for good, or unknown."""

import asyncio
import time

import pytest

from customers.email.sinks import Sink
from parley.customers.connectors.base import SendState
from parley.customers.connectors.email.smtp_out import check_server, send

CARE, ANNA, BOB = "care@fernhill.example", "anna@example.org", "bob@example.org"
RAW = b"From: care@fernhill.example\r\nSubject: x\r\n\r\n.dot\r\nHello\r\n"


async def outcome(
    sink: Sink, *recipients: str, timeout: float = 5.0, raw: bytes = RAW
) -> dict[str, tuple[SendState, str]]:
    results = await send(sink.url, CARE, recipients or (ANNA,), raw, timeout=timeout, local_hostname="parley.test")
    return {name: (each.state, each.reason or each.remote_id) for name, each in results.items()}


async def test_an_accepted_mail_arrived_whole_and_once() -> None:
    async with Sink().open() as sink:
        assert await outcome(sink, ANNA, BOB) == {ANNA: (SendState.ACCEPTED, "kept"), BOB: (SendState.ACCEPTED, "kept")}
        assert sink.recipients == [ANNA, BOB]
        assert sink.mails == [RAW.replace(b"\r\n.dot", b"\r\n..dot") + b".\r\n"]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"greeting": b"421 busy\r\n"}, SendState.TEMPORARY),
        ({"greeting": b"554 no\r\n"}, SendState.PERMANENT),
        ({"greeting": None}, SendState.TEMPORARY),
        ({"EHLO": None}, SendState.TEMPORARY),
        ({"MAIL": b"451 later\r\n"}, SendState.TEMPORARY),
        ({"MAIL": b"550 never\r\n"}, SendState.PERMANENT),
        ({"MAIL": None}, SendState.TEMPORARY),
        ({"RCPT": b"450 later\r\n"}, SendState.TEMPORARY),
        ({"RCPT": b"550 nobody\r\n"}, SendState.PERMANENT),
        ({"RCPT": None}, SendState.TEMPORARY),
        ({"DATA": b"451 later\r\n"}, SendState.TEMPORARY),
        ({"DATA": b"554 no\r\n"}, SendState.PERMANENT),
        ({".": b"452 full\r\n"}, SendState.TEMPORARY),
        ({".": b"554 spam\r\n"}, SendState.PERMANENT),
        ({".": b"250-two\r\n250 lines\r\n"}, SendState.ACCEPTED),
        ({".": None}, SendState.UNKNOWN),
        ({".": b"garbage\r\n"}, SendState.UNKNOWN),
        ({".": b"399 hm\r\n"}, SendState.UNKNOWN),
        ({".": b"251 fine\r\n"}, SendState.ACCEPTED),
        ({"QUIT": None}, SendState.ACCEPTED),
        ({"QUIT": b"500 what\r\n"}, SendState.ACCEPTED),
    ],
)
async def test_where_it_breaks_decides_what_it_means(answers: dict[str, bytes | None], state: SendState) -> None:
    async with Sink(**answers).open() as sink:
        found = await outcome(sink)
        assert found[ANNA][0] is state
        assert found[ANNA][1]


async def test_silence_before_data_is_temporary_and_after_it_unknown() -> None:
    for word, state in (("RCPT", SendState.TEMPORARY), (".", SendState.UNKNOWN)):
        async with Sink(**{word: b""}).open() as sink:
            assert (await outcome(sink, timeout=0.2))[ANNA][0] is state


async def test_a_server_slow_to_say_goodbye_has_accepted() -> None:
    async with Sink(QUIT=b"").open() as sink:
        began = time.monotonic()
        assert (await outcome(sink, timeout=30))[ANNA][0] is SendState.ACCEPTED
        assert sink.silent.is_set()
        assert time.monotonic() - began < 15


async def test_one_bad_recipient_does_not_spoil_the_good_one() -> None:
    async with Sink(**{BOB: b"550 5.1.1 nobody\r\n"}).open() as sink:
        assert await outcome(sink, BOB, ANNA) == {
            BOB: (SendState.PERMANENT, "550 5.1.1 nobody"),
            ANNA: (SendState.ACCEPTED, "kept"),
        }
    async with Sink(**{BOB: b"451 later\r\n", ANNA: b"550 no\r\n"}).open() as sink:
        found = await outcome(sink, BOB, ANNA)
        assert (found[BOB][0], found[ANNA][0]) == (SendState.TEMPORARY, SendState.PERMANENT)
        assert sink.mails == []


async def test_nobody_listening_is_temporary() -> None:
    async with Sink().open() as sink:
        url = sink.url
    assert (await send(url, CARE, [ANNA], RAW, timeout=2))[ANNA].state is SendState.TEMPORARY
    assert not (await check_server(url)).ok


async def test_a_mail_over_the_servers_limit_is_not_sent_at_all() -> None:
    async with Sink().open() as sink:
        assert (await outcome(sink, raw=b"x" * 1_000_001))[ANNA][0] is SendState.PERMANENT
        assert not any(line.startswith("MAIL") for line in sink.commands)


async def test_an_international_address_needs_a_server_that_knows_them() -> None:
    async with Sink().open() as sink:
        assert (await outcome(sink, "änna@example.org"))["änna@example.org"][0] is SendState.PERMANENT
    async with Sink(EHLO=b"250-sink\r\n250 SMTPUTF8\r\n").open() as sink:
        assert (await outcome(sink, "änna@example.org"))["änna@example.org"][0] is SendState.ACCEPTED


async def test_encryption_that_is_asked_for_and_not_offered_sends_no_password() -> None:
    async with Sink().open() as sink:
        port = sink.url.rsplit(":", 1)[1].split("?")[0]
        result = await send(f"smtp://care:hunter2@127.0.0.1:{port}", CARE, [ANNA], RAW, timeout=2)
        assert result[ANNA].state is SendState.TEMPORARY
        assert not any("AUTH" in line for line in sink.commands)
        assert "hunter2" not in repr(result)


async def test_signing_in_with_a_password_or_a_token_and_being_refused() -> None:
    asked: list[str] = []

    async def token() -> str:
        asked.append("token")
        return "abc"

    for auth, words in (("", "AUTH PLAIN"), ("&auth=xoauth2", "AUTH XOAUTH2")):
        answers = {"EHLO": b"250-sink\r\n250 AUTH PLAIN XOAUTH2\r\n", "AUTH": b"235 ok\r\n"}
        async with Sink(**answers).open() as sink:
            url = sink.url.replace("smtp://", "smtp://care:secret@") + auth
            assert (await send(url, CARE, [ANNA], RAW, token=token))[ANNA].state is SendState.ACCEPTED
            assert any(line.startswith(words) for line in sink.commands)
            assert (await check_server(url, token=token)).ok
        async with Sink(**answers | {"AUTH": b"535 5.7.8 no\r\n"}).open() as sink:
            url = sink.url.replace("smtp://", "smtp://care:secret@") + auth
            result = (await send(url, CARE, [ANNA], RAW, token=token))[ANNA]
            assert result.state is SendState.TEMPORARY, "the mail is fine; an administrator can repair this"
            assert "refuses the user name" in result.reason
            assert sink.mails == []
    assert asked


async def test_the_connection_goes_through_the_given_door() -> None:
    doors: list[tuple[str, int]] = []

    async def dial(host: str, port: int):
        doors.append((host, port))
        raise OSError(113, "this address is closed")

    result = await send("smtp://mail.example.org:25", CARE, [ANNA], RAW, dial=dial)
    assert doors == [("mail.example.org", 25)]
    assert result[ANNA].state is SendState.TEMPORARY
    assert "this address is closed" in result[ANNA].reason


async def test_a_sending_that_is_called_off_in_the_middle_raises_and_does_not_claim_anything() -> None:
    async with Sink(**{".": b""}).open() as sink:
        task = asyncio.create_task(send(sink.url, CARE, [ANNA], RAW))
        await sink.silent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_outbox_folder_keeps_every_mail_that_leaves(tmp_path) -> None:
    raw = b"Message-ID: <r7.abc@fernhill.example>\r\n" + RAW
    url = f"outbox://{tmp_path}/out%20box"
    for _ in range(2):
        results = await send(url, CARE, [ANNA, BOB], raw)
        assert {each.state for each in results.values()} == {SendState.ACCEPTED}
    files = list((tmp_path / "out box").iterdir())
    assert [each.suffix for each in files] == [".eml", ".eml"]
    assert all(each.read_bytes() == raw for each in files)
    assert all("r7.abc" in each.name for each in files)
    assert (await check_server(url)).ok


async def test_an_outbox_that_cannot_be_written_is_temporary(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert (await send(f"outbox://{tmp_path}/file", CARE, [ANNA], RAW))[ANNA].state is SendState.TEMPORARY


async def test_nobody_to_send_to_is_nothing_to_do() -> None:
    assert await send("smtp://127.0.0.1:1", CARE, [], RAW) == {}
