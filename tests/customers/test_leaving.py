"""A colleague leaves: nothing they held is left without somebody, in the same moment."""

from datetime import timedelta

from customers.desk import Desk, mail
from parley.customers.service import conversations
from parley.events.identity import PersonDeactivated
from parley.models.customers import Claim, ConversationAct, Reply, Watch


async def leave(desk: Desk, successor: int | None = None) -> None:
    async with desk.machine.units.begin() as unit:
        await unit.emit(
            PersonDeactivated(person_id=desk.bob.person_id, by_id=desk.alice.person_id, successor_id=successor)
        )


async def laden(desk: Desk) -> list[int]:
    """Bob has one claimed with a held reply, one assigned, one watched; Alice has one of her own."""
    house = desk.customers.house
    house.settings = house.settings.model_copy(update={"undo_seconds": int(timedelta(hours=1).total_seconds())})
    numbers = [(await desk.receive(mail(sender=f"p{number}@example.org"))).conversation_id for number in range(4)]
    await desk.answer(desk.bob, numbers[0], "Bob's last words.")
    await desk.claim(desk.alice, numbers[3])
    async with desk.machine.units.begin() as unit:
        await conversations.assign(unit, desk.alice, numbers[1], desk.bob.person_id)
        await conversations.watch(unit, desk.bob, numbers[2], on=True)
        await conversations.watch(unit, desk.alice, numbers[2], on=True)
    return numbers


async def test_claims_assignments_watching_and_held_replies_are_let_go(desk: Desk) -> None:
    numbers = await laden(desk)
    await leave(desk)
    assert [(claim.conversation_id, claim.person_id) for claim in await desk.all(Claim)] == [
        (numbers[3], desk.alice.person_id)
    ]
    assert [watch.person_id for watch in await desk.all(Watch)] == [desk.alice.person_id]
    assert (await desk.conversation(numbers[1])).assignee_id is None
    (reply,) = await desk.all(Reply)
    assert (reply.state, reply.body) == ("draft", "Bob's last words."), "colleagues see it, nobody sends it"
    await desk.work()
    assert desk.left() == []
    kinds = {(act.conversation_id, act.kind) for act in await desk.all(ConversationAct) if act.detail.get("left")}
    assert kinds == {
        (numbers[0], "released"),
        (numbers[0], "reply_undone"),
        (numbers[1], "unassigned"),
        (numbers[2], "unwatched"),
    }


async def test_a_successor_takes_on_what_was_assigned(desk: Desk) -> None:
    numbers = await laden(desk)
    await leave(desk, desk.charlie.person_id)
    assert (await desk.conversation(numbers[1])).assignee_id == desk.charlie.person_id
    await desk.claim(desk.charlie, numbers[1])


async def test_what_has_begun_to_leave_is_finished(desk: Desk) -> None:
    first = await desk.receive(mail())
    await desk.answer(desk.bob, first.conversation_id)
    await desk.work()
    await leave(desk)
    assert [reply.state for reply in await desk.all(Reply)] == ["accepted"]
    assert len(desk.left()) == 1
