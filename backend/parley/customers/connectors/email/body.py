"""Bodies are read in warm child processes with limits; a mail that breaks one costs a process, never the mailbox."""

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import parley
from parley.customers.connectors.email.frames import LENGTH, MAX_FILES_BYTES, MAX_JSON, READY, sizes_of, unpack_body
from parley.customers.connectors.email.reading import Body

UNREADABLE_TIME = "Reading this mail took too long, so its text is not shown."
UNREADABLE_END = "This mail could not be read."
UNREADABLE_LARGE = "This mail is larger than 30 MB, so only its headers were read."
UNREADABLE_EMPTY = "This mail is empty."
MAX_MAIL = 30 * 1024 * 1024

_MODULE = "parley.customers.connectors.email.child"
_PIPE_BUFFER = 1024 * 1024
_START_SECONDS = 60.0


class ReaderUnavailableError(Exception):
    """No child can be started; try again later."""


@dataclass(slots=True)
class _Child:
    process: asyncio.subprocess.Process
    served: int = 0


class BodyReader:
    """A few warm children, started when needed and replaced after some mails.

    Reading never raises for what is in a mail, only when no child can be started. Close it before its loop ends.
    """

    def __init__(
        self, *, children: int = 2, seconds: float = 20.0, memory: int = 640 * 1024 * 1024, recycle_after: int = 500
    ) -> None:
        """Allow `children` at once, and each mail `seconds` and `memory` bytes of address space."""
        self._slots = asyncio.Semaphore(children)
        self._seconds = seconds
        self._memory = memory
        self._recycle_after = recycle_after
        self._idle: list[_Child] = []
        self._closed = False

    async def read(self, raw: bytes) -> Body:
        """Return the body of `raw`, or one that says in a sentence why it could not be read.

        Raise ReaderUnavailableError when this machine cannot start a child: that says nothing about the mail.
        """
        if not raw.strip():
            return Body(unreadable=UNREADABLE_EMPTY)
        if len(raw) > MAX_MAIL:
            return Body(unreadable=UNREADABLE_LARGE)
        async with self._slots:
            for fresh in (False, True):
                child = await self._take(fresh=fresh)
                try:
                    return await self._read(raw, child)
                except TimeoutError:
                    return Body(unreadable=UNREADABLE_TIME)
                except (OSError, EOFError, ValueError, KeyError, TypeError):
                    continue  # A child may have died while it was idle; a fresh one shows whether it is the mail.
        return Body(unreadable=UNREADABLE_END)

    async def _read(self, raw: bytes, child: _Child) -> Body:
        done = False
        try:
            body = await asyncio.wait_for(_exchange(child.process, raw), self._seconds)
            done = body.unreadable is None
        finally:
            # Also when this task is cancelled half-way: the child's stream is then in the middle of something.
            if not done:
                await _end(child.process)
        if done:
            await self._give_back(child)
        return body

    async def close(self) -> None:
        """End the children."""
        self._closed = True
        while self._idle:
            await _end(self._idle.pop().process)

    async def _take(self, *, fresh: bool) -> _Child:
        while self._idle and not fresh:
            child = self._idle.pop()
            if child.process.returncode is None:
                return child
        return _Child(await self._start())

    async def _give_back(self, child: _Child) -> None:
        child.served += 1
        if self._closed or child.served >= self._recycle_after or child.process.returncode is not None:
            await _end(child.process)
        else:
            self._idle.append(child)

    async def _start(self) -> asyncio.subprocess.Process:
        # Only what Python needs: our environment holds the secret key and passwords.
        environment = {"PYTHONPATH": str(Path(parley.__path__[0]).parent), "PATH": os.defpath, "LANG": "C.UTF-8"}
        command = (sys.executable, "-P", "-m", _MODULE, str(self._memory), str(max(1, int(self._seconds))))
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=null, env=environment, limit=_PIPE_BUFFER
            )
        except OSError as error:
            raise ReaderUnavailableError("the reading of mails could not be started") from error
        ready = False
        try:
            ready = await asyncio.wait_for(_hello(process), _START_SECONDS) == READY
        except (OSError, EOFError) as error:
            raise ReaderUnavailableError("the reading of mails did not start") from error
        finally:
            if not ready:
                await _end(process)
        return process


async def _hello(process: asyncio.subprocess.Process) -> bytes:
    return await process.stdout.readexactly(len(READY)) if process.stdout else b""


async def _exchange(process: asyncio.subprocess.Process, raw: bytes) -> Body:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise EOFError
    stdin.write(LENGTH.pack(len(raw)))
    stdin.write(raw)
    await stdin.drain()
    size = LENGTH.unpack(await stdout.readexactly(LENGTH.size))[0]
    if size > MAX_JSON:
        raise ValueError("the child's answer is too long")
    document = json.loads(await stdout.readexactly(size))
    sizes = sizes_of(document)
    if sum(sizes) > MAX_FILES_BYTES or min(sizes, default=0) < 0:
        raise ValueError("the child's files are too large")
    return unpack_body(document, [await stdout.readexactly(each) for each in sizes])


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the child and wait until it is gone, also while we are being cancelled ourselves."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await asyncio.shield(process.wait())
