"""Real processes of `parley`, started as an operator starts them and ended as the system ends them."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Self

PATIENCE = 60
PARLEY = str(Path(sys.executable).parent / "parley")


def free_port() -> int:
    """Return a port of loopback that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Return this process's environment with nothing of Parley in it but `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return {**kept, **{f"PARLEY_{name.upper()}": str(value) for name, value in settings.items() if value}}


def run(*words: str, settings: Mapping[str, object], cwd: Path) -> str:
    """Run one command to its end; return what it printed."""
    done = subprocess.run(
        [PARLEY, *words], env=environment(settings), cwd=cwd, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class Process:
    """One `parley` that runs until it is told to end; its log is read line by line."""

    def __init__(self, *words: str, settings: Mapping[str, object], cwd: Path) -> None:
        self.lines: list[str] = []
        self._fresh: Queue[str] = Queue()
        self._process = subprocess.Popen(
            [PARLEY, *words],
            env=environment(settings),
            cwd=cwd,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stderr:
            self.lines.append(line)
            self._fresh.put(line)

    def saw(self, word: str, times: int = 1) -> Self:
        """Wait until `word` stood in the log `times` more times."""
        while times:
            try:
                times -= word in self._fresh.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError(f"{word!r} never came:\n{''.join(self.lines[-30:])}") from None
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self._process.send_signal(number)
        return self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stderr.close()
