"""One attempt at a time: what a server says of each recipient, how long it is tried, and what a person is shown."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from customers.desk import Desk, mail
from parley.core.jobs import AT_ONCE, job_table
from parley.customers import jobs
from parley.customers.connectors.base import Outbound, SendResult
from parley.customers.house import House
from parley.customers.service import replies
from parley.kit import clock
from parley.kit.errors import Conflict
from parley.models.customers import Message, Participant, Reply, ReplyRecipient
from parley.posts.service.words import OtherContent

pytestmark = pytest.mark.races

KIM, EL = "kim.park@example.org", "el@example.org"


class Server:
    """A mail server that says what the test wants."""

    def __init__(self) -> None:
        self.says: dict[str, SendResult] = {}
        self.asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    async def send(self, outbound: Outbound, recipients: Sequence[str]) -> Mapping[str, SendResult]:
        named = tuple(each.address for each in (*outbound.to, *outbound.cc))
        self.asked.append((named, tuple(recipients)))
        return {each: self.says.get(each, SendResult.accepted()) for each in recipients}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made, plain = Server(), House.connector

    class Connector:
        def __init__(self, real) -> None:
            self.read, self.send = real.read, made.send

    monkeypatch.setattr(House, "connector", lambda house, source: Connector(plain(house, source)))
    return made


async def written(desk: Desk, **more) -> Reply:
    first = await desk.receive(mail())
    return await desk.answer(desk.bob, first.conversation_id, **more)


async def due(desk: Desk) -> None:
    """An hour has passed for the outbox."""
    async with desk.machine.units.begin() as unit:
        await unit.session.execute(update(job_table).values(due_at=AT_ONCE))
        await unit.session.execute(update(Reply).values(held_until=clock.now() - timedelta(seconds=1)))
    await desk.work()


async def states(desk: Desk) -> dict[str, str]:
    return {row.address: row.state for row in await desk.all(ReplyRecipient)}


async def test_what_cannot_be_taken_now_is_tried_again_and_says_why(desk: Desk, server: Server) -> None:
    server.says[KIM] = SendResult.temporary("451 the mailbox is busy")
    reply = await written(desk)
    pauses = []
    for _ in range(3):
        await due(desk)
        row = await desk.get(Reply, reply.id)
        assert (row.state, row.error) == ("held", "451 the mailbox is busy")
        pauses.append(round((row.held_until - clock.now()).total_seconds(), -1))
    assert pauses == [60, 300, 900]
    del server.says[KIM]
    await due(desk)
    row = await desk.get(Reply, reply.id)
    assert (row.state, row.error, row.attempts) == ("accepted", "", 4)
    assert await desk.count(Message) == 2


async def test_after_two_days_its_author_is_told_that_it_failed(desk: Desk, server: Server) -> None:
    server.says[KIM] = SendResult.temporary("451 the mailbox is busy")
    reply = await written(desk)
    async with desk.machine.units.begin() as unit:
        await unit.session.execute(update(Reply).values(trying_since=clock.now() - timedelta(hours=49)))
    await due(desk)
    assert (await desk.get(Reply, reply.id)).state == "failed"
    async with desk.machine.units.begin() as unit:
        await replies.retry(unit, desk.bob, reply.id)
    await due(desk)
    assert (await desk.get(Reply, reply.id)).state == "held", "a person's retry begins its patience anew"


async def test_each_recipient_has_a_fate_and_only_the_rest_is_tried_again(desk: Desk, server: Server) -> None:
    server.says[EL] = SendResult.temporary("later")
    reply = await written(desk, cc=(EL,))
    await due(desk)
    assert await states(desk) == {KIM: "accepted", EL: "held"}
    assert (await desk.get(Reply, reply.id)).state == "held"
    assert await desk.count(Message) == 2, "what left is a message, though not all of it left"
    with pytest.raises(Conflict):
        async with desk.machine.units.begin() as unit:
            await replies.undo(unit, desk.bob, reply.id)
    server.says[EL] = SendResult.permanent("550 nobody here")
    await due(desk)
    assert server.asked == [((KIM, EL), (KIM, EL)), ((KIM, EL), (EL,))], "the same mail, to those who miss it"
    row = await desk.get(Reply, reply.id)
    assert (row.state, row.error) == ("accepted", f"{EL}: 550 nobody here")
    assert await desk.count(Message) == 2
    assert await desk.count(Participant) == 1, "who never got it takes no part"


async def test_a_reply_that_misses_the_customer_has_failed_whoever_else_got_it(desk: Desk, server: Server) -> None:
    server.says[KIM] = SendResult.permanent("550 nobody here")
    reply = await written(desk, cc=(EL,))
    await due(desk)
    assert (await desk.get(Reply, reply.id)).state == "failed"
    conversation = await desk.conversation(reply.conversation_id)
    assert conversation.waiting_on == "us", "they still wait"
    del server.says[KIM]
    async with desk.machine.units.begin() as unit:
        await replies.retry(unit, desk.bob, reply.id)
    await desk.work()
    assert server.asked[-1][1] == (KIM,)
    assert (await desk.get(Reply, reply.id)).state == "accepted"


async def test_doubt_is_shown_and_settled_by_a_person(desk: Desk, server: Server) -> None:
    for it, state, count in (("went_out", "accepted", 1), ("send_again", "accepted", 2)):
        server.says[KIM] = SendResult.unknown("The server took the mail and did not answer.")
        server.asked.clear()
        first = await desk.receive(mail(f"Question, {it}."))
        reply = await desk.answer(desk.bob, first.conversation_id)
        for _ in range(3):
            await due(desk)
        assert ((await desk.get(Reply, reply.id)).state, len(server.asked)) == ("unknown", 1), (
            "the machine never tries again"
        )
        del server.says[KIM]
        async with desk.machine.units.begin() as unit:
            await replies.settle(unit, desk.bob, reply.id, went_out=it == "went_out")
        await desk.work()
        assert ((await desk.get(Reply, reply.id)).state, len(server.asked)) == (state, count)
        assert (await desk.conversation(first.conversation_id)).waiting_on == "customer"


async def test_who_was_held_up_too_long_hands_nothing_over(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "STALL", -1.0)
    reply = await written(desk)
    await due(desk)
    assert server.asked == []
    assert (await desk.get(Reply, reply.id)).state == "held", "surely not handed over, so it may be tried again"


async def test_what_no_job_takes_care_of_comes_back_to_a_person(desk: Desk, server: Server) -> None:
    numbers = [(await desk.receive(mail(sender=sender))).conversation_id for sender in (KIM, EL)]
    waiting, leaving = [await desk.answer(desk.bob, number) for number in numbers]
    async with desk.machine.units.begin() as unit:
        await unit.session.execute(delete(job_table))
        await unit.session.execute(update(Reply).values(held_until=clock.now() - timedelta(hours=1)))
        await unit.session.execute(update(Reply).where(Reply.id == leaving.id).values(state="sending"))
        await unit.session.execute(
            update(ReplyRecipient).where(ReplyRecipient.reply_id == leaving.id).values(state="sending")
        )
    await desk.customers.jobs[jobs.SWEEP](desk.machine, None)
    assert [(await desk.get(Reply, number)).state for number in (waiting.id, leaving.id)] == ["failed", "unknown"]
    assert server.asked == []


async def test_a_broken_connector_leaves_doubt_and_a_refusal_does_not(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_given: object) -> Mapping[str, SendResult]:
        raise ZeroDivisionError

    async def refuses(*_given: object) -> Mapping[str, SendResult]:
        raise OtherContent

    for send, state in ((breaks, "unknown"), (refuses, "failed")):
        server.send = send
        first = await desk.receive(mail(f"Question {state}."))
        reply = await desk.answer(desk.bob, first.conversation_id)
        await due(desk)
        assert (await desk.get(Reply, reply.id)).state == state


async def test_doubt_about_one_does_not_keep_the_reply_from_another(desk: Desk, server: Server) -> None:
    server.says = {KIM: SendResult.temporary("451 the mailbox is busy"), EL: SendResult.unknown("No answer.")}
    reply = await written(desk, cc=(EL,))
    await due(desk)
    assert await states(desk) == {KIM: "held", EL: "unknown"}
    assert (await desk.get(Reply, reply.id)).state == "unknown", "what needs a person comes first"
    del server.says[KIM]
    await due(desk)
    assert await states(desk) == {KIM: "accepted", EL: "unknown"}
    assert server.asked[-1][1] == (KIM,), "the doubtful one is left to a person"
