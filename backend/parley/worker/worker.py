"""One worker: the runner of all jobs and the long-running services, started and stopped together."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from parley.core import log
from parley.core.machine import Machine
from parley.core.runner import Handler, Runner
from parley.core.schedules import Schedule
from parley.worker import housekeeping

logger = log.get("worker")


class Service(Protocol):
    """Something that runs for as long as the worker does, like the reader of the mailboxes."""

    async def start(self) -> None:
        """Begin; what cannot begin now is tried again by the service itself."""

    async def stop(self) -> None:
        """End, keeping what was taken."""


class Worker:
    """Everything that one process does beside requests."""

    def __init__(
        self,
        machine: Machine,
        jobs: Mapping[str, Handler],
        schedules: Sequence[Schedule] = (),
        services: Sequence[Service] = (),
    ) -> None:
        """Take what the domains want done; the house's own tidying is added."""
        self._runner = Runner(machine, {**housekeeping.HANDLERS, **jobs}, (*housekeeping.SCHEDULES, *schedules))
        self._services = tuple(services)
        self._started: list[Service] = []

    async def start(self) -> None:
        """Begin to work. If a service refuses to begin, those before it end again."""
        try:
            for service in self._services:
                await service.start()
                self._started.append(service)
        except BaseException:
            await self._stop_services()
            raise
        await self._runner.start()
        logger.info("worker_started", services=len(self._started))

    async def stop(self, grace: float = 5.0) -> None:
        """Take nothing new, let what runs end within `grace` seconds, and let go of everything."""
        await asyncio.gather(self._runner.stop(grace), self._stop_services())
        logger.info("worker_stopped")

    async def _stop_services(self) -> None:
        started, self._started = self._started, []
        results = await asyncio.gather(*(service.stop() for service in reversed(started)), return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                logger.error("service_stop_failed", exc_info=result)
