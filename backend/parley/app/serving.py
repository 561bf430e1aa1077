"""Serving: the listening socket, the server around the application, and the worker inside it."""

import asyncio
import gc
import os
import signal
import socket
import tempfile
from collections.abc import Awaitable, Callable, Sequence

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from parley.app.health import MetricsPort
from parley.app.main import create_app
from parley.core import log
from parley.core.machine import Machine, build
from parley.core.settings import Settings
from parley.realtime.wire import Wire
from parley.worker import Worker

STUCK_AFTER_MS = 10_000
"""A peer that takes nothing for so long is cut off by the kernel; the server alone would keep it for a quarter hour."""
DRAIN_SECONDS = 3
"""For requests that are under way; the worker then has five more, and the whole ends within ten."""
Hook = Callable[[FastAPI], Awaitable[None]]
logger = log.get("serving")


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; raises `OSError` when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; accepted sockets inherit it
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_AFTER_MS)
    listening.bind((host, port))
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening


def application(settings: Settings, *, worker: bool = True, hooks: Sequence[Hook] = ()) -> FastAPI:
    """Build the application with the worker inside it; `hooks` run once everything is started."""
    inner: list[Hook] = [_start_worker] if worker else []
    return create_app(build(settings), lifespan_hooks=(*inner, _start_metrics, *hooks, _settle))


def config(app: FastAPI | str, settings: Settings, *, processes: int = 1) -> uvicorn.Config:
    """Return the server's configuration, the same for one process and for many."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=processes,
        ws=Wire,
        ws_per_message_deflate=False,
        ws_max_size=256 * 1024,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
        lifespan="on",
    )


def run(app: FastAPI, settings: Settings, listening: socket.socket) -> bool:
    """Serve `app` in this process until a signal ends it; return whether it ever began."""
    server = uvicorn.Server(config(app, settings))
    # The server ends by itself on these signals and then raises them once more, for whoever started it: we did.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listening])
    return server.started


def run_many(settings: Settings, listening: socket.socket, processes: int, *, worker: bool) -> None:
    """Serve in `processes` processes of their own until a signal ends them."""
    name = "parley.app.serving:with_worker" if worker else "parley.app.serving:without_worker"
    many = config(name, settings, processes=processes)
    with tempfile.TemporaryDirectory(prefix="parley-figures-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # read by the processes: their figures are added up there
        Multiprocess(many, sockets=[listening]).run()


def with_worker() -> FastAPI:
    """Build the application of one process among many, from the environment."""
    return _one_of_many(worker=True)


def without_worker() -> FastAPI:
    """Build the application of one process among many whose jobs run elsewhere."""
    return _one_of_many(worker=False)


def _one_of_many(*, worker: bool) -> FastAPI:
    settings = Settings()
    log.configure(settings.log_format, settings.log_level)
    return application(settings, worker=worker)


async def _start_worker(app: FastAPI) -> None:
    house, machine = app.state.house, app.state.machine
    worker = Worker(machine, house.jobs, house.schedules, house.services)
    await worker.start()
    house.closing.insert(0, worker.stop)


async def _start_metrics(app: FastAPI) -> None:
    machine: Machine = app.state.machine
    if machine.settings.metrics_port:
        port = MetricsPort(machine, machine.settings.metrics_port)
        try:
            await port.start()
        except OSError as error:  # another process of this machine has it, and tells for all that share the database
            logger.warning("metrics_port_taken", port=machine.settings.metrics_port, error=error.strerror)
        else:
            app.state.house.closing.append(port.stop)


async def _settle(app: FastAPI) -> None:
    # What was loaded lives until the end: a full collection over it would stop the loop for 50 ms again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    await asyncio.sleep(0)
    logger.info("serving", url=app.state.machine.settings.public_url, pid=os.getpid())
