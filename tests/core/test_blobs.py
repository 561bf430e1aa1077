import asyncio
import errno
import hashlib
import os
import stat
import threading
from collections.abc import AsyncIterator
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core import blobs as module
from parley.core.blobs import Blobs, content_disposition, safe_name, sniff
from parley.kit.errors import StorageFull, TooLarge


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "files")


async def chunks(*given: bytes) -> AsyncIterator[bytes]:
    for chunk in given:
        yield chunk


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "files").rglob("*") if path.is_file())


async def test_what_is_put_is_read_again(blobs: Blobs) -> None:
    stored = await blobs.put(chunks(b"hello ", b"", b"world"), 11)
    assert await blobs.read(stored.key) == b"hello world"
    assert (stored.size, stored.sha256) == (11, hashlib.sha256(b"hello world").hexdigest())
    await blobs.delete(stored.key)
    await blobs.delete(stored.key)
    with pytest.raises(FileNotFoundError):
        await blobs.read(stored.key)


async def test_large_files_come_in_pieces(blobs: Blobs) -> None:
    data = os.urandom(3_000_000)
    stored = await blobs.put(
        chunks(*[data[place : place + 70_001] for place in range(0, len(data), 70_001)]), len(data)
    )
    assert await blobs.read(stored.key) == data


async def test_names_are_ours_and_unlike_each_other(blobs: Blobs, tmp_path: Path) -> None:
    keys = {(await blobs.put_bytes(b"same")).key for _ in range(5)}
    assert len(keys) == 5
    assert left(tmp_path) == sorted(keys)
    mode = stat.S_IMODE(blobs.path(keys.pop()).stat().st_mode)
    assert mode == 0o600


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "a" * 31, "A" * 32, "/etc/passwd", "a" * 32 + "\n", "coming", "g" * 32]
)
async def test_only_keys_of_ours_are_paths(blobs: Blobs, key: str) -> None:
    with pytest.raises(FileNotFoundError):
        await blobs.read(key)


async def test_too_long_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    assert (await blobs.put(chunks(b"12345"), 5)).size == 5
    before = left(tmp_path)
    for given_chunks in ([b"123456"], [b"123", b"456"], [b"x" * 600_000, b"y" * 600_000]):
        with pytest.raises(TooLarge):
            await blobs.put(chunks(*given_chunks), min(5, 700_000))
    assert left(tmp_path) == before


async def test_too_long_after_a_piece_was_written_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        await blobs.put(chunks(b"x" * 600_000, b"y" * 600_000), 700_000)
    assert left(tmp_path) == []


async def test_a_cut_upload_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        assert len(left(tmp_path)) == 1
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put(cut(), 10_000_000)
    assert left(tmp_path) == []


async def test_a_cancelled_upload_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    arrived = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        arrived.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(blobs.put(endless(), 10_000_000))
    await arrived.wait()
    assert len(left(tmp_path)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left(tmp_path) == []


@pytest.mark.parametrize("step", ["open", "write", "keep"])
async def test_cancelled_while_a_thread_works_leaves_nothing(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The thread goes on after the cancellation; it must not put a file where nobody looks for it."""
    inside, go_on = threading.Event(), threading.Event()
    real = getattr(module._Writing, step)

    def slow(self, *arguments):
        inside.set()
        assert go_on.wait(10)
        return real(self, *arguments)

    monkeypatch.setattr(module._Writing, step, slow)
    task = asyncio.create_task(blobs.put(chunks(b"hello"), 5))
    await asyncio.to_thread(inside.wait, 10)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=0.2)
    assert not done
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("step", ["write", "fsync", "open"])
async def test_a_full_disk_is_said_and_leaves_nothing(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    kept = await blobs.put_bytes(b"before")

    def full(*_arguments, **_named):
        raise OSError(number, "full")

    with monkeypatch.context() as broken:
        broken.setattr(module, "os", SimpleNamespace(**{**vars(os), step: full}))
        with pytest.raises(StorageFull) as refusal:
            await blobs.put_bytes(b"hello")
    assert refusal.value.status == 507
    assert left(tmp_path) == [kept.key]
    assert await blobs.read(kept.key) == b"before"
    assert (await blobs.put_bytes(b"after")).size == 5


async def test_room_is_left_for_the_database(blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, fits in ((module.RESERVE_BYTES + 5, True), (module.RESERVE_BYTES + 4, False)):
        monkeypatch.setattr(module.shutil, "disk_usage", lambda _path, free=free: SimpleNamespace(free=free))
        if fits:
            await blobs.put_bytes(b"hello")
        else:
            with pytest.raises(StorageFull):
                await blobs.put_bytes(b"hello")
    assert len(left(tmp_path)) == 1


async def test_another_fault_is_not_called_full(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(module, "os", SimpleNamespace(**{**vars(os), "fsync": broken}))
    with pytest.raises(OSError, match="broken"):
        await blobs.put_bytes(b"hello")


async def test_half_written_files_are_swept_after_a_day(blobs: Blobs, tmp_path: Path) -> None:
    assert blobs.sweep() == 0
    stored = await blobs.put_bytes(b"whole")
    for name, age in (("a" * 32, 90_000), ("b" * 32, 80_000)):
        path = tmp_path / "files" / "coming" / name
        path.write_bytes(b"half")
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - age))
    os.utime(blobs.path(stored.key), (0, 0))
    assert blobs.sweep() == 1
    assert left(tmp_path) == sorted([stored.key, "b" * 32])


# What it is

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (PNG, "x", "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "x.png", "image/jpeg"),
        (b"GIF89a" + b"\0" * 20, "x", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "x", "image/webp"),
    ],
)
def test_pictures_are_shown(head: bytes, name: str, kind: str) -> None:
    assert sniff(head, name) == (kind, True)


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"%PDF-1.7\n", "x.png", "application/pdf"),
        (b"PK\x03\x04" + b"\0" * 20, "a.zip", "application/zip"),
        (
            b"PK\x03\x04" + b"\0" * 20,
            "a.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"PK\x03\x04" + b"\0" * 20, "a.html", "application/zip"),
        (b"\0\0\0\x20ftypisom", "a", "video/mp4"),
        (b"\0\0\0\x20ftypqt  ", "a", "video/quicktime"),
        (b"\0\0\0\x20ftypheic", "a", "image/heic"),
        (b"\0\0\0\x20ftypavif", "a.png", "image/avif"),
        (b"\x1aE\xdf\xa3", "a", "video/webm"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a", "audio/wav"),
        (b"ID3\x03", "a", "audio/mpeg"),
        (b"II*\x00", "a.png", "image/tiff"),
        (b"\0" * 257 + b"ustar", "a", "application/x-tar"),
        (b"hello\nworld", "a.txt", "text/plain"),
        ("größe".encode() * 500, "a", "text/plain"),
        (("a" + "ö" * 3000).encode()[:4096], "a", "text/plain"),
        (b"a,b\n1,2", "a.csv", "text/csv"),
        (b"1 < 2 and 3 > 2", "a.txt", "text/plain"),
        (b"\x1b[31mred", "a.log", "text/plain"),
        (b"", "a.png", "application/octet-stream"),
        (b"MZ\x90\0", "a.png", "application/octet-stream"),
        (b"\x7fELF\x02", "a", "application/octet-stream"),
        (b"\xff\xfe\x00", "a.txt", "application/octet-stream"),
        (b"latin \xe9 x", "a.txt", "application/octet-stream"),
        (b"xxxxxxxxWEBP", "a.webp", "text/plain"),
    ],
)
def test_everything_else_is_downloaded(head: bytes, name: str, kind: str) -> None:
    assert sniff(head, name) == (kind, False)


@pytest.mark.parametrize(
    "head",
    [
        b"<html>", b"<!DOCTYPE html>", b"\n\n  <HTML >", b"<script>alert(1)</script>", b'<svg xmlns="http://www.w3.org/2000/svg">',
        b"<?xml version='1.0'?><svg/>", b"<!-- x --><svg>", b"\xef\xbb\xbf<html>", b"hello <img src=x onerror=alert(1)>",
        b"<a href=javascript:alert(1)>", b"<x:script xmlns:x='http://www.w3.org/1999/xhtml'>", b"text\n<iframe src=x>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.txt", "a.png", "a.svg", "a.html", "a", "a.csv"])
def test_what_a_browser_could_run_has_no_type(head: bytes, name: str) -> None:
    assert sniff(head, name) == ("application/octet-stream", False)


@given(st.binary(max_size=600), st.text(max_size=30))
def test_only_pictures_are_ever_shown(head: bytes, name: str) -> None:
    kind, shown = sniff(head, name)
    assert shown == (kind in {"image/png", "image/jpeg", "image/gif", "image/webp"})
    assert kind not in {"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"}


# What it is called


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("Größe 1.pdf", "Größe 1.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/passwd", "passwd"),
        ("C:\\x\\y.txt", "y.txt"),
        ("a/..", "file"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("   ", "file"),
        (".bashrc", "bashrc"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200bb\u2066c\ufeff.txt", "abc.txt"),
        ('a"b<c>d|e?f*g:h.txt', "abcdefgh.txt"),
        ("con", "_con"),
        ("CON.txt", "_CON.txt"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("COM¹.txt", "_COM¹.txt"),
        ("console.txt", "console.txt"),
        ("lpt1 .txt", "_lpt1.txt"),
        ("x.txt. . .", "x.txt"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
        ("a." + "b" * 300, "a." + "b" * 197),
        ("e\u0301.txt", "é.txt"),
        ("\ud800.txt", "txt"),
    ],
)
def test_names_are_harmless(given_name: str, name: str) -> None:
    assert safe_name(given_name) == name


@given(st.text(max_size=400))
def test_any_name_is_harmless(given_name: str) -> None:
    name = safe_name(given_name)
    assert 0 < len(name) <= 200
    assert not set(name) & set('/\\<>:"|?*\x00\r\n\u202e')
    assert name not in {".", ".."}
    assert safe_name(name) == name
    for inline in (True, False):
        header = content_disposition(given_name, inline=inline)
        header.encode("ascii")
        parsed = Message()
        parsed["Content-Disposition"] = header
        assert parsed.get_content_disposition() == ("inline" if inline else "attachment")
        assert unquote(header.rpartition("''")[2]) == name


def test_disposition() -> None:
    assert content_disposition('Größe "1"%41.pdf', inline=False) == (
        "attachment; filename=\"Gr__e 1_41.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201%2541.pdf"
    )
    assert content_disposition("a.png", inline=True) == "inline; filename=\"a.png\"; filename*=UTF-8''a.png"
