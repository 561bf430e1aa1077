"""Mail delivered straight to us: 250 only for what is kept, and only for addresses that are ours."""

from collections.abc import AsyncIterator

import aiosmtplib
import pytest

from customers.desk import ADDRESS, Desk, mail, make_source
from parley.core.machine import Machine
from parley.customers.mail_in import MailIn
from parley.customers.service import intake
from parley.models.customers import Message, RawDelivery


@pytest.fixture
async def listener(desk: Desk) -> AsyncIterator[MailIn]:
    machine = Machine(
        desk.machine.settings.model_copy(update={"mail_in": "127.0.0.1:0"}), desk.machine.database, desk.machine.bus
    )
    service = MailIn(machine, desk.customers.house)
    await service.start()
    yield service
    await service.stop()


async def send(listener: MailIn, raw: bytes, *recipients: str) -> dict:
    host, port = listener.address
    errors, _ = await aiosmtplib.send(
        raw, sender="kim.park@example.org", recipients=list(recipients), hostname=host, port=port
    )
    return errors


async def test_what_is_ours_is_kept_with_its_envelope(desk: Desk, listener: MailIn) -> None:
    assert await send(listener, mail(), ADDRESS, ADDRESS.replace("@", "+c1.x@")) == {}
    (delivery,) = await desk.all(RawDelivery)
    assert (delivery.envelope["from"], len(delivery.envelope["to"])) == ("kim.park@example.org", 2)
    await desk.work()
    assert (await desk.newest()).text.strip() == "My valve drips."


async def test_what_is_not_ours_is_refused_and_new_sources_are_known_at_once(desk: Desk, listener: MailIn) -> None:
    for stranger in ("nobody@fernhill.example", "care@elsewhere.example", "orders@fernhill.example"):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await send(listener, mail(), stranger)
    await make_source(desk, "Orders", "orders@fernhill.example")
    await listener._look()
    await send(listener, mail(), "orders@fernhill.example", ADDRESS)
    await desk.work()
    assert len({message.source_id for message in await desk.all(Message)}) == 2


async def test_what_cannot_be_kept_stays_with_the_sender(
    desk: Desk, listener: MailIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_given: object, **_more: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(intake, "keep", full)
        with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
            await send(listener, mail(), ADDRESS)
    assert 400 <= refusal.value.code < 500
    await send(listener, mail(), ADDRESS)
    assert await desk.count(RawDelivery) == 1
