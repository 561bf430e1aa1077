"""Streams and surfacings: what a channel hears, once, and what a colleague shows it."""

import asyncio
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.desk import Desk, mail, make_source
from parley.customers.service import conversations, streams, surfacing
from parley.customers.service.matching import matches, phrases
from parley.kit.errors import Conflict, Forbidden, Invalid, NotFound
from parley.models.customers import ConversationAct, Stream, Surfacing
from parley.models.posts import Post
from parley.posts.service import publishing
from parley.posts.service.words import OtherContent, prepare


@pytest.mark.parametrize(
    ("words", "text", "taken"),
    [
        ("", "anything", True),
        ("boiler", "My BOILER is cold.", True),
        ("boiler", "boilers", False),
        ("boiler valve", "a valve", True),
        ('"hot water"', "no hot, water", True),
        ('"hot water"', "water hot", False),
        ("straße", "STRASSE", True),
        ("a_b%", "anything", False),
        ("c++", "I like c", True),
    ],
)
def test_words_are_whole_words(words: str, text: str, taken: bool) -> None:
    assert matches(words, text) is taken


@given(st.text(max_size=200), st.text(max_size=500))
def test_any_words_and_any_text_end_in_yes_or_no(words: str, text: str) -> None:
    assert matches(words, text) in {True, False}
    assert all(phrases(words))


async def add(desk: Desk, actor, channel_id: int, words: str = "", source: int | None = None) -> Stream:
    async with desk.machine.units.begin() as unit:
        return await streams.add(unit, actor, channel_id, source or desk.source, words)


async def test_a_stream_takes_what_has_its_words_whenever_they_come(desk: Desk) -> None:
    await add(desk, desk.charlie, desk.plumbing, 'valve "hot water"')
    other = await desk.receive(mail("Paint please.", subject="Paint", sender="el@example.org"))
    assert {row.channel_id for row in await desk.all(Surfacing)} == {desk.care}
    await desk.receive(mail("And no hot water.", sender="el@example.org", reply_to=other.external_id))
    rows = [(row.conversation_id, row.channel_id) for row in await desk.all(Surfacing)]
    assert rows == [(other.conversation_id, desk.care), (other.conversation_id, desk.plumbing)]
    await desk.receive(mail("Hot water, I said.", sender="el@example.org", reply_to=other.external_id))
    assert await desk.count(Surfacing) == 2, "once a channel"
    assert (await desk.conversation(other.conversation_id)).channel_id == desk.care, (
        "the first stream's channel owns it"
    )


async def test_a_stream_hears_its_own_source_only_and_nothing_restricted(desk: Desk) -> None:
    press = await make_source(desk, "Press", "press@fernhill.example")
    await add(desk, desk.charlie, desk.plumbing)
    await desk.receive(mail("A question.", to="press@fernhill.example"), source=press)
    assert await desk.count(Surfacing) == 0
    first = await desk.receive(mail())
    assert await desk.count(Surfacing) == 2
    async with desk.machine.units.begin() as unit:
        await conversations.restrict(unit, desk.alice, first.conversation_id, on=True)
    async with desk.machine.units.begin() as unit:
        await streams.add(unit, desk.alice, desk.care, desk.source, "secret")
    await desk.receive(mail("A secret.", reply_to=first.external_id))
    assert await desk.count(Surfacing) == 2


async def test_who_may_let_a_channel_listen(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        await add(desk, desk.bob, desk.plumbing)
    with pytest.raises(NotFound):
        await add(desk, desk.charlie, desk.care)
    with pytest.raises(Forbidden):
        await add(desk, desk.gina, desk.care)
    stream = await add(desk, desk.charlie, desk.plumbing)
    with pytest.raises(Conflict):
        await add(desk, desk.alice, desk.plumbing)
    for words in ("x" * 501, "?! --"):
        with pytest.raises(Invalid):
            await add(desk, desk.charlie, desk.plumbing, words)
    with pytest.raises(Invalid):
        await add(desk, desk.charlie, desk.plumbing, source=999)
    async with desk.machine.units.begin() as unit:
        await streams.remove(unit, desk.charlie, stream.id)
    await desk.receive(mail())
    assert {row.channel_id for row in await desk.all(Surfacing)} == {desk.care}


async def test_twenty_surfacings_at_once_are_one_place(desk: Desk) -> None:
    first = await desk.receive(mail())

    async def surface() -> bool:
        async with desk.machine.units.begin() as unit:
            return (await surfacing.surface(unit, desk.bob, first.conversation_id, desk.plumbing))[1]

    assert sum(await asyncio.gather(*(surface() for _ in range(20)))) == 1
    assert await desk.count(Surfacing) == await desk.count(Post) == 2
    acts = [act for act in await desk.all(ConversationAct) if act.kind == "surfaced"]
    assert [act.detail["channel_id"] for act in acts] == [desk.plumbing]


async def test_a_colleagues_own_words_stand_with_it_and_the_same_id_is_the_same(desk: Desk) -> None:
    first = await desk.receive(mail())
    client = str(uuid4())

    async def surface(body: str) -> tuple[Surfacing, bool]:
        words = prepare(body, required=False)
        async with desk.machine.units.begin() as unit:
            return await surfacing.surface(unit, desk.bob, first.conversation_id, desk.plumbing, words, client)

    made, new = await surface("Who knows **valves**?")
    post = await desk.get(Post, made.post_id)
    assert (new, post.author_id, post.body_html) == (
        True,
        desk.bob.person_id,
        '<p dir="auto">Who knows <strong>valves</strong>?</p>',
    )
    assert (await surface("Who knows **valves**?"))[1] is False
    with pytest.raises(OtherContent):
        await surface("Something else")


async def test_where_one_may_not_post_one_surfaces_nothing(desk: Desk) -> None:
    first = await desk.receive(mail())
    for channel, refusal in ((desk.plumbing, Forbidden), (999, NotFound)):
        with pytest.raises(refusal):
            async with desk.machine.units.begin() as unit:
                await surfacing.surface(unit, desk.alice, first.conversation_id, channel)
    assert await desk.count(Surfacing) == 1


async def test_while_its_post_is_removed_a_channel_does_not_read_it(desk: Desk) -> None:
    first = await desk.receive(mail())
    async with desk.machine.units.begin() as unit:
        made, _ = await surfacing.surface(unit, desk.bob, first.conversation_id, desk.plumbing)
    async with desk.machine.units.begin() as unit:
        await publishing.remove(unit, desk.bob, made.post_id)
    with pytest.raises(NotFound):
        await desk.claim(desk.charlie, first.conversation_id)
    async with desk.machine.units.begin() as unit:
        await publishing.restore(unit, desk.bob, made.post_id)
    await desk.claim(desk.charlie, first.conversation_id)
