"""`parley serve` and `parley worker`."""

import asyncio
import signal
from typing import Annotated

import typer

from parley.cli.running import finish, load_settings, ready_schema, refuse
from parley.core.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command()(serve)
    app.command()(worker)


def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65_535)] = 8000,
    processes: Annotated[int, typer.Option(help="how many processes serve", min=1, max=64)] = 1,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="jobs and mail run in `parley worker`")] = False,
) -> None:
    """Serve the pages, the API and the sockets, with the worker inside."""
    settings = load_settings(serves=True)
    if processes > 1 or no_worker:
        _need_redis(settings)
    finish(ready_schema(settings))
    from parley.app import serving

    try:
        listening = serving.listen(host, port)
    except OSError as error:
        refuse(f"Nothing can listen on {host} port {port}: {error.strerror}.")
    with listening:
        if processes > 1:
            serving.run_many(settings, listening, processes, worker=not no_worker)
        elif not serving.run(serving.application(settings, worker=not no_worker), settings, listening):
            refuse("The server could not start; the log says why.")


def worker() -> None:
    """Run jobs and connectors only, beside processes that serve."""
    settings = load_settings(serves=True)
    _need_redis(settings)
    finish(ready_schema(settings))
    finish(_work(settings))


def _need_redis(settings: Settings) -> None:
    if not settings.redis_url:
        refuse(
            "More than one process needs Redis, so that they hear of each other: set PARLEY_REDIS_URL, or run one"
            " `parley serve` with its worker inside."
        )


async def _work(settings: Settings) -> None:
    from parley.app.composition import compose
    from parley.app.health import MetricsPort
    from parley.core.machine import build
    from parley.worker import Service, Worker

    machine = build(settings)
    house = compose(machine)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    own: list[Service] = [MetricsPort(machine, settings.metrics_port)] if settings.metrics_port else []
    await machine.start()
    try:
        crew = Worker(machine, house.jobs, house.schedules, (*house.services, *own))
        await crew.start()
        await ended.wait()
        await crew.stop()
    finally:
        await house.close()
        await machine.close()
