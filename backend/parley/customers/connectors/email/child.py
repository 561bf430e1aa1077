"""The process that reads bodies: it has no secrets, writes no files, and dies when a mail takes too much.

Run as `python -m parley.customers.connectors.email.child MEMORY CPU_SECONDS`; serves mails from standard input
until it is closed. A thread's time-out does not stop a pattern and a process inside one ignores SIGTERM: only
the kernel's limits and SIGKILL end every mail.
"""

import contextlib
import os
import resource
import sys
from pathlib import Path
from typing import BinaryIO

from parley.customers.connectors.email.frames import LENGTH, READY, pack_body
from parley.customers.connectors.email.reading import Body, read_body

UNREADABLE_FORM = "This mail is malformed, so its text could not be read."
UNREADABLE_SIZE = "Reading this mail would take too much memory."


def main() -> int:
    """Serve mails until standard input ends; return the exit status."""
    memory, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    _close_inherited()
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, 32)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(READY)
    target.flush()
    while raw := _receive(source):
        spent = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(spent.ru_utime + spent.ru_stime) + cpu_seconds, soft_only=True)
        body, usable = _read(raw)
        del raw
        for piece in pack_body(body):
            target.write(piece)
        target.flush()
        if not usable:
            return 0  # After running out of memory a new process is safer than this one.
    return 0


def _read(raw: bytes) -> tuple[Body, bool]:
    """Return the body, and whether this process may read another one."""
    try:
        return read_body(raw), True
    except MemoryError:
        return Body(unreadable=UNREADABLE_SIZE), False
    except Exception:  # noqa: BLE001  A mail that breaks the reader is filed as unreadable; it must not end the service.
        return Body(unreadable=UNREADABLE_FORM), True


def _receive(source: BinaryIO) -> bytes:
    head = source.read(LENGTH.size)
    return source.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""


def _close_inherited() -> None:
    """Let go of what the parent left open: its listening socket must not stay taken while a mail is read.

    uvloop does not close what is inheritable, and uvicorn makes its socket so.
    """
    try:
        inherited = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    except OSError:
        inherited = list(range(3, 1024))
    for descriptor in inherited:
        if descriptor > 2:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _limit(kind: int, amount: int, *, soft_only: bool = False) -> None:
    # A system that does not know a limit still has the parent's clock.
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(kind)[1] if soft_only else amount
        resource.setrlimit(kind, (amount, hard))


if __name__ == "__main__":
    sys.exit(main())
