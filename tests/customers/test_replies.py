"""Replies: to the right person, once, with what was meant and nothing else, and never over a colleague."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col

from customers.desk import ADDRESS, Desk, mail
from parley.core.jobs import job_table
from parley.customers.service import replies, sources, starting
from parley.customers.service.claims import Claimed
from parley.customers.service.drafts import BODY_LIMIT, ConfirmFiles, Draft
from parley.customers.service.replies import Overtaken, Terms, TooLate, UnderWay
from parley.customers.service.starting import Opening
from parley.kit.errors import Conflict, Forbidden, Invalid, NotFound
from parley.models.customers import (
    Claim,
    Contact,
    ContactIdentity,
    Message,
    MessageFile,
    Participant,
    Reply,
    ReplyRecipient,
    Source,
    Watch,
)
from parley.policy.actor import Actor
from parley.posts.service.words import OtherContent

HOUR = timedelta(hours=1)


def hold(desk: Desk) -> None:
    """From now on a reply is held for an hour."""
    house = desk.customers.house
    house.settings = house.settings.model_copy(update={"undo_seconds": 3600})


async def test_a_newer_message_stops_a_reply_and_says_which(desk: Desk) -> None:
    first = await desk.receive(mail())
    second = await desk.receive(mail("Wait!", to=ADDRESS, reply_to=first.external_id))
    assert second.conversation_id == first.conversation_id
    with pytest.raises(Overtaken) as refusal:
        await desk.answer(desk.bob, first.conversation_id, expected_last_message=first.id)
    assert refusal.value.newer == (second.id,)
    await desk.receive(mail("Away.", reply_to=first.external_id, Auto_Submitted="auto-replied"))
    await desk.answer(desk.bob, first.conversation_id, expected_last_message=second.id)


async def test_two_colleagues_never_answer_over_each_other(desk: Desk) -> None:
    hold(desk)
    first = await desk.receive(mail())
    results = await asyncio.gather(
        desk.answer(desk.bob, first.conversation_id, "Bob."),
        desk.answer(desk.alice, first.conversation_id, "Alice."),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Claimed | UnderWay) for result in results) == 1
    assert await desk.count(Reply) == 1
    other = desk.alice if (await desk.all(Claim))[0].person_id == desk.bob.person_id else desk.bob
    with pytest.raises(Claimed):
        await desk.claim(other, first.conversation_id)
    await desk.claim(other, first.conversation_id, take_over=True)
    with pytest.raises(UnderWay):
        await desk.answer(other, first.conversation_id)


async def test_the_same_client_id_is_the_same_reply_and_never_other_words(desk: Desk) -> None:
    first = await desk.receive(mail())
    client_id = str(uuid4())
    again = {"client_id": client_id, "expected_last_message": first.id}
    results = await asyncio.gather(
        *(desk.answer(desk.bob, first.conversation_id, "Once.", **again) for _ in range(5)), return_exceptions=True
    )
    assert await desk.count(Reply) == 1
    stored = {result.id for result in results if isinstance(result, Reply)}
    assert stored == {1} or stored == {(await desk.all(Reply))[0].id}
    await desk.work()
    assert (await desk.answer(desk.bob, first.conversation_id, "Once.", **again)).id in stored
    with pytest.raises(OtherContent):
        await desk.answer(desk.bob, first.conversation_id, "Twice.", **again)
    assert len(desk.left()) == 1


async def test_undo_brings_the_draft_back_and_nothing_leaves(desk: Desk) -> None:
    hold(desk)
    first = await desk.receive(mail())
    reply = await desk.answer(desk.bob, first.conversation_id)
    with pytest.raises(Forbidden):
        await undo_as_watcher(desk, desk.charlie, reply.id)
    async with desk.machine.units.begin() as unit:
        await replies.undo(unit, desk.bob, reply.id)
        await replies.undo(unit, desk.bob, reply.id)
    async with desk.machine.database.reading() as session:
        assert (await session.execute(job_table.select().where(job_table.c.kind == "customers.send_reply"))).all() == []
    assert (await desk.get(Reply, reply.id)).state == "draft"
    await desk.work()
    assert desk.left() == []


async def undo_as_watcher(desk: Desk, actor: Actor, reply_id: int) -> None:
    """Somebody who may read the conversation, but did not write the reply, tries to take it back."""
    async with desk.machine.units.begin() as unit:
        reply = await unit.session.get_one(Reply, reply_id)
        unit.session.add(Watch(conversation_id=reply.conversation_id, person_id=actor.person_id, since=unit.now))
        await unit.session.flush()
        await replies.undo(unit, actor, reply_id)


async def test_what_has_begun_to_leave_is_not_taken_back(desk: Desk) -> None:
    first = await desk.receive(mail())
    reply = await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    async with desk.machine.units.begin() as unit:
        with pytest.raises(TooLate):
            await replies.undo(unit, desk.bob, reply.id)


async def test_the_recipient_is_the_writer_also_after_contacts_were_merged(desk: Desk) -> None:
    hold(desk)
    kim = await desk.receive(mail())
    el = await desk.receive(mail("Other.", sender="El Jones <el@example.org>"))
    await desk.answer(desk.bob, kim.conversation_id)
    async with desk.machine.units.begin() as unit:
        identity = await unit.session.get_one(ContactIdentity, kim.identity_id)
        other = await unit.session.get_one(ContactIdentity, el.identity_id)
        identity.contact_id = other.contact_id
        unit.session.add(identity)
        await unit.session.execute(update(Reply).values(held_until=unit.now))
        await unit.session.execute(update(job_table).values(due_at=unit.now))
    await desk.work()
    (left,) = desk.left()
    assert left["To"] == "Kim Park <kim.park@example.org>"
    assert await desk.count(Contact) == 2


async def test_copies_go_along_and_take_part_from_then_on(desk: Desk) -> None:
    first = await desk.receive(mail())
    for bad in (("nobody",), ("a@b.example, x",), tuple(f"p{number}@example.org" for number in range(11))):
        with pytest.raises(Invalid):
            await desk.answer(desk.bob, first.conversation_id, cc=bad)
    await desk.answer(
        desk.bob, first.conversation_id, cc=("El <el@example.org>; kim.park@EXAMPLE.org", ADDRESS, "EL@example.org")
    )
    await desk.work()
    (left,) = desk.left()
    assert left["Cc"] == "el@example.org", "each once, neither the customer again nor ourselves"
    assert await desk.count(Participant) == 2
    back = await desk.receive(mail("From me.", sender="el@example.org", reply_to=left["Message-ID"]))
    assert (back.conversation_id, back.new_participant) == (first.conversation_id, False)


async def test_files_go_out_after_the_second_step_and_only_ones_own(desk: Desk) -> None:
    first = await desk.receive(mail())
    own = await desk.file(desk.bob, "offer.txt", b"our offer")
    foreign = await desk.file(desk.charlie, "salaries.txt", b"canary")
    with pytest.raises(Invalid) as refusal:
        await desk.answer(desk.bob, first.conversation_id, file_ids=(foreign,), confirm_files=True)
    assert "attachments" in refusal.value.fields
    with pytest.raises(ConfirmFiles, match=r"offer\.txt"):
        await desk.answer(desk.bob, first.conversation_id, file_ids=(own,))
    await desk.answer(desk.bob, first.conversation_id, file_ids=(own,), confirm_files=True)
    await desk.work()
    (left,) = desk.left()
    (attached,) = left.iter_attachments()
    assert (attached.get_filename(), attached.get_content().strip()) == ("offer.txt", "our offer")
    assert [file.name for file in await desk.all(MessageFile)] == ["offer.txt"]


@pytest.mark.parametrize("body", ["", "  \n ", "x" * (BODY_LIMIT + 1)])
async def test_empty_and_endless_words_are_refused(desk: Desk, body: str) -> None:
    first = await desk.receive(mail())
    with pytest.raises(Invalid) as refusal:
        await desk.answer(desk.bob, first.conversation_id, body)
    assert "body" in refusal.value.fields
    await desk.answer(desk.bob, first.conversation_id, "x" * BODY_LIMIT)


async def test_line_breaks_in_names_and_subjects_make_no_header(desk: Desk) -> None:
    first = await desk.receive(
        mail(subject="Valve", sender='"Kim\r\n Bcc: all@example.org" <kim.park@example.org>'.replace("\r\n", ""))
    )
    await desk.answer(desk.bob, first.conversation_id, "Hello\r\nBcc: everybody@example.org\r\n")
    await desk.work()
    (left,) = desk.left()
    assert left["Bcc"] is None
    terms = Terms(b"k" * 32, timedelta())
    async with desk.machine.units.begin() as unit:
        opening = Opening(desk.source, "el@example.org", "Hello\r\nBcc: x@example.org", Draft("Words."))
        conversation, _, _ = await starting.start(unit, desk.bob, opening, terms)
    assert "\n" not in conversation.subject


async def test_nobody_is_answered_who_left_no_address(desk: Desk) -> None:
    first = await desk.receive(mail(sender=""))
    with pytest.raises(Invalid, match="Nobody signed"):
        await desk.answer(desk.alice, first.conversation_id)


async def test_a_paused_source_holds_replies_and_says_why(desk: Desk) -> None:
    first = await desk.receive(mail())
    async with desk.machine.units.begin() as unit:
        await sources.set_paused(unit, desk.alice, desk.source, paused=True)
    reply = await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    waiting = await desk.get(Reply, reply.id)
    assert (waiting.state, waiting.error) == ("held", "The source is paused. The reply leaves when it is resumed.")
    async with desk.machine.units.begin() as unit:
        await sources.set_paused(unit, desk.alice, desk.source, paused=False)
        await unit.session.execute(update(job_table).values(due_at=unit.now))
        await unit.session.execute(update(Reply).values(held_until=unit.now))
    await desk.work()
    assert ((await desk.get(Reply, reply.id)).state, len(desk.left())) == ("accepted", 1)


async def test_the_clock_goes_on_when_they_wrote_again_meanwhile(desk: Desk) -> None:
    hold(desk)
    first = await desk.receive(mail())
    await desk.answer(desk.bob, first.conversation_id)
    second = await desk.receive(mail("One more thing.", reply_to=first.external_id))
    async with desk.machine.units.begin() as unit:
        await unit.session.execute(update(Reply).values(held_until=unit.now))
        await unit.session.execute(update(job_table).values(due_at=unit.now))
    await desk.work()
    conversation = await desk.conversation(first.conversation_id)
    assert (len(desk.left()), conversation.waiting_on, conversation.waiting_since) == (1, "us", second.received_at)


async def test_the_name_leaves_only_where_the_signature_asks_for_it(desk: Desk) -> None:
    async with desk.machine.units.begin() as unit:
        await unit.session.execute(
            update(Source).where(col(Source.id) == desk.source).values(signature="{name}\nFernhill")
        )
    first = await desk.receive(mail())
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    assert "Bob Desk" in desk.left()[0].get_body(("plain",)).get_content()


async def test_writing_first_asks_for_a_source_of_ones_own_and_the_same_id_is_the_same(desk: Desk) -> None:
    terms = desk.customers.house.terms
    opening = Opening(desk.source, "el@example.org", "Your order", Draft("It is ready.", client_id=str(uuid4())))
    with pytest.raises(Invalid):
        async with desk.machine.units.begin() as unit:
            await starting.start(unit, desk.charlie, opening, terms)
    found = set()
    for _ in range(2):
        async with desk.machine.units.begin() as unit:
            conversation, reply, _ = await starting.start(unit, desk.bob, opening, terms)
            found.add((conversation.id, reply.id))
    assert len(found) == 1
    with pytest.raises(OtherContent):
        async with desk.machine.units.begin() as unit:
            await starting.start(unit, desk.bob, Opening(desk.source, "el@example.org", "Other", opening.draft), terms)
    with pytest.raises(OtherContent):
        async with desk.machine.units.begin() as unit:
            await starting.start(unit, desk.alice, opening, terms)
    await desk.work()
    assert [left["Subject"] for left in desk.left()] == ["Your order"], "what answers nothing is no reply"


async def test_only_who_may_read_it_settles_or_retries(desk: Desk) -> None:
    first = await desk.receive(mail())
    reply = await desk.answer(desk.bob, first.conversation_id)
    for verb in (replies.settle, replies.retry, replies.undo, replies.discard):
        more = {"went_out": True} if verb is replies.settle else {}
        async with desk.machine.units.begin() as unit:
            with pytest.raises(NotFound):
                await verb(unit, desk.charlie, reply.id, **more)
        async with desk.machine.units.begin() as unit:
            if verb is not replies.undo:
                with pytest.raises(Conflict):
                    await verb(unit, desk.bob, reply.id, **more)
    assert [row.state for row in await desk.all(ReplyRecipient)] == ["held"]
    assert await desk.count(Message) == 1
