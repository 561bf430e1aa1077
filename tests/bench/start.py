"""W6: from the command to the first answer, and the memory of an idle server."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench.house import free_port, furnish, percentile, resident_kb, say, serving, settings_for


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = settings_for(Path(folder), port)
        asyncio.run(furnish(settings, persons=2, channels=1, posts=0))
        times, memory = [], 0
        for _ in range(3):
            started = time.perf_counter()
            with serving(settings, port) as process:
                times.append(time.perf_counter() - started)
                memory = resident_kb(process.pid)
    say("W6 start to first answer, idle memory", seconds_p50=percentile(times, 0.5), idle_mb=memory / 1024)
