"""What comes in: once, whole, and never in the way of others."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from customers.desk import ADDRESS, Desk, bounce, mail, make_source
from parley.core import jobs
from parley.customers.house import sealer
from parley.customers.jobs import GIVE_UP
from parley.customers.service import filing, sources
from parley.kit import clock
from parley.models.customers import (
    Contact,
    ContactIdentity,
    Conversation,
    Message,
    MessageFile,
    RawDelivery,
    Reply,
    ReplyRecipient,
    Source,
    Surfacing,
)

pytestmark = pytest.mark.races


async def test_twenty_deliveries_of_one_mail_at_once_are_one_message(desk: Desk) -> None:
    raw = mail(message_id="<once@mail.example.org>", files=(("a.txt", b"a"),))
    relayed = [f"Received: from relay{number}.example.org\r\n".encode() + raw for number in range(20)]
    kept = await asyncio.gather(*(desk.post(each) for each in [*relayed, *relayed]))
    assert sum(number is not None for number in kept) == 20, "the same bytes are known at the door"
    handlers = desk.customers.jobs
    async with desk.machine.database.writing() as session:
        taken = await jobs.claim(session, list(handlers), 50)
        await session.commit()
    await asyncio.gather(*(handlers[job.kind](desk.machine, job) for job in taken))
    assert len(taken) == 20
    assert await desk.count(Message) == await desk.count(Conversation) == await desk.count(Contact) == 1
    assert await desk.count(MessageFile) == await desk.count(Surfacing) == 1
    assert {row.state for row in await desk.all(RawDelivery)} == {"filed"}
    blobs = [path for path in (desk.machine.settings.data_dir / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 21, "twenty raw forms and one file: nothing of the others stays"


async def test_forty_strangers_with_one_address_are_one_identity(desk: Desk) -> None:
    raws = [mail(f"Mail {number}", sender="New <new@mail.example.org>") for number in range(10)]
    await asyncio.gather(*(desk.post(raw) for raw in raws))
    handlers = desk.customers.jobs
    async with desk.machine.database.writing() as session:
        taken = await jobs.claim(session, list(handlers), 50)
        await session.commit()
    await asyncio.gather(*(handlers[job.kind](desk.machine, job) for job in taken))
    assert await desk.count(Message) == await desk.count(Conversation) == 10
    assert await desk.count(ContactIdentity) == await desk.count(Contact) == 1


async def test_a_full_second_reading_makes_no_row(desk: Desk) -> None:
    raws = [mail(f"Mail {number}") for number in range(3)]
    for _ in range(2):
        for raw in raws:
            await desk.post(raw)
        await desk.work()
    assert await desk.count(RawDelivery) == await desk.count(Message) == 3


async def test_one_id_for_two_messages_is_two_messages_and_same_words_are_not_one(desk: Desk) -> None:
    await desk.receive(mail("First.", message_id="<again@mail.example.org>"))
    await desk.receive(mail("Second.", message_id="<again@mail.example.org>"))
    await desk.receive(mail("Second.", message_id="<third@mail.example.org>"))
    assert [message.text.strip() for message in await desk.all(Message)] == ["First.", "Second.", "Second."]


async def test_an_automatic_mail_is_shown_and_moves_no_clock(desk: Desk) -> None:
    first = await desk.receive(mail())
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    away = mail("I am away.", reply_to=desk.left()[0]["Message-ID"], Auto_Submitted="auto-replied")
    came = await desk.receive(away)
    conversation = await desk.conversation(first.conversation_id)
    assert came.conversation_id == conversation.id
    assert came.automatic.startswith("auto-submitted")
    assert (conversation.waiting_on, conversation.waiting_since) == ("customer", None)
    assert len(desk.left()) == 1, "the machine answers nobody"
    human = await desk.receive(mail("I am back.", reply_to=desk.left()[0]["Message-ID"]))
    assert (human.automatic, (await desk.conversation(conversation.id)).waiting_on) == ("", "us")


async def test_two_of_our_mailboxes_pointed_at_each_other_stay_quiet(desk: Desk) -> None:
    orders = await make_source(desk, "Orders", "orders@fernhill.example", desk.care)
    for number in range(3):
        await desk.receive(mail(f"Loop {number}", sender="orders@fernhill.example", Auto_Submitted="auto-replied"))
        await desk.receive(mail(f"Pool {number}", sender=ADDRESS, to="orders@fernhill.example"), source=orders)
    assert {message.automatic for message in await desk.all(Message)} == {"own address"}
    assert all(row.waiting_since is None for row in await desk.all(Conversation))
    assert desk.left() == []


async def test_a_bounce_marks_the_very_reply_and_puts_the_customer_back(desk: Desk) -> None:
    other = await desk.receive(mail("Another.", sender="el@example.org"))
    await desk.answer(desk.bob, other.conversation_id)
    first = await desk.receive(mail())
    asked = (await desk.conversation(first.conversation_id)).waiting_since
    reply = await desk.answer(desk.bob, first.conversation_id, cc=("plumber@example.org",))
    await desk.work()
    ours = next(left for left in desk.left() if left["Cc"])
    delayed = await desk.receive(bounce(ours, "kim.park@example.org", action="delayed", status="4.4.1"))
    assert delayed.conversation_id == first.conversation_id
    assert (await desk.get(Reply, reply.id)).state == "accepted", "delayed is not lost"
    back = await desk.receive(bounce(ours, "Kim.Park@example.org"))
    assert (back.conversation_id, back.identity_id, bool(back.automatic)) == (first.conversation_id, None, True)
    states = {row.address: row.state for row in await desk.all(ReplyRecipient) if row.reply_id == reply.id}
    assert states == {"kim.park@example.org": "bounced", "plumber@example.org": "accepted"}
    assert [row.state for row in await desk.all(Reply)] == ["accepted", "bounced"]
    conversation = await desk.conversation(first.conversation_id)
    assert (conversation.waiting_on, conversation.waiting_since) == ("us", asked), "they wait as if nobody had answered"


async def test_a_report_that_names_none_of_our_mails_stands_alone(desk: Desk) -> None:
    forged = {"Message-ID": "<r1.aaaaaaaaaaaaaaaa@fernhill.example>", "Subject": "x"}
    first = await desk.receive(mail())
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    came = await desk.receive(bounce(forged, "kim.park@example.org"))
    assert came.conversation_id != first.conversation_id
    assert [row.state for row in await desk.all(Reply)] == ["accepted"]


async def test_our_own_copy_is_recognised_and_settles_doubt(desk: Desk) -> None:
    first = await desk.receive(mail())
    reply = await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    (path,) = desk.outbox.glob("*.eml")
    copy = path.read_bytes()
    async with desk.machine.units.begin() as unit:
        row = await unit.session.get_one(Reply, reply.id)
        row.state = "unknown"
        for recipient in (
            await unit.session.exec(select(ReplyRecipient).where(col(ReplyRecipient.reply_id) == reply.id))
        ).all():
            recipient.state = "unknown"
    await desk.receive(copy)
    assert await desk.count(Message) == 2, "no second row"
    assert (await desk.get(Reply, reply.id)).state == "accepted"
    forged = copy.replace(b"From: Fernhill Care <care@fernhill.example>", b"From: Mallory <mallory@elsewhere.example>")
    assert forged != copy
    await desk.receive(forged)
    assert await desk.count(Message) == 3, "only what bears our address is ours"


async def test_the_past_is_read_and_bothers_nobody(desk: Desk) -> None:
    for days, name in ((3, "recent"), (40, "old")):
        raw = mail("Long ago.", sender=f"{name}@example.org", message_id=f"<{name}@mail.example.org>")
        came = await desk.receive(raw, historic=True, at=clock.now() - timedelta(days=days))
        row = await desk.conversation(came.conversation_id)
        assert (row.historic, row.state, row.waiting_since) == (True, "resolved", None)
    assert await desk.count(Surfacing) == 0
    again = await desk.receive(mail("And now.", sender="recent@example.org", reply_to="<recent@mail.example.org>"))
    row = await desk.conversation(again.conversation_id)
    assert (row.id, row.historic, row.state) == (1, False, "open"), "what lives on is surfaced like anything new"
    assert await desk.count(Surfacing) == 1
    late = await desk.receive(mail("And now.", sender="old@example.org", reply_to="<old@mail.example.org>"))
    assert (await desk.conversation(late.conversation_id)).follows_id == 2


async def test_what_cannot_be_read_is_filed_with_its_original(desk: Desk) -> None:
    for raw in (b"", b"\x00\xff\xfe nothing of a mail", b"Subject: x\r\n\r\n" + b"(" * 5000):
        await desk.receive(raw)
    rows = await desk.all(Message)
    assert len(rows) == 3
    assert rows[0].unreadable
    assert all(row.raw_key for row in rows)
    names = {row.sender_name for row in rows}
    assert names == {filing.NO_NAME}
    assert await desk.count(Contact) == 3, "people without an address are not one person"


async def test_a_mail_that_breaks_its_filing_is_shown_and_stops_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = filing.file

    async def breaks(unit, source, delivery, message, *rest):
        if "poison" in message.text or message.subject == "poison":
            raise ValueError("the filing broke")
        return await whole(unit, source, delivery, message, *rest)

    monkeypatch.setattr(filing, "file", breaks)
    await desk.post(mail("poison"))
    await desk.post(mail("Fine."))
    handlers = desk.customers.jobs
    for _ in range(GIVE_UP + 1):
        async with desk.machine.database.writing() as session:
            await session.execute(jobs.job_table.update().values(due_at=jobs.AT_ONCE))
            taken = await jobs.claim(session, list(handlers), 10)
            await session.commit()
        for job in taken:
            try:
                await handlers[job.kind](desk.machine, job)
            except ValueError as error:
                async with desk.machine.database.writing() as session:
                    await job.fail(session, str(error))
                    await session.commit()
    bare, fine = sorted(await desk.all(Message), key=lambda message: message.text)
    assert fine.text.strip() == "Fine."
    assert (bare.text, bare.unreadable) == (
        "",
        "This mail could not be stored as it is, so only its raw form was kept.",
    )


async def test_a_paused_source_keeps_what_comes_and_goes_on_with_it(desk: Desk) -> None:
    async with desk.machine.units.begin() as unit:
        await sources.set_paused(unit, desk.alice, desk.source, paused=True)
    await desk.post(mail())
    await desk.work()
    assert (await desk.count(RawDelivery), await desk.count(Message)) == (1, 0)
    async with desk.machine.units.begin() as unit:
        await sources.set_paused(unit, desk.alice, desk.source, paused=False)
    await desk.work()
    assert await desk.count(Message) == 1


async def test_passwords_are_sealed_to_their_source(desk: Desk) -> None:
    from parley.core.crypto import Unsealable
    from parley.customers.service import secrets

    number = await make_source(
        desk, "Press", "press@fernhill.example", imap_url="imaps://press:canary-secret@mail.example.org"
    )
    source = await desk.get(Source, number)
    assert "canary" not in str(source.config) + source.secrets_sealed
    assert source.config["imap_url"] == "imaps://press@mail.example.org"
    seals = sealer(desk.machine.settings)
    assert secrets.unseal(seals, source).imap_password == "canary-secret"
    source.id = desk.source
    with pytest.raises(Unsealable):
        secrets.unseal(seals, source)
