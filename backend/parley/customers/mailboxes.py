"""Reads the mailboxes: one poller each in the whole installation, which listens, asks, and comes back by itself."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import select
from sqlmodel import col

from parley.core import log
from parley.core.eventlog import Hint
from parley.core.jobs import LeaseLost
from parley.core.leases import Held, while_held
from parley.core.machine import Machine
from parley.core.unit import Unit
from parley.customers.connectors.email.mailbox import Cursor, Fetched, Mailbox, MailboxError
from parley.customers.connectors.email.reading import Body
from parley.customers.house import House
from parley.customers.rows import every
from parley.customers.service import intake, sources
from parley.kit.errors import Problem
from parley.models.customers import Source

LOOK = 30.0
"""Seconds between two looks at which mailboxes there are, when nobody says that they changed."""
WAIT = 300.0
BATCH = 50
_PAUSES = (5.0, 15.0, 60.0, 300.0, 600.0)
"""Seconds after the first, second, … failure in a row: a repaired password is noticed within ten minutes."""
WARM = b"Subject: first\r\n\r\nNobody wrote this."
"""Read once at the start, so that the first customer's mail does not wait until the child is there."""
logger = log.get("mailboxes")


@dataclass(slots=True)
class _Poller:
    fingerprint: str
    task: asyncio.Task[None]


class Mailboxes:
    """Keeps a poller for each mailbox that is to be read."""

    def __init__(self, machine: Machine, house: House) -> None:
        """Hear when sources change."""
        self._machine = machine
        self._house = house
        self._pollers: dict[int, _Poller] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[Body] | None = None
        machine.bus.listen(self._hear)

    async def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.create_task(self._run(), name="mailboxes")
        self._warming = asyncio.create_task(self._house.reader.read(WARM), name="warming the reader")

    async def stop(self) -> None:
        """Stop reading; what was read is stored."""
        own = [task for task in (self._task, self._warming) if task]
        tasks = [*(poller.task for poller in self._pollers.values()), *own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._pollers.clear()

    def _hear(self, hint: Hint) -> None:
        if hint.name == sources.CHANGED.name:
            self._changed.set()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                await self._arrange()
            except Problem as problem:
                logger.warning("mailboxes_away", error=problem.code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK)

    async def _arrange(self) -> None:
        """Start and end pollers so that they are those that are wanted."""
        async with self._machine.database.reading() as session:
            found = await every(session, select(Source).where(col(Source.state) == "active"))
        wanted = {source.id: source for source in found if source.id is not None and sources.is_polled(source)}
        for source_id, poller in list(self._pollers.items()):
            source = wanted.get(source_id)
            if source is None or poller.fingerprint != _fingerprint(source) or poller.task.done():
                poller.task.cancel()
                (ended,) = await asyncio.gather(poller.task, return_exceptions=True)
                if isinstance(ended, Exception):
                    logger.error("mailbox_broke", source=source_id, exc_info=ended)
                del self._pollers[source_id]
        for source_id, source in wanted.items():
            if source_id not in self._pollers:
                task = asyncio.create_task(self._poll(source_id), name=f"mailbox {source_id}")
                self._pollers[source_id] = _Poller(_fingerprint(source), task)

    async def _poll(self, source_id: int) -> None:
        reading = Reading(self._machine, self._house, source_id)
        await while_held(self._machine, f"mailbox:{source_id}", reading.go_on)


class Reading:
    """Reads one mailbox for as long as its lease holds."""

    def __init__(self, machine: Machine, house: House, source_id: int) -> None:
        """Take what is read, and where it goes."""
        self._machine = machine
        self._house = house
        self._source_id = source_id
        self._failures = 0

    async def go_on(self, held: Held) -> None:
        """Read for ever; what goes wrong is shown in words, and tried again after a pause."""
        while True:
            try:
                async with await self._open() as mailbox:
                    await self._follow(held, mailbox)
            except LeaseLost:
                return
            except MailboxError as error:
                words = str(error)
            except Problem as problem:
                words = problem.words
            logger.warning("mailbox_failed", source=self._source_id, error=words)
            with contextlib.suppress(Problem):
                async with self._machine.units.begin() as unit:
                    await sources.note_fetched(unit, self._source_id, words)
            await asyncio.sleep(_PAUSES[min(self._failures, len(_PAUSES) - 1)])
            self._failures += 1

    async def _open(self) -> Mailbox:
        async with self._machine.database.reading() as session:
            source = await session.get_one(Source, self._source_id)
        return await self._house.connector(source).open_mailbox()

    async def _follow(self, held: Held, mailbox: Mailbox) -> NoReturn:
        while True:
            while await self.read(held, mailbox) >= BATCH:
                pass
            await mailbox.wait(WAIT)

    async def read(self, held: Held, mailbox: Mailbox) -> int:
        """Keep what is new, each mail in one transaction with the place up to which was read; return how many."""
        cursor = await self._cursor(held, mailbox)
        count = 0
        async for fetched in mailbox.fetch_after(cursor, BATCH):
            count += 1
            await self._keep(held, fetched)
        position = mailbox.position
        async with self._machine.units.begin() as unit:
            await held.hold(unit.session)
            await sources.note_fetched(unit, self._source_id, cursor=position.as_document() if position else None)
        self._failures = 0
        return count

    async def _cursor(self, held: Held, mailbox: Mailbox) -> Cursor:
        async with self._machine.database.reading() as session:
            source = await session.get_one(Source, self._source_id)
        cursor = Cursor.from_document(source.cursor)
        if cursor is None:
            cursor = await mailbox.first_cursor(int(source.config.get("days_back", 0)))
            async with self._machine.units.begin() as unit:
                await held.hold(unit.session)
                await sources.note_fetched(unit, self._source_id, cursor=cursor.as_document())
        return cursor

    async def _keep(self, held: Held, fetched: Fetched) -> None:
        async def advance(unit: Unit) -> None:
            await held.hold(unit.session)
            await sources.note_fetched(unit, self._source_id, cursor=fetched.cursor.as_document())

        # What a server would not hand over has no bytes by which to know it again, only its place.
        nameless = f"uid:{fetched.cursor.uidvalidity}:{fetched.uid}" if not fetched.message.raw else ""
        await intake.keep(
            self._machine,
            self._house.blobs,
            self._source_id,
            fetched.message,
            historic=fetched.historic,
            external_id=nameless,
            within=advance,
        )


def _fingerprint(source: Source) -> str:
    return f"{source.address_norm} {source.config} {source.secrets_sealed}"
