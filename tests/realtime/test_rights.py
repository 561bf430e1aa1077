"""Whoever loses a right is silent or gone within a second: removed, closed, deactivated, signed out, revoked."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from parley.core.eventlog import Hint
from parley.identity.service import deactivate, roles, sessions, tokens
from parley.models.identity import ApiToken, RoleGrant, Session
from parley.realtime import topics
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)
SOON = 1
"""Seconds."""


def channel(cast, name: str) -> str:
    return f"channel:{cast.channels[name]}"


async def post(api, cast, name: str, body: str, who: str = "alice") -> None:
    answer = await api(who).post(f"/api/v1/channels/{cast.channels[name]}/posts", json={"body": body})
    assert answer.status_code == 201


@pytest.mark.parametrize("kind", ["page", "program"])
async def test_who_is_put_out_hears_nothing_more(lines, api, cast, kind: str) -> None:
    vault, square = channel(cast, "vault"), channel(cast, "square")
    bob = await getattr(lines, kind)("bob", {vault: -1, square: -1})
    alice = await getattr(lines, kind)("alice", {vault: -1, square: -1})
    await post(api, cast, "vault", "Both hear")
    await asyncio.gather(*(line.until(lambda line=line: "Both hear" in line.text) for line in (alice, bob)))
    await api("alice").delete(f"/api/v1/channels/{cast.channels['vault']}/members/{cast.bob.id}")
    await bob.until(lambda: vault in bob.refused(), SOON)
    await post(api, cast, "vault", "Only Alice hears")
    await post(api, cast, "square", "All hear")
    await alice.until(lambda: "Only Alice hears" in alice.text)
    await bob.until(lambda: "All hear" in bob.text)
    assert "Only Alice hears" not in bob.text
    await bob.ask({vault: 0})
    await bob.until(lambda: [frame for frame in bob.heard if frame.get("error")][1:])
    assert "Only Alice hears" not in bob.text
    again = await getattr(lines, kind)("bob", {vault: 0})
    await again.until(again.refused)
    assert (again.events(vault), again.closed) == ([], None)


async def test_with_the_channel_goes_what_was_read_through_it(lines, api, cast) -> None:
    talk, terrace = f"conversation:{cast.talks['valve']}", channel(cast, "terrace")
    bob, lea = await lines.program("bob", {talk: -1, terrace: -1}), await lines.program("lea", {talk: -1})
    for name in ("care", "terrace"):
        await api("lea").post(
            f"/api/v1/conversations/{cast.talks['valve']}/discussion", json={"body": f"Before {name}"}
        )
        await asyncio.gather(
            *(line.until(lambda line=line, name=name: f"Before {name}" in line.text) for line in (bob, lea))
        )
        await api("alice").delete(f"/api/v1/channels/{cast.channels[name]}/members/{cast.bob.id}")
    await bob.until(lambda: talk in bob.refused(), SOON)
    await api("lea").post(f"/api/v1/conversations/{cast.talks['valve']}/discussion", json={"body": "After"})
    await lea.until(lambda: "After" in lea.text)
    assert "After" not in bob.text


async def test_a_channel_that_closes_lets_go_of_everybody_else(lines, api, cast) -> None:
    square = channel(cast, "square")
    charlie, bob = await lines.page("charlie", {square: -1}), await lines.page("bob", {square: -1})
    await post(api, cast, "square", "Open words")
    await asyncio.gather(*(line.until(lambda line=line: "Open words" in line.text) for line in (charlie, bob)))
    await api("alice").patch(f"/api/v1/channels/{cast.channels['square']}", json={"kind": "private"})
    await charlie.until(lambda: square in charlie.refused(), SOON)
    await post(api, cast, "square", "Closed words")
    await bob.until(lambda: "Closed words" in bob.text)
    assert "Closed words" not in charlie.text
    assert square not in bob.refused()


async def test_a_conversation_that_is_restricted_lets_go_of_everybody_else(lines, api, cast) -> None:
    talk = f"conversation:{cast.talks['hush']}"
    await api("lea").patch(f"/api/v1/conversations/{cast.talks['hush']}", json={"restricted": False})
    charlie, bob = await lines.page("charlie", {talk: -1}), await lines.page("bob", {talk: -1})
    await api("bob").post(f"/api/v1/conversations/{cast.talks['hush']}/discussion", json={"body": "All may"})
    await asyncio.gather(*(line.until(lambda line=line: "All may" in line.text) for line in (charlie, bob)))
    await api("lea").patch(f"/api/v1/conversations/{cast.talks['hush']}", json={"restricted": True})
    await charlie.until(lambda: talk in charlie.refused(), SOON)
    await api("bob").post(f"/api/v1/conversations/{cast.talks['hush']}/discussion", json={"body": "Few may"})
    await bob.until(lambda: "Few may" in bob.text)
    assert "Few may" not in charlie.text


async def test_a_removal_between_question_and_answer_is_seen(lines, api, cast, monkeypatch) -> None:
    """The answer of before it opens nothing, also while the question of after it takes its time."""
    vault, readable = channel(cast, "vault"), topics.readable
    asked, go_on, asked_again, go_on_again = (asyncio.Event() for _ in range(4))

    async def slowly(session, actor, names):
        found = await readable(session, actor, names)
        if actor.person_id == cast.bob.id:
            first = not asked.is_set()
            (asked if first else asked_again).set()
            await (go_on if first else go_on_again).wait()
        return found

    monkeypatch.setattr(topics, "readable", slowly)
    bob = await lines.program("bob")
    await bob.ask({vault: -1, "channel:999999": -1})
    await asyncio.wait_for(asked.wait(), 10)
    await api("alice").delete(f"/api/v1/channels/{cast.channels['vault']}/members/{cast.bob.id}")
    await asyncio.wait_for(asked_again.wait(), 10)
    go_on.set()
    alice = await lines.program("alice", {vault: -1})
    await post(api, cast, "vault", "Not for Bob")
    await alice.until(lambda: "Not for Bob" in alice.text)
    go_on_again.set()
    await bob.until(lambda: {vault, "channel:999999"} <= bob.refused(), SOON)
    assert bob.events(vault) == []


async def test_who_is_present_is_told_only_to_whom_may_hear_it(lines, api, cast, monkeypatch) -> None:
    """Not even while it is being asked whether they may."""
    vault, readable = channel(cast, "vault"), topics.readable
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(session, actor, names):
        if actor.person_id == cast.charlie.id:
            asked.set()
            await go_on.wait()
        return await readable(session, actor, names)

    monkeypatch.setattr(topics, "readable", slowly)
    charlie, alice = await lines.page("charlie"), await lines.page("alice", {vault: -1})
    await charlie.ask({vault: 0})
    await asyncio.wait_for(asked.wait(), 10)
    await alice.socket.send(json.dumps({"doing": "viewing", "topic": vault}))
    await alice.until(lambda: "presence" in alice.text)
    go_on.set()
    assert await charlie.until(charlie.refused) == {vault}
    assert "presence" not in charlie.text


async def test_a_role_that_is_lost_while_joining_is_seen(lines, app, cast, machine, monkeypatch) -> None:
    limit = app.state.limit

    async def late(kind: str, who: str) -> None:
        """The word about it comes before there is a listener to be told."""
        await limit(kind, who)
        if kind == "socket" and who == str(cast.lea.id) and not done:
            done.append(who)
            async with machine.units.begin() as unit:
                await roles.revoke(unit, cast.lea.id, "customer_lead", by=cast.ida.id, via="page")

    done: list[str] = []
    monkeypatch.setattr(app.state, "limit", late)
    lea = await lines.page("lea", {"customers": -1})
    assert await lea.until_closed(SOON) == 1012
    again = await lines.page("lea", {"customers": 0})
    assert await again.until(again.refused) == {"customers"}


async def test_what_cannot_be_asked_fails_closed(lines, app, cast, machine, monkeypatch) -> None:
    vault = channel(cast, "vault")
    bob = await lines.page("bob", {vault: 0})
    await bob.until(lambda: bob.events(vault))

    async def broken(*_given):
        raise OSError("the database is away")

    monkeypatch.setattr(topics, "readable", broken)
    await machine.bus.publish([Hint("control", 0, "topic.recheck", {"topic": vault, "person_id": None})])
    assert await bob.until_closed(SOON) == 1012


@pytest.mark.parametrize("kind", ["page", "program"])
async def test_a_deactivated_person_is_cut_off(lines, api, cast, machine, kind: str) -> None:
    topic = {channel(cast, "square"): -1}
    bob, alice = await getattr(lines, kind)("bob", topic), await getattr(lines, kind)("alice", topic)
    async with machine.units.begin() as unit:
        await deactivate.deactivate(unit, cast.bob.id, by=cast.ida.id, via="page")
    assert await bob.until_closed(SOON) == 4401
    await post(api, cast, "square", "Still here")
    await alice.until(lambda: "Still here" in alice.text)
    again = await getattr(lines, kind)("bob", topic)
    assert await again.until_closed() == 4401


async def test_signing_out_ends_that_session_only(lines, sign_in, cast, machine) -> None:
    async with machine.units.begin() as unit:
        other = await sessions.create(
            unit, cast.bob.id, method="link", lasting=sessions.lifetime(machine.settings), browser=sessions.Browser()
        )
    here, program = await lines.page("bob", {}), await lines.program("bob", {})
    elsewhere = await lines.page(None, {}, Cookie=f"parley={other.secret}")
    assert (await sign_in("bob").post("/sign-out")).status_code == 303
    assert await here.until_closed(SOON) == 4401
    await elsewhere.ask({"channel:999999": 0})
    await elsewhere.until(elsewhere.refused)
    assert (elsewhere.closed, program.closed) == (None, None)


async def test_a_revoked_token_is_dead(lines, cast, machine) -> None:
    one, two = await lines.program("alice", {}, scope="read"), await lines.program("alice", {})
    async with machine.database.reading() as session:
        mine = select(ApiToken.id).where(ApiToken.name == "read", ApiToken.person_id == cast.alice.id)
        token = (await session.exec(mine)).one()
    async with machine.units.begin() as unit:
        await tokens.revoke(unit, cast.alice.id, token, by=cast.alice.id, via="page")
    assert await one.until_closed(SOON) == 4401
    assert two.closed is None


async def test_other_rights_are_another_socket(lines, cast, machine) -> None:
    """A role that is taken takes what it showed; the socket comes back as the person now is."""
    lea = await lines.page("lea", {"customers": -1})
    alice = await lines.page("alice", {"customers": -1})
    await alice.until(alice.refused)
    async with machine.units.begin() as unit:
        await roles.revoke(unit, cast.lea.id, "customer_lead", by=cast.ida.id, via="page")
    assert await lea.until_closed(SOON) == 1012
    again = await lines.page("lea", {"customers": -1, f"conversation:{cast.talks['hush']}": -1})
    await again.until(lambda: len(again.refused()) == 2)
    assert alice.closed is None


async def test_a_lost_word_is_made_good(lines, app, api, cast, machine) -> None:
    """The rows say it, and nobody told the sockets."""
    topic = {channel(cast, "square"): -1}
    bob, charlie, alice, mo = [await lines.page(name, topic) for name in ("bob", "charlie", "alice", "mo")]
    token = await lines.program("bob", topic)
    async with machine.units.begin() as unit:
        await unit.session.execute(delete(Session).where(col(Session.person_id) == cast.bob.id))
        unit.session.add(RoleGrant(person_id=cast.charlie.id, role="auditor", granted_at=unit.now))
        (await unit.session.get(Session, cast.people["mo"].session_id)).seen_at -= timedelta(days=365)
    await app.state.hub.recheck()
    assert [await bob.until_closed(), await charlie.until_closed(), await mo.until_closed()] == [4401, 1012, 4401]
    await post(api, cast, "square", "Still here")
    for line in (alice, token):
        await line.until(lambda line=line: "Still here" in line.text)
