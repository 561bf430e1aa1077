"""What a person says about themselves, on the page and by the API; what is not theirs to set stays."""

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from identity.helpers import Browsing, open_session
from parley.identity.service import tokens
from parley.models.admin import AuditRow
from parley.models.identity import Person, RoleGrant, Session
from parley.models.people import Profile, Team
from parley.models.posts import File

GOOD = {
    "name": "Charlie Cole",
    "title": "Plumber",
    "team": "Plumbing",
    "pronouns": "he / him",
    "place": "Cork",
    "phone": "+353 1",
    "hours": "9 to 5",
    "status": "In the aisle",
    "languages": "English, Irish",
    "knows": "joints, valves",
    "about": "I **like** water.",
}


async def count(machine, table, *where):
    async with machine.database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def profile(machine, person_id):
    async with machine.database.reading() as session:
        return await session.get_one(Profile, person_id)


async def test_the_form_keeps_everything_with_one_row_and_one_event(sign_in, machine, company, heard):
    charlie = await sign_in(company.charlie)
    assert (await charlie.post("/settings/profile", data=GOOD)).status_code == 303
    kept = await profile(machine, company.charlie)
    assert (kept.title, kept.place, kept.languages, kept.ask_me_about) == (
        "Plumber",
        "Cork",
        ["English", "Irish"],
        ["joints", "valves"],
    )
    assert await count(machine, AuditRow, col(AuditRow.event) == "profile.changed") == 1
    topics = [hint.topic for hint in heard if hint.name == "person.changed"]
    assert topics == ["people", f"person:{company.charlie}"]
    page = (await charlie.get("/people/charlie")).text
    for words in ("Plumber", "Cork", "In the aisle", "joints", "<strong>like</strong>", "+353 1"):
        assert words in page
    form = (await charlie.get("/settings/profile")).text
    for words in ("Plumber", "Plumbing", "English, Irish", "joints, valves", "I **like** water."):
        assert words in form
    assert (await charlie.post("/settings/profile", data=GOOD)).status_code == 303
    assert await count(machine, AuditRow, col(AuditRow.event) == "profile.changed") == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "A name has 1 to 120 characters."),
        ({"title": "x" * 121}, "This is too long."),
        ({"about": "x" * 2001}, "This is too long."),
        ({"knows": ",".join(f"topic {n}" for n in range(21))}, "too many"),
        ({"team": "x" * 81}, "This is too long."),
        ({"languages": "x" * 41}, "too many"),
    ],
)
async def test_what_does_not_hold_comes_back_with_words_and_nothing_is_lost(sign_in, machine, company, wrong, words):
    charlie = await sign_in(company.charlie)
    answer = await charlie.post("/settings/profile", data={**GOOD, **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    assert "+353 1" in answer.text
    assert (await profile(machine, company.charlie)).phone == ""
    assert (await charlie.post("/settings/profile", data=GOOD)).status_code == 303


async def test_a_team_is_one_in_any_case(sign_in, machine, company):
    charlie, bob = await sign_in(company.charlie), await sign_in(company.bob)
    await charlie.post("/settings/profile", data={**GOOD, "team": "Plumbing"})
    await bob.post("/settings/profile", data={**GOOD, "name": "Bob", "team": "PLUMBING"})
    assert await count(machine, Team) == 1
    await charlie.post("/settings/profile", data={**GOOD, "team": ""})
    assert (await profile(machine, company.charlie)).team_id is None


@pytest.mark.parametrize("about", ["<script>alert(1)</script>", "[x](javascript:alert(1))", '<img src=x onerror="x">'])
async def test_hostile_words_stay_words(sign_in, company, about):
    charlie = await sign_in(company.charlie)
    assert (
        await charlie.post("/settings/profile", data={**GOOD, "about": about, "status": about[:120]})
    ).status_code == 303
    page = (await charlie.get("/people/charlie")).text
    for evil in ("<script>alert", "<img src=x", 'href="javascript:'):
        assert evil not in page


# the API


async def test_me(sign_in, machine, app, company):
    mine = (await (await sign_in(company.bob)).get("/api/v1/me")).json()
    assert (mine["person"]["email"], mine["roles"], mine["scopes"]) == ("bob@example.org", ["it_admin"], None)
    answer = await Browsing(app).get("/api/v1/me")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_one_changes_ones_own_profile_only(sign_in, machine, company):
    charlie, bob = await sign_in(company.charlie), await sign_in(company.bob)
    path = f"/api/v1/people/{company.charlie}"
    assert (await charlie.patch(path, json={"title": "Plumber", "ask_me_about": ["joints"]})).json()[
        "title"
    ] == "Plumber"
    assert (await bob.patch(path, json={"title": "Boss"})).status_code == 403
    assert (await charlie.patch("/api/v1/people/999999", json={"title": "x"})).status_code == 404
    assert (await profile(machine, company.charlie)).title == "Plumber"


@pytest.mark.parametrize(
    "body",
    [
        {"id": 1},
        {"handle": "boss"},
        {"email": "x@example.org"},
        {"break_glass": True},
        {"created_at": "2020-01-01"},
        {"manager_id": 1},
        {"title": 7},
        {"roles": "it_admin"},
        {"ask_me_about": ["x"] * 21},
        {"photo_file_id": -1},
    ],
)
async def test_fields_that_are_not_ones_own_or_of_a_wrong_kind(sign_in, machine, company, body):
    charlie = await sign_in(company.charlie)
    answer = await charlie.patch(f"/api/v1/people/{company.charlie}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    async with machine.database.reading() as session:
        person = await session.get_one(Person, company.charlie)
    assert (person.handle, person.email, person.break_glass) == ("charlie", "charlie@example.org", False)


@pytest.mark.parametrize("body", [{"roles": ["it_admin"]}, {"active": True}, {"active": False}, {"successor_id": 1}])
async def test_rights_and_leaving_are_its(sign_in, machine, company, body):
    charlie = await sign_in(company.charlie)
    assert (await charlie.patch(f"/api/v1/people/{company.charlie}", json=body)).status_code == 403
    assert await count(machine, RoleGrant, col(RoleGrant.person_id) == company.charlie) == 0
    bob = await sign_in(company.bob)
    assert (await bob.patch(f"/api/v1/people/{company.charlie}", json={"roles": ["auditor"]})).json()["roles"] == [
        "auditor"
    ]


async def test_it_closes_and_opens_accounts_by_the_api(sign_in, machine, app, company):
    bob = await sign_in(company.bob)
    await open_session(machine, company.charlie)
    path = f"/api/v1/people/{company.charlie}"
    closed = await bob.patch(path, json={"active": False, "successor_id": company.alice})
    assert closed.json()["active"] is False
    assert await count(machine, Session, col(Session.person_id) == company.charlie) == 0
    assert (await bob.patch(path, json={"active": True})).json()["active"] is True
    assert (await bob.patch(path, json={"successor_id": company.alice})).status_code == 422
    assert await count(machine, AuditRow, col(AuditRow.event).in_(["person.deactivated", "person.reactivated"])) == 2
    assert (await bob.patch(f"/api/v1/people/{company.alice}", json={"active": False})).json()["code"] == "last_admin"


async def test_a_token_needs_the_scope_for_what_it_does(machine, app, company):
    path = f"/api/v1/people/{company.charlie}"
    for scopes, allowed in ((["read", "write"], False), (["read", "write", "admin:write"], True)):
        async with machine.units.begin() as unit:
            _, secret = await tokens.create(unit, company.bob, name="x", scopes=scopes, by=None, via="command")
        async with Browsing(app, headers={"authorization": f"Bearer {secret}"}) as program:
            answer = await program.patch(path, json={"roles": ["auditor"]})
            assert answer.status_code == (200 if allowed else 403)
    async with machine.units.begin() as unit:
        _, secret = await tokens.create(unit, company.charlie, name="x", scopes=["read"], by=None, via="command")
    async with Browsing(app, headers={"authorization": f"Bearer {secret}"}) as program:
        assert (await program.get(path)).status_code == 200
        assert (await program.patch(path, json={"title": "x"})).json()["code"] == "missing_scope"


async def test_a_photo_is_a_picture_of_ones_own(sign_in, machine, company):
    async with machine.units.begin() as unit:
        pictures = [
            File(
                owner_id=owner,
                key=f"k{owner}{width}",
                name="face.png",
                content_type="image/png",
                size=1,
                width=width,
                height=width,
                created_at=unit.now,
            )
            for owner, width in ((company.charlie, 10), (company.bob, 10), (company.charlie, 0))
        ]
        unit.session.add_all(pictures)
    mine, foreign, no_picture = (file.id for file in pictures)
    charlie = await sign_in(company.charlie)
    path = f"/api/v1/people/{company.charlie}"
    for wrong in (foreign, no_picture, 999_999):
        answer = await charlie.patch(path, json={"photo_file_id": wrong})
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["photo"])
    assert (await charlie.patch(path, json={"photo_file_id": mine})).json()["photo_url"] == f"/photos/{mine}"
    assert (await charlie.patch(path, json={"photo_file_id": 0})).json()["photo_url"] is None
