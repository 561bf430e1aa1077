"""Which conversation a mail belongs to, and who does not get in."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col

from customers.desk import ADDRESS, Desk, mail, make_source
from parley.customers.connectors.email.addresses import signed_reply_address
from parley.customers.house import mail_key
from parley.customers.service import conversations
from parley.kit import clock
from parley.models.customers import Conversation, Message, Participant

STRANGER = "Mallory <mallory@elsewhere.example>"


def signed(desk: Desk, conversation_id: int) -> str:
    return signed_reply_address(ADDRESS, conversation_id, mail_key(desk.machine.settings))


async def answered(desk: Desk) -> tuple[int, str]:
    """A conversation that we answered, and the Message-ID of our answer."""
    first = await desk.receive(mail(message_id="<first@mail.example.org>"))
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    return first.conversation_id, desk.left()[-1]["Message-ID"]


async def test_a_participant_joins_by_the_exact_id_of_any_earlier_mail(desk: Desk) -> None:
    conversation, ours = await answered(desk)
    for parent in ("<first@mail.example.org>", ours):
        came = await desk.receive(mail("More.", reply_to=parent))
        assert (came.conversation_id, came.new_participant) == (conversation, False)
    far = await desk.receive(mail("Deep.", reply_to="<lost@x.example>", references=f"{ours} <lost@x.example>"))
    assert far.conversation_id == conversation


async def test_a_stranger_who_quotes_an_id_gets_a_new_conversation_with_a_link(desk: Desk) -> None:
    conversation, ours = await answered(desk)
    for parent in ("<first@mail.example.org>", ours):
        came = await desk.receive(mail("Let me in.", sender=STRANGER, reply_to=parent))
        assert came.conversation_id != conversation
        assert (await desk.conversation(came.conversation_id)).follows_id == conversation
    joined = await desk.receive(mail("It is me.", reply_to=ours))
    assert joined.conversation_id == conversation, "the same id serves who takes part"


async def test_a_stranger_with_the_signed_address_joins_and_is_marked(desk: Desk) -> None:
    conversation, _ = await answered(desk)
    came = await desk.receive(mail("I am the plumber.", sender=STRANGER, to=signed(desk, conversation)))
    assert (came.conversation_id, came.new_participant) == (conversation, True)
    rows = {row.identity_id: row.verified for row in await desk.all(Participant)}
    assert sorted(rows.values()) == [False, True]
    assert rows[came.identity_id] is False
    own = await desk.receive(mail("And it is me.", to=signed(desk, conversation)))
    assert own.new_participant is False


@pytest.mark.parametrize("tag", ["c1", "c1.aaaaaaaaaaaaaaaa", "c1.", "1"])
async def test_a_guessed_address_or_a_subject_opens_nothing(desk: Desk, tag: str) -> None:
    conversation, _ = await answered(desk)
    address = ADDRESS.replace("@", f"+{tag.replace('1', str(conversation))}@")
    came = await desk.receive(
        mail("Let me in.", sender=STRANGER, to=address, subject=f"Re: The valve [#{conversation}]")
    )
    assert came.conversation_id != conversation
    assert (await desk.conversation(came.conversation_id)).follows_id is None


async def test_what_fails_the_servers_checks_never_joins(desk: Desk) -> None:
    async with desk.machine.units.begin() as unit:
        from parley.models.customers import Source

        source = await unit.session.get_one(Source, desk.source)
        source.config = source.config | {"authserv_id": "mx.fernhill.example"}
        unit.session.add(source)
    conversation, ours = await answered(desk)
    verdicts = {
        "fail": mail("Forged.", to=signed(desk, conversation), reply_to=ours),
        "pass": mail("Genuine.", to=signed(desk, conversation), reply_to=ours),
    }
    found = {}
    for result, raw in verdicts.items():
        head = f"Authentication-Results: mx.fernhill.example; dmarc={result} header.from=example.org\r\n"
        found[result] = await desk.receive(head.encode() + raw)
    assert found["pass"].conversation_id == conversation
    assert found["fail"].conversation_id != conversation
    assert (await desk.conversation(found["fail"].conversation_id)).follows_id == conversation
    assert found["fail"].authenticity["verdict"] == "failed"


async def test_the_answer_that_comes_before_its_parent_is_joined_by_it(desk: Desk) -> None:
    late = await desk.receive(mail("And another thing.", reply_to="<parent@mail.example.org>"))
    early = await desk.receive(mail("The first thing.", message_id="<parent@mail.example.org>"))
    assert early.conversation_id == late.conversation_id
    foreign = await desk.receive(mail("Mine.", reply_to="<theirs@mail.example.org>"))
    other = await desk.receive(mail("Somebody else's.", sender=STRANGER, message_id="<theirs@mail.example.org>"))
    assert other.conversation_id != foreign.conversation_id


async def resolve(desk: Desk, conversation_id: int, days_ago: int) -> None:
    async with desk.machine.units.begin() as unit:
        await conversations.set_state(unit, desk.alice, conversation_id, "resolved")
        await unit.session.execute(
            update(Conversation)
            .where(col(Conversation.id) == conversation_id)
            .values(resolved_at=clock.now() - timedelta(days=days_ago))
        )


async def test_within_two_weeks_it_opens_again_later_a_new_one_follows(desk: Desk) -> None:
    conversation, ours = await answered(desk)
    await resolve(desk, conversation, 13)
    again = await desk.receive(mail("It drips again.", reply_to=ours, to=signed(desk, conversation)))
    assert again.conversation_id == conversation
    row = await desk.conversation(conversation)
    assert (row.state, row.waiting_on, row.resolved_at) == ("open", "us", None)
    assert clock.now() - row.waiting_since < timedelta(minutes=5), "the clock is the new message's"
    await resolve(desk, conversation, 15)
    later = await desk.receive(mail("And again.", reply_to=ours, to=signed(desk, conversation)))
    assert later.conversation_id != conversation
    assert (await desk.conversation(later.conversation_id)).follows_id == conversation
    assert (await desk.conversation(conversation)).state == "resolved"


async def test_what_comes_to_spam_is_kept_there(desk: Desk) -> None:
    conversation, ours = await answered(desk)
    async with desk.machine.units.begin() as unit:
        await conversations.set_state(unit, desk.bob, conversation, "spam")
    came = await desk.receive(mail("Buy!", reply_to=ours))
    assert came.conversation_id == conversation
    assert (await desk.conversation(conversation)).state == "spam"


async def test_one_mail_to_two_mailboxes_is_a_message_in_each_but_one_in_its_own_thread(desk: Desk) -> None:
    orders = await make_source(desk, "Orders", "orders@fernhill.example", desk.care)
    both = mail(to=f"{ADDRESS}, orders@fernhill.example")
    await desk.receive(both)
    await desk.receive(both, source=orders)
    assert await desk.count(Conversation) == 2
    assert {message.source_id for message in await desk.all(Message)} == {desk.source, orders}
    conversation = (await desk.all(Conversation))[0].id
    reply = mail("To both of you.", to=f"{signed(desk, conversation)}, orders@fernhill.example")
    await desk.receive(reply, source=orders)
    await desk.receive(reply)
    assert await desk.count(Conversation) == 2
    assert await desk.count(Message) == 3
    assert (await desk.newest()).conversation_id == conversation


async def test_the_answer_goes_to_whoever_wrote_the_message_it_answers(desk: Desk) -> None:
    conversation, _ = await answered(desk)
    await desk.receive(mail("I am the plumber.", sender=STRANGER, to=signed(desk, conversation)))
    await desk.answer(desk.bob, conversation, "Hello plumber.", client_id=str(uuid4()))
    await desk.work()
    assert desk.left()[-1]["To"] == "Mallory <mallory@elsewhere.example>"
