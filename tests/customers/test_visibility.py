"""One rule everywhere: who may read a conversation, and that nobody else learns a word of it, not even that it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from customers.desk import Desk, mail
from customers.web import browser, open_house, program
from parley.channels.unread import unread
from parley.core.eventlog import Hint
from parley.core.settings import Settings
from parley.customers import live
from parley.customers.queries import contacts, counts, finding, lists, streams
from parley.customers.service import conversations, surfacing
from parley.kit.errors import Conflict, Forbidden, NotFound
from parley.models.channels import Channel, Membership
from parley.models.customers import Contact, Conversation, Message, RawDelivery, Reply, Surfacing, Watch
from parley.models.posts import Post
from parley.policy import customers as policy
from parley.policy import posts as post_policy
from parley.policy.actor import Actor
from parley.posts.service import publishing
from parley.web.rendering import Renderer

CANARY = "quetzalcanary"


@pytest.fixture
async def secret(desk: Desk) -> int:
    """A conversation in the private channel, full of the canary's name."""
    came = await desk.receive(
        mail(
            f"The {CANARY} drips.",
            subject=f"{CANARY} valve",
            sender=f"{CANARY.title()} <{CANARY}@example.org>",
            files=((f"{CANARY}.txt", b"x"),),
        )
    )
    await desk.answer(desk.bob, came.conversation_id, f"Answer to {CANARY}.")
    await desk.work()
    return came.conversation_id


async def surface(desk: Desk, actor: Actor, conversation_id: int, channel_id: int) -> None:
    async with desk.machine.units.begin() as unit:
        await surfacing.surface(unit, actor, conversation_id, channel_id)


async def reads(desk: Desk, actor: Actor, conversation_id: int) -> bool:
    async with desk.machine.database.reading() as session:
        found = await session.execute(policy.readable(actor).where(Conversation.id == conversation_id))
        return found.first() is not None


async def test_who_reads_a_conversation(desk: Desk, secret: int) -> None:
    assert [await reads(desk, actor, secret) for actor in (desk.alice, desk.bob, desk.charlie, desk.gina)] == [
        True,
        True,
        False,
        False,
    ]
    await surface(desk, desk.bob, secret, desk.plumbing)
    assert await reads(desk, desk.charlie, secret), "an open channel is read by every colleague"
    assert not await reads(desk, desk.gina, secret), "and never by guests"


async def test_an_earlier_place_does_not_come_back_beside_the_present_one(desk: Desk, secret: int) -> None:
    """It would go on showing the discussion after the place that stands is removed."""
    posts = []
    for _ in range(2):
        async with desk.machine.units.begin() as unit:
            made, _ = await surfacing.surface(unit, desk.bob, secret, desk.plumbing)
            posts.append(made.post_id)
        async with desk.machine.units.begin() as unit:
            await publishing.remove(unit, desk.bob, posts[-1])
    with pytest.raises(Conflict):
        async with desk.machine.units.begin() as unit:
            await publishing.restore(unit, desk.bob, posts[0])
    assert not await reads(desk, desk.charlie, secret)
    async with desk.machine.units.begin() as unit:
        await publishing.restore(unit, desk.bob, posts[1])
    assert await reads(desk, desk.charlie, secret)


async def test_asking_for_a_channel_tells_nobody_what_stands_in_a_hidden_one(desk: Desk, secret: int) -> None:
    """Charlie reads the conversation as its assignee; that there is a private channel is not theirs to know."""
    async with desk.machine.units.begin() as unit:
        await conversations.assign(unit, desk.alice, secret, desk.charlie.person_id)
    async with desk.machine.database.reading() as session:
        for actor, there in ((desk.bob, 1), (desk.charlie, 0)):
            wanted = finding.Wanted(channel_id=desk.care)
            assert len((await finding.found(session, actor, wanted, None, 9)).items) == there
            assert len((await lists.rows_of(session, actor, "waiting", desk.care, None, 9)).items) == there
            assert (await counts.of_lists(session, actor, desk.care))["waiting"] == there
        assert (await counts.of_lists(session, desk.charlie, None))["mine"] == 1


@pytest.mark.parametrize("way", ["watch", "assign"])
async def test_watchers_and_the_assignee_read_it(desk: Desk, secret: int, way: str) -> None:
    async with desk.machine.units.begin() as unit:
        if way == "watch":
            unit.session.add(Watch(conversation_id=secret, person_id=desk.charlie.person_id, since=unit.now))
        else:
            await conversations.assign(unit, desk.alice, secret, desk.charlie.person_id)
    assert await reads(desk, desk.charlie, secret)
    async with desk.machine.units.begin() as unit:
        if way == "watch":
            await conversations.watch(unit, desk.charlie, secret, on=False)
        else:
            await conversations.assign(unit, desk.alice, secret, None)
    assert not await reads(desk, desk.charlie, secret)


async def test_restricting_narrows_to_the_owning_channel_and_lifting_widens_again(desk: Desk, secret: int) -> None:
    await surface(desk, desk.bob, secret, desk.plumbing)
    async with desk.machine.units.begin() as unit:
        await conversations.restrict(unit, desk.alice, secret, on=True)
    assert [await reads(desk, actor, secret) for actor in (desk.bob, desk.charlie)] == [True, False]
    async with desk.machine.database.reading() as session:
        posts = (await session.execute(post_policy.readable(desk.charlie).where(Post.kind == "conversation"))).all()
        assert posts == []
        assert (await unread(session, desk.charlie))[0].count == 0
    async with desk.machine.units.begin() as unit:
        other = Channel(name="garden", name_norm="garden", kind="open", created_at=unit.now)
        unit.session.add(other)
        await unit.session.flush()
        unit.session.add(Membership(channel_id=other.id, person_id=desk.bob.person_id, since=unit.now))
    with pytest.raises(surfacing.Restricted):
        await surface(desk, desk.bob, secret, other.id)
    async with desk.machine.units.begin() as unit:
        await conversations.restrict(unit, desk.alice, secret, on=False)
    assert await reads(desk, desk.charlie, secret)


async def test_who_took_it_on_restricts_it_only_in_its_own_channel(desk: Desk, secret: int) -> None:
    """Charlie reads it in plumbing and may take it on; that gives no right to shut the others of plumbing out."""
    await surface(desk, desk.bob, secret, desk.plumbing)
    for actor, may in ((desk.bob, True), (desk.charlie, False)):
        async with desk.machine.units.begin() as unit:
            await conversations.assign(unit, actor, secret, actor.person_id)
        for on in (True, False):
            if may:
                async with desk.machine.units.begin() as unit:
                    await conversations.restrict(unit, actor, secret, on=on)
            else:
                with pytest.raises(Forbidden, match="Only customer leads"):
                    async with desk.machine.units.begin() as unit:
                        await conversations.restrict(unit, actor, secret, on=on)
            assert (await desk.conversation(secret)).restricted is (on if may else False)


async def test_no_list_count_or_preview_knows_more_than_its_reader(desk: Desk, secret: int) -> None:
    contact = (await desk.all(Contact))[0].id
    await desk.receive(mail(f"Again the {CANARY}.", sender="other@example.org"))
    for actor, expected in ((desk.bob, 2), (desk.charlie, 0)):
        async with desk.machine.database.reading() as session:
            every = await finding.found(session, actor, finding.Wanted(), None, 50)
            assert len(every.items) == expected
            queue = await lists.queue(session, actor, "all")
            assert len(queue.rows) == expected
            assert (queue.waiting, len(queue.channels)) == (expected and 1, expected and 1)
            assert await counts.unclaimed_and_late(session, actor) == (expected and 1, 0)
            tried = await streams.preview(session, actor, desk.source, CANARY)
            assert (tried.looked_at, tried.taken) == (expected, expected)
            assert len((await contacts.listed(session, actor, CANARY, None, 50)).items) == (expected and 1)
            if expected:
                page = await contacts.page(session, actor, contact)
                assert (len(page.conversations), len(page.files), len(page.answered_by)) == (1, 1, 1)
            else:
                with pytest.raises(NotFound):
                    await contacts.page(session, actor, contact)


async def test_a_contact_shows_only_the_conversations_that_the_reader_may_read(desk: Desk, secret: int) -> None:
    public = await desk.receive(mail("Open words.", sender=f"{CANARY}@example.org", subject="Open"))
    await surface(desk, desk.bob, public.conversation_id, desk.plumbing)
    contact = (await desk.all(Contact))[0].id
    async with desk.machine.database.reading() as session:
        theirs = await contacts.page(session, desk.charlie, contact)
        ours = await contacts.page(session, desk.bob, contact)
    assert ([each.id for each in theirs.conversations], theirs.files, theirs.answered_by) == (
        [public.conversation_id],
        [],
        [],
    )
    assert len(ours.conversations) == 2


async def test_the_effect_of_surfacing_is_said_exactly(desk: Desk, secret: int) -> None:
    async with desk.machine.database.reading() as session:
        before = await surfacing.effect(session, desk.bob, secret, desk.plumbing)
        with pytest.raises(NotFound):
            await surfacing.effect(session, desk.charlie, secret, desk.plumbing)
        with pytest.raises(NotFound):
            await surfacing.effect(session, desk.alice, secret, 999)
    assert (before.more_readers, before.comments, before.already) == (1, 0, False), "Charlie; Gina is a guest"
    await surface(desk, desk.bob, secret, desk.plumbing)
    async with desk.machine.database.reading() as session:
        after = await surfacing.effect(session, desk.bob, secret, desk.plumbing)
    assert (after.more_readers, after.already) == (0, True)


async def test_what_a_channel_is_told_ends_with_its_right_to_read(desk: Desk, secret: int) -> None:
    await surface(desk, desk.bob, secret, desk.plumbing)
    renderer = Renderer(desk.machine.settings)
    hint = Hint(
        f"channel:{desk.plumbing}",
        1,
        "conversation.changed",
        {"conversation_id": secret, "what": "watched", "act_id": None},
    )

    async def told() -> str:
        async with desk.machine.database.reading() as session:
            parts = await live.parts(session, renderer, "en", hint)
            data = await live.data(session, hint)
        return "".join(part.html + part.how for part in parts) + str(data)

    assert CANARY in await told()
    async with desk.machine.units.begin() as unit:
        await conversations.restrict(unit, desk.alice, secret, on=True)
    assert CANARY not in await told()
    assert "remove" in await told()
    async with desk.machine.database.reading() as session:
        topics = {hint.topic for hint in (await _events(session, secret))}
    assert f"channel:{desk.care}" in topics


async def _events(session, conversation_id: int) -> list:
    from parley.core.eventlog import event_table

    rows = (await session.execute(select(event_table).order_by(event_table.c.at))).all()
    return [row for row in rows if row.data.get("conversation_id") == conversation_id]


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[FastAPI, Desk]]:
    async with open_house(settings, tmp_path) as opened:
        yield opened


async def test_no_route_answers_an_outsider_and_every_route_answers_somebody(house: tuple[FastAPI, Desk]) -> None:
    app, desk = house
    came = await desk.receive(
        mail(
            f"The {CANARY} drips.",
            subject=CANARY,
            sender=f"{CANARY}@example.org",
            files=((f"{CANARY}.txt", CANARY.encode()),),
        )
    )
    await desk.answer(desk.bob, came.conversation_id, f"Answer to {CANARY}.")
    await desk.work()
    await desk.claim(desk.bob, came.conversation_id)
    number, contact, reply = came.conversation_id, (await desk.all(Contact))[0].id, (await desk.all(Reply))[0].id
    reads_of = [
        "/customers?list=all",
        f"/conversations/{number}",
        *(f"/conversations/{number}?tab={tab}" for tab in ("contact", "history")),
        f"/conversations/{number}/older",
        f"/conversations/{number}/discussion",
        f"/conversations/{number}/assign",
        f"/conversations/{number}/surface",
        f"/contacts/{contact}",
        f"/messages/{came.id}/raw",
        f"/messages/{came.id}/whole",
        f"/messages/{came.id}/files/1/x",
        f"/replies/{reply}/files/1/x",
    ]
    writes = [
        (f"/conversations/{number}/{verb}", {})
        for verb in ("claim", "state", "watch", "restrict", "assign", "discussion", "replies", "surfacings")
    ]
    writes += [(f"/replies/{reply}/{verb}", {"it": "went_out"}) for verb in ("undo", "retry", "resolution", "discard")]
    writes += [(f"/contacts/{contact}", {"name": "Mine now"})]
    programs = [
        "/conversations",
        f"/conversations/{number}",
        f"/conversations/{number}/messages",
        f"/conversations/{number}/discussion",
        f"/conversations/{number}/replies",
        f"/replies/{reply}",
        "/contacts",
        f"/contacts/{contact}",
        f"/messages/{came.id}/raw",
        f"/messages/{came.id}/files/1",
        f"/conversations/{number}/surfacings/effect?channel_id={desk.plumbing}",
    ]
    before = [await desk.count(model) for model in (Message, Reply, RawDelivery, Surfacing)]
    for actor in (desk.charlie, desk.gina):
        async with await browser(app, desk, actor) as outside, await program(app, desk, actor) as machine:
            for path in reads_of:
                answer = await outside.get(path)
                assert CANARY not in answer.text, (actor.handle, path)
                assert answer.status_code in ({200, 404} if path.startswith("/customers") else {404}), (
                    actor.handle,
                    path,
                )
            for path, data in writes:
                answer = await outside.post(
                    path,
                    data={"on": "1", "state": "spam", "body": "x", "channel_id": str(desk.plumbing)} | data,
                    headers={"HX-Request": "true"},
                )
                assert (answer.status_code, CANARY in answer.text) == (404, False), (actor.handle, path)
            for path in programs:
                answer = await machine.get(f"/api/v1{path}")
                assert CANARY not in answer.text, (actor.handle, path)
                assert answer.status_code == (200 if path in {"/conversations", "/contacts"} else 404), (
                    actor.handle,
                    path,
                )
                assert answer.json().get("items", []) == []
    assert [await desk.count(model) for model in (Message, Reply, RawDelivery, Surfacing)] == before
    assert (await desk.conversation(number)).state == "open"
    async with await browser(app, desk, desk.bob) as inside, await program(app, desk, desk.bob) as machine:
        for path in reads_of[:-1]:
            assert (await inside.get(path)).status_code == 200, path
        for path in programs:
            answer = await machine.get(f"/api/v1{path}")
            assert answer.status_code == 200, path
            assert CANARY in answer.text or path.endswith(("discussion", f"channel_id={desk.plumbing}")), path


async def test_a_token_needs_the_scope_of_customers(house: tuple[FastAPI, Desk]) -> None:
    app, desk = house
    number = (await desk.receive(mail())).conversation_id
    async with await program(app, desk, desk.alice, "read", "write") as without:
        for method, path in (
            ("GET", "/conversations"),
            ("GET", f"/conversations/{number}"),
            ("PUT", f"/conversations/{number}/claim"),
            ("GET", "/contacts"),
            ("POST", "/conversations"),
        ):
            answer = await without.request(method, f"/api/v1{path}", json={} if method != "GET" else None)
            assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), path
    async with await program(app, desk, desk.alice, "customers:read") as reader:
        assert (await reader.get(f"/api/v1/conversations/{number}")).status_code == 200
        assert (await reader.put(f"/api/v1/conversations/{number}/claim")).status_code == 403
    async with await program(app, desk, desk.alice, "customers:write") as writer:
        assert (await writer.put(f"/api/v1/conversations/{number}/claim")).status_code == 200
