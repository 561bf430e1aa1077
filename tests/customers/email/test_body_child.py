"""The child that reads bodies: warm, limited, replaced; what kills it never reaches the mailbox."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from customers.email.sinks import until
from parley.customers.connectors.email import body as parent
from parley.customers.connectors.email.body import (
    UNREADABLE_EMPTY,
    UNREADABLE_END,
    UNREADABLE_LARGE,
    UNREADABLE_TIME,
    BodyReader,
    ReaderUnavailableError,
)
from parley.customers.connectors.email.child import UNREADABLE_SIZE
from parley.customers.connectors.email.frames import READY

MAIL = b"Subject: x\r\n\r\nHello"
SLOW = b"Content-Type: text/html\r\n\r\n" + b"<" * 100 + b"<b>x</b>" * 110_000


def pid_of(reader: BodyReader) -> int:
    return reader._idle[0].process.pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_mail_with_files_comes_back_whole_from_a_warm_child(reader: BodyReader) -> None:
    data = os.urandom(3_000_000)
    raw = (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n--x\r\nContent-Type: image/png; name=a.png\r\n\r\n"
        + data
        + b"\r\n--x--"
    )
    body = await reader.read(raw)
    assert body.text == "Hello"
    assert body.attachments[0].data == data
    first = pid_of(reader)
    assert (await reader.read(MAIL)).text == "Hello"
    assert pid_of(reader) == first


async def test_a_mail_that_takes_too_long_costs_only_its_child() -> None:
    reader = BodyReader(children=1, seconds=0.25)
    assert (await reader.read(MAIL)).text == "Hello"
    before = pid_of(reader)
    assert (await reader.read(SLOW)).unreadable == UNREADABLE_TIME
    assert not alive(before)
    patient = BodyReader(children=1)
    assert (await patient.read(SLOW)).unreadable is None
    await patient.close()
    await reader.close()


async def test_a_mail_that_takes_too_much_memory_is_said_and_the_next_is_read() -> None:
    reader = BodyReader(memory=90 * 1024 * 1024)
    assert (await reader.read(b"\r\n" + b"word word\n" * 2_500_000)).unreadable == UNREADABLE_SIZE
    assert (await reader.read(MAIL)).text == "Hello"
    await reader.close()


async def test_a_child_that_died_is_replaced(reader: BodyReader) -> None:
    await reader.read(MAIL)
    os.kill(pid_of(reader), 9)
    assert (await reader.read(MAIL)).text == "Hello", "a child that died while idle is nothing the mail did"


async def test_what_a_child_answers_is_not_believed_blindly(
    reader: BodyReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent, "MAX_JSON", 10)
    assert (await reader.read(MAIL)).unreadable == UNREADABLE_END
    monkeypatch.undo()
    assert (await reader.read(MAIL)).text == "Hello"


async def test_children_are_replaced_after_some_mails_and_ended_at_the_end() -> None:
    reader = BodyReader(recycle_after=2)
    await reader.read(MAIL)
    first = pid_of(reader)
    await reader.read(MAIL)
    assert not alive(first)
    await reader.read(MAIL)
    last = pid_of(reader)
    assert last != first
    await reader.close()
    assert not alive(last)


async def test_one_slow_mail_does_not_hold_up_the_others() -> None:
    reader = BodyReader(children=2)
    slow = asyncio.create_task(reader.read(SLOW))
    await reader.read(MAIL)  # which has to wait for a child to start
    await reader.read(MAIL)
    assert not slow.done()
    assert (await slow).unreadable is None
    await reader.close()


async def test_a_reading_that_is_called_off_leaves_no_half_answer_behind() -> None:
    reader = BodyReader(children=1)
    await reader.read(MAIL)
    pid = pid_of(reader)
    task = asyncio.create_task(reader.read(SLOW))
    await until(lambda: not reader._idle)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(pid)
    assert (await reader.read(MAIL)).text == "Hello"
    await reader.close()


async def test_nothing_and_too_much_are_said_without_a_child() -> None:
    reader = BodyReader()
    assert (await reader.read(b"")).unreadable == UNREADABLE_EMPTY
    assert (await reader.read(b" \r\n")).unreadable == UNREADABLE_EMPTY
    assert (await reader.read(b"x" * (parent.MAX_MAIL + 1))).unreadable == UNREADABLE_LARGE
    assert reader._idle == []


async def test_the_child_knows_no_secret_of_ours(reader: BodyReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_SECRET_KEY", "canary-key")
    await reader.read(MAIL)
    process = Path(f"/proc/{pid_of(reader)}")
    assert b"canary-key" not in (process / "environ").read_bytes()
    text = (process / "limits").read_text()
    assert "Max file size             0" in text


async def test_a_machine_that_cannot_start_a_child_does_not_blame_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = BodyReader()
    with monkeypatch.context() as broken:
        broken.setattr(parent, "_MODULE", "parley.there_is_no_such_module")
        with pytest.raises(ReaderUnavailableError):
            await reader.read(MAIL)
    assert (await reader.read(MAIL)).text == "Hello"
    await reader.close()


def test_the_child_lets_go_of_sockets_it_was_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        command = [sys.executable, "-m", "parley.customers.connectors.email.child", str(640 * 1024 * 1024), "5"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as child:
            assert child.stdout is not None
            assert child.stdout.read(len(READY)) == READY
            left = [link.readlink().as_posix() for link in Path(f"/proc/{child.pid}/fd").iterdir()]
            child.stdin.close()
            assert child.wait(10) == 0
    assert len(left) == 3
    assert not any(name.startswith("socket:") for name in left)
