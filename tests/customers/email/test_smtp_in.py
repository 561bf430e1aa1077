"""Mail delivered straight to us: kept before it is answered for, refused when it is not ours or too much."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import aiosmtplib
import pytest

from customers.email.sinks import until
from parley.customers.connectors.base import SendState
from parley.customers.connectors.email.addresses import signed_reply_address
from parley.customers.connectors.email.smtp_in import SmtpListener
from parley.customers.connectors.email.smtp_out import send

CARE, ANNA = "care@fernhill.example", "anna@example.org"
SIGNED = signed_reply_address(CARE, 42, b"k" * 32)
RAW = b"Subject: x\r\n\r\n.Hello\r\n"


class Keeper:
    def __init__(self) -> None:
        self.kept: list[tuple[bytes, str, tuple[str, ...]]] = []
        self.problem: Exception | None = None
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.called = asyncio.Event()

    def accepts(self, address: str) -> bool:
        local, _, domain = address.rpartition("@")
        return f"{local.split('+')[0]}@{domain}" == CARE

    async def deliver(self, raw: bytes, sender: str, recipients) -> None:
        self.called.set()
        await self.may_go_on.wait()
        if self.problem:
            raise self.problem
        self.kept.append((raw, sender, recipients))


@contextlib.asynccontextmanager
async def listening(keeper: Keeper, **limits) -> AsyncIterator[SmtpListener]:
    listener = SmtpListener(keeper.accepts, keeper.deliver, hostname="mx.fernhill.example", **limits)
    await listener.start("127.0.0.1", 0)
    try:
        yield listener
    finally:
        await listener.close()


def url(listener: SmtpListener) -> str:
    return f"smtp://127.0.0.1:{listener.address[1]}?tls=never"


async def talk(listener: SmtpListener, *commands: str) -> list[str]:
    reader, writer = await asyncio.open_connection(*listener.address)
    answers = [(await reader.readline()).decode()]
    for command in commands:
        writer.write(command.encode() + b"\r\n")
        answer = await reader.readline()
        while answer[3:4] == b"-":
            answer = await reader.readline()
        answers.append(answer.decode())
    writer.close()
    await writer.wait_closed()
    return answers


async def test_a_mail_is_kept_with_its_envelope_and_then_answered_for() -> None:
    keeper = Keeper()
    async with listening(keeper) as listener:
        keeper.may_go_on.clear()
        sending = asyncio.create_task(send(url(listener), ANNA, [CARE, SIGNED], RAW))
        await keeper.called.wait()
        assert not sending.done()
        keeper.may_go_on.set()
        assert {each.state for each in (await sending).values()} == {SendState.ACCEPTED}
    assert keeper.kept == [(RAW, ANNA, (CARE, SIGNED))]


async def test_who_is_not_ours_is_refused_while_others_are_served() -> None:
    keeper = Keeper()
    async with listening(keeper) as listener:
        found = await send(
            url(listener),
            ANNA,
            ["x@elsewhere.example", "nobody@fernhill.example", "care@fernhill.example.evil.test", CARE.upper()],
            RAW,
        )
        assert [each.state for each in found.values()] == [SendState.PERMANENT] * 3 + [SendState.ACCEPTED]
    assert [recipients for _, _, recipients in keeper.kept] == [(CARE.upper(),)]


async def test_what_could_not_be_kept_is_to_come_again() -> None:
    keeper = Keeper()
    keeper.problem = RuntimeError("the disk is full")
    async with listening(keeper) as listener:
        first = (await send(url(listener), ANNA, [CARE], RAW))[CARE]
        assert first.state is SendState.TEMPORARY
        assert first.reason.startswith("451")
        assert "disk" not in first.reason
        keeper.problem = None
        assert (await send(url(listener), ANNA, [CARE], RAW))[CARE].state is SendState.ACCEPTED


async def test_too_large_a_mail_is_refused_before_and_after_it_was_sent() -> None:
    keeper = Keeper()
    async with listening(keeper, max_size=10_000) as listener:
        big = b"Subject: x\r\n\r\n" + b"line\r\n" * 2_000
        assert (await send(url(listener), ANNA, [CARE], big))[CARE].state is SendState.PERMANENT
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=listener.address[1], start_tls=False, local_hostname="x.test"
        )
        await client.connect()
        await client.mail(ANNA)
        await client.rcpt(CARE)
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await client.data(big)
        assert refused.value.code == 552
        await client.rset()
        await client.quit()
        assert (await send(url(listener), ANNA, [CARE], RAW))[CARE].state is SendState.ACCEPTED
    assert len(keeper.kept) == 1


async def test_long_lines_raw_bytes_and_the_null_sender_arrive_as_they_are() -> None:
    keeper = Keeper()
    raw = b"Subject: \xfc\r\n\r\n" + b"x" * 90_000 + b"\r\nGr\xfc\xdfe\r\n..\r\n"
    async with listening(keeper) as listener:
        assert (await send(url(listener), "", [CARE], raw))[CARE].state is SendState.ACCEPTED
    assert keeper.kept == [(raw, "", (CARE,))]


async def test_too_many_connections_recipients_and_commands_are_ended() -> None:
    keeper = Keeper()
    async with listening(keeper, max_connections=2) as listener:
        idle = [await asyncio.open_connection(*listener.address) for _ in range(2)]
        for reader, _ in idle:
            assert (await reader.readline()).startswith(b"220")
        assert (await talk(listener))[0].startswith("421")
        idle[0][1].close()
        await idle[0][1].wait_closed()
        await until(lambda: len(listener.active) == 1)
        answers = await talk(listener, "EHLO x", f"MAIL FROM:<{ANNA}>", *[f"RCPT TO:<{CARE}>"] * 101)
        assert answers[-2].startswith("250")
        assert answers[-1].startswith("452")
        many = await talk(listener, "EHLO x", *["NOOP"] * 21)
        assert many[-2].startswith("250")
        assert many[-1].startswith("421")
        idle[1][1].close()
        await idle[1][1].wait_closed()


async def test_it_relays_nothing_knows_no_passwords_and_takes_no_smuggled_mail() -> None:
    keeper = Keeper()
    async with listening(keeper) as listener:
        answers = await talk(
            listener,
            "EHLO x",
            "AUTH PLAIN AGEAYg==",
            "VRFY root",
            f"MAIL FROM:<{ANNA}>",
            "RCPT TO:<root>",
            f"RCPT TO:<{CARE}>",
            "DATA",
        )
        assert answers[2].startswith(("5", "4"))
        assert not answers[3].startswith("250")
        assert answers[5].startswith("550")
        assert answers[7].startswith("354")
        smuggled = b"Subject: x\r\n\r\nbody\n.\nMAIL FROM:<evil@example.org>\nRCPT TO:<care@fernhill.example>\nDATA\nforged\r\n"
        assert (await send(url(listener), ANNA, [CARE], RAW))[CARE].state is SendState.ACCEPTED
        reader, writer = await asyncio.open_connection(*listener.address)
        await reader.readline()
        for line in (b"EHLO x", b"MAIL FROM:<anna@example.org>", b"RCPT TO:<care@fernhill.example>", b"DATA"):
            writer.write(line + b"\r\n")
            answer = await reader.readline()
            while answer[3:4] == b"-":
                answer = await reader.readline()
        writer.write(smuggled + b".\r\nQUIT\r\n")
        assert (await reader.readline()).startswith(b"250")
        assert (await reader.readline()).startswith(b"221")
        writer.close()
        await writer.wait_closed()
    assert [(sender, raw) for raw, sender, _ in keeper.kept] == [(ANNA, RAW), (ANNA, smuggled)]


async def test_a_sender_that_hangs_up_in_the_middle_leaves_nothing() -> None:
    keeper = Keeper()
    async with listening(keeper) as listener:
        answers = await talk(listener, "EHLO x", f"MAIL FROM:<{ANNA}>", f"RCPT TO:<{CARE}>", "DATA")
        assert answers[-1].startswith("354")
        await until(lambda: not listener.active)
    assert keeper.kept == []


async def test_closing_lets_a_mail_under_way_be_kept_and_answered() -> None:
    keeper = Keeper()
    keeper.may_go_on.clear()
    async with listening(keeper) as listener:
        address = listener.address
        idle = socket.create_connection(address)
        sending = asyncio.create_task(send(url(listener), ANNA, [CARE], RAW))
        await keeper.called.wait()
        closing = asyncio.create_task(listener.close())
        await asyncio.sleep(0)
        assert not closing.done()
        keeper.may_go_on.set()
        assert (await sending)[CARE].state is SendState.ACCEPTED
        await closing
        idle.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
    assert len(keeper.kept) == 1
