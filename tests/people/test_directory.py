"""The directory and the profile: who works here, seen by colleagues and by guests."""

import pytest
from sqlalchemy import update
from sqlmodel import col

from parley.identity.service import accounts, roles
from parley.identity.service.deactivate import deactivate
from parley.models.channels import Channel, Membership
from parley.models.customers import Contact, ContactIdentity, Conversation, Source, Surfacing
from parley.models.identity import Person
from parley.models.people import Profile
from parley.models.posts import Comment, Post, Reaction, Thread
from parley.people import service
from parley.people.service import ProfileChange


async def tell(machine, person_id, **about):
    wanted = service.checked(ProfileChange(**about))
    async with machine.units.begin() as unit:
        await service.change_profile(unit, person_id, wanted, by=person_id, via="page")


async def channel(machine, kind, *members):
    async with machine.units.begin() as unit:
        row = Channel(name=f"{kind}-room", kind=kind, created_at=unit.now)
        unit.session.add(row)
        await unit.session.flush()
        for person_id in members:
            unit.session.add(Membership(channel_id=row.id, person_id=person_id, since=unit.now))
    return row.id


@pytest.fixture
async def guest(machine, company):
    async with machine.units.begin() as unit:
        person = await accounts.create_person(
            unit, email="gwen@example.org", name="Gwen Guest", by=None, via="command", roles=["guest"]
        )
    return person.id


async def test_found_by_what_stands_on_the_profile(sign_in, machine, company):
    await tell(
        machine, company.charlie, title="Plumber", team="Plumbing", place="Córk", ask_me_about=["Joints", "Café chairs"]
    )
    await tell(machine, company.bob, title="Painter", team="Paint", place="Leeds")
    alice = await sign_in(company.alice)

    async def names(**query):
        return [row["handle"] for row in (await alice.get("/api/v1/people", params=query)).json()["items"]]

    assert await names() == ["alice", "bob", "charlie"]
    for q in ("plumb", "JOINTS", "Córk", "cole", "@charlie"[1:], "charlie plumber", "café"):
        assert await names(q=q) == ["charlie"], q
    for q in ("%", "_", "plumber painter", "<script>"):
        assert await names(q=q) == [], q
    assert await names(place="Leeds") == ["bob"]
    page = (await alice.get("/people?q=joints")).text
    assert "Charlie Cole" in page
    assert ">Bob Brook</a>" not in page
    team = page.split(">Plumbing</option>")[0].rsplit('value="', 1)[1].split('"')[0]
    assert ">Charlie Cole</a>" in (await alice.get(f"/people?team={team}")).text
    assert (await alice.get("/people?team=x")).status_code == 422


async def test_the_list_goes_on_by_name_without_gap(sign_in, machine, company):
    async with machine.units.begin() as unit:
        for number in range(7):
            await accounts.create_person(
                unit, email=f"twin{number}@example.org", name="Twin Same", by=None, via="command"
            )
    alice = await sign_in(company.alice)
    found, cursor = [], None
    while True:
        part = (await alice.get("/api/v1/people", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
        found += [row["id"] for row in part["items"]]
        cursor = part["next"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == 10
    for wrong in ("x", "W10", "WyJhIiwiYiJd"):
        assert (await alice.get("/api/v1/people", params={"cursor": wrong})).status_code == 422


async def test_leavers_are_not_in_the_directory_but_their_page_says_so(sign_in, machine, company):
    async with machine.units.begin() as unit:
        await deactivate(unit, company.charlie, by=company.alice, via="page")
    bob = await sign_in(company.bob)
    assert "Charlie Cole" not in (await bob.get("/people")).text
    page = await bob.get("/people/charlie")
    assert page.status_code == 200
    assert "No longer here" in page.text


async def test_a_number_leads_to_the_handle_and_unknown_is_unknown(sign_in, company):
    bob = await sign_in(company.bob)
    answer = await bob.get(f"/people/{company.charlie}")
    assert (answer.status_code, answer.headers["location"]) == (301, "/people/charlie")
    for unknown in ("nobody", "999999", "99999999999999999999"):
        assert (await bob.get(f"/people/{unknown}")).status_code == 404


async def test_a_guest_sees_those_they_share_a_channel_with_and_nobody_else(sign_in, machine, company, guest):
    await channel(machine, "private", guest, company.charlie)
    gwen = await sign_in(guest)
    rows = (await gwen.get("/api/v1/people")).json()["items"]
    assert [row["handle"] for row in rows] == ["charlie", "gwen"]
    page = (await gwen.get("/people")).text
    assert "2 colleagues" in page
    assert "Bob Brook" not in page
    assert (await gwen.get("/people/charlie")).status_code == 200
    hidden, unknown = await gwen.get("/people/bob"), await gwen.get("/people/nobody")
    assert (hidden.status_code, hidden.text) == (unknown.status_code, unknown.text)
    for path in (f"/api/v1/people/{company.bob}", "/api/v1/people/999999", f"/people/{company.bob}"):
        assert (await gwen.get(path)).status_code == 404
    assert (await (await sign_in(company.charlie)).get("/people/bob")).status_code == 200


async def test_a_profile_names_only_channels_the_reader_may_see(sign_in, machine, company):
    await channel(machine, "open", company.charlie)
    await channel(machine, "private", company.charlie, company.alice)
    assert "#private-room" in (await (await sign_in(company.alice)).get("/people/charlie")).text
    page = (await (await sign_in(company.bob)).get("/people/charlie")).text
    assert "#open-room" in page
    assert "private-room" not in page


async def helpful(machine, author, by, channel_id, title):
    async with machine.units.begin() as unit:
        thread = Thread()
        unit.session.add(thread)
        await unit.session.flush()
        number = 1
        unit.session.add(
            Post(
                channel_id=channel_id,
                number=number,
                thread_id=thread.id,
                author_id=by,
                title=title,
                body="?",
                published_at=unit.now,
            )
        )
        comment = Comment(
            thread_id=thread.id, author_id=author, body=f"The answer to {title}", body_html="", created_at=unit.now
        )
        unit.session.add(comment)
        await unit.session.flush()
        unit.session.add(Reaction(comment_id=comment.id, person_id=by, emoji="helpful", created_at=unit.now))


async def test_helpful_answers_are_those_the_reader_may_read(sign_in, machine, company):
    opened = await channel(machine, "open", company.charlie)
    hidden = await channel(machine, "private", company.charlie, company.alice)
    await helpful(machine, company.charlie, company.alice, opened, "a joint")
    await helpful(machine, company.charlie, company.alice, hidden, "a canary")
    page = (await (await sign_in(company.alice)).get("/people/charlie")).text
    assert "a joint" in page
    assert "a canary" in page
    page = (await (await sign_in(company.bob)).get("/people/charlie")).text
    assert "a joint" in page
    assert "canary" not in page


async def test_a_helpful_word_about_a_customer_is_named_by_the_subject_for_those_who_read_it(sign_in, machine, company):
    opened = await channel(machine, "open", company.charlie, company.alice)
    owning = await channel(machine, "private", company.charlie, company.alice)
    async with machine.units.begin() as unit:
        source = Source(
            kind="email", name="Care", address="c@parley.test", address_norm="c@parley.test", created_at=unit.now
        )
        contact, thread = Contact(name="Rosa", created_at=unit.now), Thread()
        unit.session.add_all([source, contact, thread])
        await unit.session.flush()
        identity = ContactIdentity(
            contact_id=contact.id,
            network="email",
            address="r@example.org",
            address_norm="r@example.org",
            first_seen_at=unit.now,
        )
        unit.session.add(identity)
        await unit.session.flush()
        conversation = Conversation(
            source_id=source.id,
            identity_id=identity.id,
            thread_id=thread.id,
            subject="A canary leaks",
            created_at=unit.now,
            last_message_at=unit.now,
        )
        posts = [
            Post(channel_id=place, number=1, kind="conversation", thread_id=thread.id, published_at=unit.now)
            for place in (opened, owning)
        ]
        unit.session.add_all([conversation, *posts])
        await unit.session.flush()
        comment = Comment(
            thread_id=thread.id, author_id=company.charlie, body="Tighten it", body_html="", created_at=unit.now
        )
        unit.session.add(comment)
        for post in posts:
            unit.session.add(
                Surfacing(
                    conversation_id=conversation.id, channel_id=post.channel_id, post_id=post.id, surfaced_at=unit.now
                )
            )
        await unit.session.flush()
        for person_id in (company.alice, company.bob):
            unit.session.add(Reaction(comment_id=comment.id, person_id=person_id, emoji="helpful", created_at=unit.now))
        conversation.restricted = True
        conversation.channel_id = owning
    page = (await (await sign_in(company.alice)).get("/people/charlie")).text
    assert "A canary leaks" in page
    assert "2 found it helpful" in page
    page = (await (await sign_in(company.bob)).get("/people/charlie")).text
    assert "canary" not in page
    assert "Tighten it" not in page


async def test_the_organisation_stands_on_the_page(sign_in, machine, company):
    async with machine.units.begin() as unit:
        await unit.session.execute(
            update(Profile).where(col(Profile.person_id) == company.charlie).values(manager_id=company.bob)
        )
        await unit.session.execute(
            update(Person).where(col(Person.id) == company.charlie).values(time_zone="Europe/Dublin")
        )
    bob = await sign_in(company.bob)
    page = (await bob.get("/people/charlie")).text
    assert 'href="/people/bob"' in page
    assert "Dublin" in page
    assert 'href="/people/charlie"' in (await bob.get("/people/bob")).text


async def test_roles_are_seen_by_their_owner_and_it(sign_in, machine, company):
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.charlie, ["auditor"], by=company.alice, via="page")
    path = f"/api/v1/people/{company.charlie}"
    assert (await (await sign_in(company.charlie)).get(path)).json()["roles"] == ["auditor"]
    assert (await (await sign_in(company.bob)).get(path)).json()["roles"] == ["auditor"]
    async with machine.units.begin() as unit:
        dana = await accounts.create_person(unit, email="dana@example.org", name="Dana", by=None, via="command")
    assert (await (await sign_in(dana.id)).get(path)).json()["roles"] is None
