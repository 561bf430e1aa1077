"""Who is answering: one of fifty, for a quarter of an hour, renewed by typing."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from customers.desk import Desk, mail
from parley.core.tables import metadata
from parley.customers.jobs import SWEEP
from parley.customers.service import claims, conversations
from parley.customers.service.claims import Claimed
from parley.kit import clock
from parley.kit.errors import Forbidden, NotFound
from parley.models.customers import Claim, Conversation, ConversationAct
from parley.models.identity import Person, RoleGrant
from parley.policy.actor import Actor

pytestmark = pytest.mark.races


async def fifty(desk: Desk) -> list[Actor]:
    actors = []
    async with desk.machine.units.begin() as unit:
        for number in range(50):
            person = Person(
                handle=f"p{number}",
                email=f"p{number}@parley.test",
                email_norm=f"p{number}@parley.test",
                name=f"Person {number}",
                created_at=unit.now,
            )
            unit.session.add(person)
            await unit.session.flush()
            unit.session.add(RoleGrant(person_id=person.id, role="customer_lead", granted_at=unit.now))
            actors.append(Actor(person.id, person.handle, person.name, frozenset({"customer_lead"})))
    return actors


async def test_of_fifty_at_once_one_wins_and_the_others_learn_who(desk: Desk) -> None:
    conversation = (await desk.receive(mail())).conversation_id
    actors = await fifty(desk)
    results = await asyncio.gather(*(desk.claim(actor, conversation) for actor in actors), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Claimed)]
    assert (results.count(None), len(refused)) == (1, 49)
    (claim,) = await desk.all(Claim)
    winner = next(actor for actor in actors if actor.person_id == claim.person_id)
    assert {refusal.words for refusal in refused} == {f"{winner.name} is answering this. Take over if you must."}
    assert [act.kind for act in await desk.all(ConversationAct) if act.kind == "claimed"] == ["claimed"]


async def test_typing_renews_and_says_it_once(desk: Desk) -> None:
    conversation = (await desk.receive(mail())).conversation_id
    await desk.claim(desk.bob, conversation)
    (before,) = await desk.all(Claim)
    await desk.claim(desk.bob, conversation)
    (after,) = await desk.all(Claim)
    assert (after.since, after.until > before.until) == (before.since, True)
    assert sum(act.kind == "claimed" for act in await desk.all(ConversationAct)) == 1


async def test_another_takes_over_on_purpose_only(desk: Desk) -> None:
    conversation = (await desk.receive(mail())).conversation_id
    await desk.claim(desk.bob, conversation)
    with pytest.raises(Claimed):
        await desk.claim(desk.alice, conversation)
    await desk.claim(desk.alice, conversation, take_over=True)
    (claim,) = await desk.all(Claim)
    assert claim.person_id == desk.alice.person_id
    act = next(act for act in await desk.all(ConversationAct) if act.kind == "taken_over")
    assert act.detail["from_id"] == desk.bob.person_id


async def test_a_lease_that_ran_out_is_free_and_is_tidied_away(desk: Desk) -> None:
    conversation = (await desk.receive(mail())).conversation_id
    await desk.claim(desk.bob, conversation)
    async with desk.machine.units.begin() as unit:
        await unit.session.execute(update(metadata.tables["claim"]).values(until=clock.now() - timedelta(seconds=1)))
    await desk.customers.jobs[SWEEP](desk.machine, None)
    assert await desk.count(Claim) == 0
    assert (await desk.all(ConversationAct))[-1].kind == "expired"
    await desk.claim(desk.alice, conversation)


async def test_who_may_not_read_it_cannot_claim_it_and_guests_never(desk: Desk) -> None:
    conversation = (await desk.receive(mail())).conversation_id
    for actor in (desk.charlie, desk.gina):
        with pytest.raises(NotFound):
            await desk.claim(actor, conversation)
    await desk.claim(desk.bob, conversation)


async def test_spam_is_neither_claimed_nor_answered_until_the_mark_is_gone(desk: Desk) -> None:
    conversation = (await desk.receive(mail())).conversation_id
    await desk.claim(desk.bob, conversation)
    async with desk.machine.units.begin() as unit:
        await conversations.set_state(unit, desk.bob, conversation, "spam")
    assert await desk.count(Claim) == 0
    with pytest.raises(Forbidden):
        await desk.claim(desk.bob, conversation)
    with pytest.raises(Forbidden):
        await desk.answer(desk.bob, conversation)
    async with desk.machine.units.begin() as unit:
        await conversations.set_state(unit, desk.bob, conversation, "open")
    await desk.claim(desk.bob, conversation)
    assert (await desk.get(Conversation, conversation)).state == "open"


async def test_only_the_holder_or_a_lead_lets_go(desk: Desk) -> None:
    conversation = (await desk.receive(mail())).conversation_id
    await desk.claim(desk.alice, conversation)
    async with desk.machine.units.begin() as unit:
        with pytest.raises(Claimed):
            await claims.release(unit, desk.bob, conversation)
    await desk.claim(desk.bob, conversation, take_over=True)
    async with desk.machine.units.begin() as unit:
        await claims.release(unit, desk.alice, conversation)
        await claims.release(unit, desk.alice, conversation)
    assert await desk.count(Claim) == 0
