"""What comes over a socket, live or from the log, is what its reader may read now: not before, not through a cache."""

import asyncio
import json

import pytest

from cast import HERE
from parley.core import eventlog
from parley.core.eventlog import Hint
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


def everything(cast) -> dict[str, int]:
    """Every topic there is, from the beginning."""
    return {
        **{f"channel:{number}": 0 for number in cast.channels.values()},
        **{f"conversation:{number}": 0 for number in cast.talks.values()},
        **{f"person:{someone.id}": 0 for someone in cast.people.values()},
        "customers": 0,
    }


async def settled(line, machine, cast) -> None:
    """Wait until the line has come to the end of every topic it was not refused."""
    async with machine.database.reading() as session:
        last = await eventlog.positions(session, list(everything(cast)))
    for topic, seq in last.items():
        await line.until(
            lambda topic=topic, seq=seq: topic in line.refused() or seq == 0 or any(
                frame["seq"] >= seq for frame in line.events(topic))
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["page", "program"])
async def test_the_whole_log_tells_nobody_what_is_not_theirs(lines, machine, cast, kind: str) -> None:
    for name in HERE:
        line = await getattr(lines, kind)(name, everything(cast))
        await settled(line, machine, cast)
        assert not cast.sung(line.text, name), name
        hears = {topic for topic in everything(cast) if topic not in line.refused()}
        for channel, number in cast.channels.items():
            assert (f"channel:{number}" in hears) is (name in cast.readers[channel]), (name, channel)
        for talk, number in cast.talks.items():
            assert (f"conversation:{number}" in hears) is (name in cast.readers[talk]), (name, talk)
        await line.close()
    alice = await lines.page("alice", everything(cast))
    await settled(alice, machine, cast)
    for word in ("canaryvaultbody", "canarypaircomment", "canaryvalvewordsterrace", "canaryhushdiscussion"):
        assert word in alice.text, "who may read it hears it"


@pytest.mark.parametrize("kind", ["page", "program"])
async def test_a_guest_and_a_narrow_token_hear_nothing_of_customers(lines, api, cast, kind: str) -> None:
    terrace = f"channel:{cast.channels['terrace']}"
    gus, alice = await getattr(lines, kind)("gus", {terrace: -1}), await getattr(lines, kind)("alice", {terrace: -1})
    narrow = await lines.program("alice", {terrace: -1}, scope="read")
    readers = (gus, alice, narrow)
    await asyncio.gather(*(line.ask({"channel:999999": 0}) for line in readers))
    await asyncio.gather(*(line.until(line.refused) for line in readers))
    post, talk = cast.posts["valve-terrace"], cast.talks["valve"]
    await api("bob").post(f"/api/v1/posts/{post}/comments", json={"body": "Inside words"})
    await api("bob").put(f"/api/v1/posts/{post}/reactions/helpful")
    await api("bob").put(f"/api/v1/conversations/{talk}/claim")
    await api("bob").patch(f"/api/v1/posts/{post}", json={"body": "Other words"})
    await api("bob").post(f"/api/v1/channels/{cast.channels['terrace']}/posts", json={"body": "For all"})
    await asyncio.gather(*(line.until(lambda line=line: "For all" in line.text) for line in readers))
    for line in (gus, narrow):
        assert not cast.sung(line.text, "gus")
        assert "Inside words" not in line.text
        assert "Other words" not in line.text
        told = [frame for frame in line.events(terrace) if "For all" not in str(frame)]
        assert all(not frame.get("parts") and not frame.get("data") for frame in told), "only that time goes on"
        seqs = [frame["seq"] for frame in line.events(terrace)]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert "Inside words" in alice.text
    assert "Other words" in alice.text


@pytest.mark.parametrize("kind", ["page", "program"])
async def test_a_restricted_conversation_is_silent_in_the_channels_it_left(
    lines, api, cast, machine, kind: str
) -> None:
    """`hush` stands on the square, too, but is restricted to the channel care."""
    square, care, talk = (
        f"channel:{cast.channels['square']}",
        f"channel:{cast.channels['care']}",
        f"conversation:{cast.talks['hush']}",
    )
    charlie = await getattr(lines, kind)("charlie", {square: -1, "channel:999999": 0})
    bob = await getattr(lines, kind)("bob", {square: -1, talk: -1, care: -1, "channel:999999": 0})
    await asyncio.gather(*(line.until(line.refused) for line in (charlie, bob)))
    post = cast.posts["hush-square"]
    await api("bob").put(f"/api/v1/posts/{post}/reactions/helpful")
    await api("bob").post(f"/api/v1/posts/{post}/comments", json={"body": "Hushed words"})
    await api("bob").patch(f"/api/v1/comments/{cast.comments['hush']}", json={"body": "Hushed again"})
    await api("bob").put(f"/api/v1/conversations/{cast.talks['hush']}/claim")
    await api("bob").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "For all"})
    await asyncio.gather(*(line.until(lambda line=line: "For all" in line.text) for line in (charlie, bob)))
    await bob.until(lambda: "Hushed again" in bob.text)
    assert "Hushed" not in charlie.text
    assert not cast.sung(charlie.text, "charlie")


async def test_what_was_removed_comes_out_of_no_cache(lines, api, cast, machine) -> None:
    square = f"channel:{cast.channels['square']}"
    before = {
        kind: await getattr(lines, kind)("bob", {square: -1, "channel:999999": 0}) for kind in ("page", "program")
    }
    await asyncio.gather(*(line.until(line.refused) for line in before.values()))
    post = (
        await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Regretted"})
    ).json()["id"]
    await asyncio.gather(*(line.until(lambda line=line: "Regretted" in line.text) for line in before.values()))
    await api("alice").delete(f"/api/v1/posts/{post}")
    for kind in before:
        late = await getattr(lines, kind)("bob", {square: 0})
        async with machine.database.reading() as session:
            await late.at(square, (await eventlog.positions(session, [square]))[square])
        assert "Regretted" not in late.text


async def test_what_cannot_be_told_does_not_stop_the_rest(lines, app, api, cast, caplog) -> None:
    square = f"channel:{cast.channels['square']}"
    line = await lines.page("bob", {square: -1, "channel:999999": 0})
    await line.until(line.refused)
    voices, tell = app.state.house.voices.parts, app.state.house.voices.parts["post.published"]

    async def broken(*_given):
        raise ValueError("a mistake of ours")

    voices["post.published"] = broken
    await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Untold"})
    await line.until(lambda: any("reset" in frame for frame in line.heard))
    voices["post.published"] = tell
    await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Told again"})
    await line.until(lambda: "Told again" in line.text)


async def test_events_name_no_channels(lines, machine, cast) -> None:
    """Which channels an event was told in is a list of private channels for whoever hears it in one of them."""
    line = await lines.program("alice", everything(cast))
    await settled(line, machine, cast)
    assert "channel_ids" not in str(
        [{**frame["data"], "conversation": None} for frame in line.heard if frame.get("data")]
    )


async def test_presence_is_told_to_those_who_hear_the_topic(lines, cast, machine) -> None:
    talk = f"conversation:{cast.talks['hush']}"
    bob, lea, charlie = (
        await lines.page("bob", {talk: -1}),
        await lines.page("lea", {talk: -1}),
        await lines.page("charlie", {talk: -1}),
    )
    await charlie.until(charlie.refused)
    await bob.socket.send(json.dumps({"doing": "replying", "topic": talk}))
    await charlie.socket.send(json.dumps({"doing": "viewing", "topic": talk}))
    told = await lea.until(lambda: [frame["presence"] for frame in lea.heard if "presence" in frame])
    assert [(person["name"], person["doing"]) for person in told[0]["people"]] == [("Bob Example", "replying")]
    assert not any("presence" in frame for frame in charlie.heard)
    await bob.close()
    await lea.until(lambda: [frame for frame in lea.heard if frame.get("presence", {}).get("people") == []])
    await machine.bus.publish([Hint(talk, 0, "presence", {"person_id": 1, "name": "X", "doing": ""})])
