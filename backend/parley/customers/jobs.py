"""The jobs of this domain: understanding what came, sending what was written, tidying."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from parley.core import log
from parley.core.jobs import Job, LeaseLost
from parley.core.machine import Machine
from parley.core.runner import Handler
from parley.core.schedules import Schedule
from parley.core.unit import Unit
from parley.customers import attachments, outgoing
from parley.customers.connectors.base import InboundMessage
from parley.customers.connectors.email.addresses import reply_of
from parley.customers.house import House, mail_key
from parley.customers.service import claims, filing, intake, outbox
from parley.customers.service.filing import AlreadyFiled, KeptFile
from parley.kit import clock
from parley.models.customers import RawDelivery, Source

SWEEP = "customers.sweep"
UNFILED = "This mail could not be stored as it is, so only its raw form was kept."
LAST_RESORT = 5
"""From this attempt on a mail that breaks its filing is filed bare: it must be seen that it came."""
GIVE_UP = 8
"""From this attempt on it is shown to administrators as not filed, and waits for them."""
RECHECK = timedelta(minutes=1)
STALL = 20.0
"""Seconds between committing *sending* and handing over; more, and others may already doubt: it is not handed over."""
logger = log.get("customers")


@dataclass(frozen=True, slots=True)
class Jobs:
    """The handlers, with what they need."""

    house: House

    def handlers(self) -> Mapping[str, Handler]:
        """Return what runs each kind of job."""
        return {intake.JOB: self.file_delivery, outbox.JOB: self.send_reply, SWEEP: self.sweep}

    @staticmethod
    def schedules() -> tuple[Schedule, ...]:
        """Return what is to be done again and again."""
        return (Schedule(SWEEP, timedelta(minutes=1)),)

    async def file_delivery(self, machine: Machine, job: Job) -> None:
        """Understand a kept delivery in the limited child and file it, in one transaction with the job's end."""
        delivery_id = int(job.payload["delivery_id"])
        async with machine.database.reading() as session:
            delivery = await session.get(RawDelivery, delivery_id)
            source = await session.get(Source, delivery.source_id) if delivery else None
        if delivery is None or source is None or delivery.state == "filed" or source.state == "paused":
            return
        try:
            await self._understand(machine, job, delivery, source)
        except Exception as error:
            if isinstance(error, LeaseLost) or job.attempt < GIVE_UP:
                raise
            logger.exception("mail_not_filed", delivery=delivery_id)
            async with machine.units.begin() as unit:
                await job.complete(unit.session)
                await intake.give_up(unit, delivery_id, f"{type(error).__name__}: {error}")

    async def _understand(self, machine: Machine, job: Job, delivery: RawDelivery, source: Source) -> None:
        message = await self._read(delivery, source)
        if job.attempt >= LAST_RESORT:
            message = bare(message)
        files = await attachments.keep(self.house.blobs, message.attachments)
        is_new = False
        try:
            is_new = await self._file(machine, job, delivery.id or 0, message, files)
        finally:
            if not is_new:
                await attachments.forget(self.house.blobs, files)

    async def _read(self, delivery: RawDelivery, source: Source) -> InboundMessage:
        data = await self.house.blobs.read(delivery.key)
        return await self.house.connector(source).read(intake.raw_of(delivery, data))

    async def _file(
        self, machine: Machine, job: Job, delivery_id: int, message: InboundMessage, files: list[KeptFile]
    ) -> bool:
        own = reply_of(message.message_id, [mail_key(self.house.settings)]) if message.message_id else None
        for _ in range(3):
            try:
                async with machine.units.begin() as unit:
                    await job.hold(unit.session)
                    delivery = await unit.session.get_one(RawDelivery, delivery_id)
                    source = await unit.session.get_one(Source, delivery.source_id)
                    filed = await filing.file(unit, source, delivery, message, files, own)
                    await job.complete(unit.session)
            except AlreadyFiled:
                continue  # the other delivery has committed by now, so this one finds its row
            return filed.is_new
        raise AlreadyFiled

    async def send_reply(self, machine: Machine, job: Job) -> None:
        """Make one attempt to send a reply: *sending* is committed first, its end afterwards, whatever it is."""
        reply_id = int(job.payload["reply_id"])
        try:
            letter = await outgoing.prepare(machine, self.house, reply_id)
        except FileNotFoundError:
            await self._give_up(machine, job, reply_id, "A file of this reply is not there any more.")
            return
        if letter is None:
            return
        if letter.waits is not None or letter.held_until > clock.now():
            await self._wait(machine, job, letter)
            return
        async with machine.units.begin() as unit:
            await job.hold(unit.session)
            attempt = await outbox.begin(unit, reply_id)
        begun = time.monotonic()
        if attempt is None:
            return
        results = await outgoing.send(self.house, letter, attempt, lambda: time.monotonic() - begun > STALL)
        async with machine.units.begin() as unit:
            await _end(unit, job)
            await outbox.finish(unit, attempt, results)

    async def _wait(self, machine: Machine, job: Job, letter: outgoing.Letter) -> None:
        async with machine.units.begin() as unit:
            await job.complete(unit.session)
            if letter.waits is None:
                await outbox.schedule(unit, letter.reply_id, letter.held_until)
            else:
                await outbox.put_off(unit, letter.reply_id, unit.now + RECHECK, letter.waits)

    async def _give_up(self, machine: Machine, job: Job, reply_id: int, reason: str) -> None:
        async with machine.units.begin() as unit:
            await job.complete(unit.session)
            await outbox.give_up(unit, reply_id, reason)

    async def sweep(self, machine: Machine, _job: Job) -> None:
        """End claims that ran out, and bring back replies that nobody takes care of."""
        async with machine.units.begin() as unit:
            await claims.end_expired(unit)
        async with machine.units.begin() as unit:
            await outbox.find_stalled(unit)


def bare(message: InboundMessage) -> InboundMessage:
    """Return a message of which only the envelope is left."""
    return replace(
        message,
        subject="",
        text="",
        quoted_text="",
        html=None,
        attachments=(),
        bounces=(),
        notes=(),
        unreadable=UNFILED,
    )


async def _end(unit: Unit, job: Job) -> None:
    """End the job with its effect. A lost lease must not hide what is known of the attempt."""
    try:
        await job.complete(unit.session)
    except LeaseLost:
        logger.warning("reply_sent_without_lease", job=job.id)
