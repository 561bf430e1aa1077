"""Receives mail for the sources' addresses directly by SMTP: 250 is said when the mail is kept."""

import asyncio
import contextlib
from collections.abc import Sequence
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlmodel import col

from parley.core import log
from parley.core.eventlog import Hint
from parley.core.machine import Machine
from parley.customers.connectors.base import RawMessage
from parley.customers.connectors.email.addresses import normalise_address
from parley.customers.connectors.email.smtp_in import SmtpListener
from parley.customers.house import House
from parley.customers.service import intake, sources
from parley.kit import clock
from parley.kit.errors import Problem
from parley.models.customers import Source

LOOK = 30.0
logger = log.get("mail_in")


class MailIn:
    """The listener of one process; does nothing unless `mail_in` is set."""

    def __init__(self, machine: Machine, house: House) -> None:
        """Hear when sources change."""
        self._machine = machine
        self._house = house
        self._sources: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._listener: SmtpListener | None = None
        machine.bus.listen(self._hear)

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port that are listened on, once started."""
        return self._listener.address if self._listener else None

    async def start(self) -> None:
        """Begin to listen."""
        settings = self._machine.settings
        if not settings.mail_in:
            return
        await self._look()
        hostname = urlsplit(settings.public_url).hostname or "localhost"
        listener = SmtpListener(self._is_ours, self._deliver, hostname=hostname)
        host, _, port = settings.mail_in.rpartition(":")
        await listener.start(host.strip("[]") or "127.0.0.1", int(port))
        self._listener = listener
        self._task = asyncio.create_task(self._follow(), name="mail in")

    async def stop(self) -> None:
        """Stop listening; mails under way are still kept."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._listener:
            await self._listener.close()
        self._listener = None

    def _hear(self, hint: Hint) -> None:
        if hint.name == sources.CHANGED.name:
            self._changed.set()

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK)
            self._changed.clear()
            try:
                await self._look()
            except Problem as problem:
                logger.warning("sources_away", error=problem.code)

    async def _look(self) -> None:
        async with self._machine.database.reading() as session:
            rows = await session.execute(select(col(Source.address_norm), col(Source.id)))
            self._sources = {address: source_id for address, source_id in rows.all()}  # noqa: C416  (rows, not pairs)

    def _is_ours(self, norm: str) -> bool:
        return self._source_of(norm) is not None

    def _source_of(self, norm: str) -> int | None:
        local, _, domain = norm.rpartition("@")
        return self._sources.get(norm) or self._sources.get(f"{local.partition('+')[0]}@{domain}")

    async def _deliver(self, raw: bytes, sender: str, recipients: Sequence[str]) -> None:
        found: dict[int, list[str]] = {}
        for recipient in recipients:
            source_id = self._source_of(normalise_address(recipient) or "")
            if source_id is not None:
                found.setdefault(source_id, []).append(recipient)
        for source_id, addresses in found.items():
            message = RawMessage(raw, clock.now(), envelope_from=sender, envelope_to=tuple(addresses), size=len(raw))
            await intake.keep(self._machine, self._house.blobs, source_id, message)
