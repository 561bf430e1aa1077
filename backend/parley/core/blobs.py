"""Files on disk, under names of our own: written whole or not at all."""

import asyncio
import errno
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from parley.core.filetypes import content_disposition, safe_name, sniff
from parley.kit.errors import StorageFull, TooLarge

__all__ = ["Blobs", "Stored", "content_disposition", "safe_name", "sniff"]

P = ParamSpec("P")
R = TypeVar("R")
RESERVE_BYTES = 64 * 1024 * 1024
"""Left free on the disk: the database lives there too, and an upload must not be what stops it."""
_KEY = re.compile(r"[0-9a-f]{32}")
_PIECE = 512 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: its key, size in bytes, and SHA-256 in hex."""

    key: str
    size: int
    sha256: str


class Blobs:
    """The files of one installation, below one folder."""

    def __init__(self, folder: Path) -> None:
        """Keep files below `folder`, which is made when the first comes."""
        self._folder = folder
        self._coming = folder / "coming"

    def path(self, key: str) -> Path:
        """Return where the file of `key` stands; raise `FileNotFoundError` for anything that is not a key of ours."""
        if not _KEY.fullmatch(key):
            raise FileNotFoundError(key)
        return self._folder / key[:2] / key

    async def put(self, stream: AsyncIterator[bytes], max_bytes: int) -> Stored:
        """Write `stream`; a cut or too long one leaves nothing behind. Raises `TooLarge`, `StorageFull`."""
        key = secrets.token_hex(16)
        writing = _Writing(self._coming / key, self.path(key))
        size = 0
        try:
            await _whole(writing.open)
            async for piece in _pieces(stream, max_bytes):
                size += len(piece)
                await _whole(writing.write, piece)
            await _whole(writing.keep)
        except BaseException as error:
            await _whole(writing.drop)
            if isinstance(error, OSError) and error.errno in _FULL:
                raise StorageFull from error
            raise
        return Stored(key, size, writing.digest.hexdigest())

    async def put_bytes(self, data: bytes) -> Stored:
        """Write `data` as one file."""

        async def whole() -> AsyncIterator[bytes]:
            yield data

        return await self.put(whole(), len(data))

    async def read(self, key: str) -> bytes:
        """Return a whole file; raises `FileNotFoundError`."""
        return await asyncio.to_thread(self.path(key).read_bytes)

    async def delete(self, key: str) -> None:
        """Take a file away, if it is there."""
        await asyncio.to_thread(self.path(key).unlink, missing_ok=True)

    def sweep(self, older_than_seconds: float = 86_400) -> int:
        """Take away what a killed process left half written; return how many. A day spares uploads when a clock jumps."""
        gone = 0
        for file in self._coming.iterdir() if self._coming.exists() else ():
            try:
                if time.time() - file.stat().st_mtime > older_than_seconds:
                    file.unlink()
                    gone += 1
            except FileNotFoundError:
                continue
        return gone


class _Writing:
    """One file on its way: under a name nobody asks for until all of it is on the disk."""

    def __init__(self, coming: Path, final: Path) -> None:
        self.digest = hashlib.sha256()
        self._coming = coming
        self._final = final
        self._number = -1

    def open(self) -> None:
        self._coming.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._number = os.open(self._coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes) -> None:
        if shutil.disk_usage(self._coming.parent).free < RESERVE_BYTES + len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.digest.update(data)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._number, rest) :]

    def keep(self) -> None:
        os.fsync(self._number)
        self._close()
        self._final.parent.mkdir(exist_ok=True, mode=0o700)
        self._coming.replace(self._final)
        # The name is only there for good when its folder, and the folder's own name, are written too.
        for folder in (self._final.parent, self._final.parent.parent):
            number = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(number)
            finally:
                os.close(number)

    def drop(self) -> None:
        self._close()
        self._coming.unlink(missing_ok=True)
        self._final.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._number >= 0:
            number, self._number = self._number, -1
            os.close(number)


async def _pieces(stream: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[bytes]:
    """Yield pieces worth a trip to the disk; raise `TooLarge` as soon as there is more than may be."""
    pending: list[bytes] = []
    size = waiting = 0
    async for chunk in stream:
        size += len(chunk)
        waiting += len(chunk)
        if size > max_bytes:
            raise TooLarge
        pending.append(chunk)
        if waiting >= _PIECE:
            yield b"".join(pending)
            pending, waiting = [], 0
    yield b"".join(pending)


async def _whole(work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Run `work` in a thread; who is cancelled meanwhile waits for its end, or it would go on behind our back."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
