"""Announcements: who was asked is settled when it is published; only the missing are reminded; the proof."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from parley.core.jobs import Job
from parley.models.kinds import Addressee, Announcement
from parley.posts.kinds import reminding
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)
HTMX = {"HX-Request": "true"}


async def state(api, post: dict) -> dict:
    return (await api("alice").get(f"/api/v1/posts/{post['id']}")).json()["announcement"]


async def names(api, post: dict, show: str) -> list[str]:
    listed = await api("alice").get(f"/api/v1/posts/{post['id']}/acknowledgements?show={show}")
    return [item["person"]["handle"] for item in listed.json()["items"]]


class Running(Job):
    """A job whose lease nobody takes."""

    async def hold(self, session: object) -> None:
        """Count always."""


async def remind_now(machine, post: dict, wave: str = "w1") -> None:
    payload = {"post_id": post["id"], "wave": wave, "by_id": None}
    await reminding.remind(machine, Running(1, "kinds.remind", payload, 1, 1))


async def test_the_audience_is_who_was_there(api, cast, publish) -> None:
    post = await publish("announcement", channel="notices", announcement={})
    await api("alice").put(f"/api/v1/channels/{cast.channels['notices']}/members/{cast.charlie.id}", json={})
    assert await state(api, post) == {"due_at": None, "audience": 1, "acknowledged": 0, "changed_after": 0}
    assert await names(api, post, "missing") == ["bob"]
    assert await names(api, post, "later") == ["charlie"]
    for who in ("bob", "bob", "charlie"):
        assert (await api(who).post(f"/api/v1/posts/{post['id']}/acknowledgement")).status_code == 204
    assert (await state(api, post))["acknowledged"] == 1
    assert [await names(api, post, show) for show in ("missing", "done", "later")] == [[], ["bob"], ["charlie"]]


@pytest.mark.parametrize(("who", "status"), [("bob", 204), ("alice", 403), ("charlie", 403), ("gus", 404)])
async def test_who_may_acknowledge(api, publish, who: str, status: int) -> None:
    post = await publish("announcement", channel="notices")
    assert (await api(who).post(f"/api/v1/posts/{post['id']}/acknowledgement")).status_code == status


@pytest.mark.parametrize("who", ["bob", "charlie", "gus"])
async def test_names_are_for_the_author_and_moderators(api, publish, sign_in, who: str) -> None:
    post = await publish("announcement", channel="notices")
    refused = 404 if who == "gus" else 403
    for path in ("acknowledgements", "acknowledgements.csv"):
        assert (await sign_in(who).get(f"/posts/{post['id']}/{path}")).status_code == refused
        assert (await sign_in("mo").get(f"/posts/{post['id']}/{path}")).status_code == 200
    assert (await api(who).get(f"/api/v1/posts/{post['id']}/acknowledgements")).status_code == refused
    assert (await api(who).post(f"/api/v1/posts/{post['id']}/reminders")).status_code == refused


async def test_it_stands_on_top_of_home_until_it_is_acknowledged(api, cast, publish, sign_in, soon) -> None:
    bob = sign_in("bob")
    await publish("announcement", channel="notices", title="Someday")
    await publish("announcement", title="By Friday", announcement={"due_at": soon(9000)})
    urgent = await publish("announcement", title="Today", announcement={"due_at": soon(60)})

    async def lead() -> str:
        return (await bob.get("/lead", headers=HTMX)).text

    assert ("Today" in await lead(), "2 more wait" in await lead()) == (True, True)
    assert 'id="lead-head"' not in (await sign_in("alice").get("/lead", headers=HTMX)).text, "the author owes nothing"
    await bob.post(f"/posts/{urgent['id']}/acknowledgement", headers=HTMX)
    assert "By Friday" in await lead()
    undone = await bob.post(f"/posts/{urgent['id']}/acknowledgement/undo", headers=HTMX)
    assert undone.status_code == 200
    assert "Today" in await lead()
    await api("alice").delete(f"/api/v1/posts/{urgent['id']}")
    assert "By Friday" in await lead()


async def test_an_old_acknowledgement_is_a_proof_and_stays(api, machine, publish) -> None:
    post = await publish("announcement", channel="notices")
    await api("bob").post(f"/api/v1/posts/{post['id']}/acknowledgement")
    async with machine.units.begin() as unit:
        await unit.session.execute(update(Addressee).values(acknowledged_at=unit.now - timedelta(minutes=6)))
    refused = await api("bob").delete(f"/api/v1/posts/{post['id']}/acknowledgement")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_late")


async def test_only_the_missing_are_reminded_and_not_too_often(api, app, machine, publish, bell) -> None:
    post = await publish("announcement", channel="notices")
    path = f"/api/v1/posts/{post['id']}/reminders"
    assert (await api("alice").post(path)).json() == {"reminded": 1}
    again = await api("alice").post(path)
    assert (again.status_code, again.json()["code"]) == (409, "too_soon")
    await remind_now(machine, post)
    await remind_now(machine, post)
    assert await bell("bob", post["id"]) == ["owed"], "a job that runs twice reminds once"
    assert await bell("alice", post["id"]) == []
    await api("bob").post(f"/api/v1/posts/{post['id']}/acknowledgement")
    await remind_now(machine, post, "w2")
    assert await bell("bob", post["id"]) == ["owed"]
    assert (await api("alice").post(path)).json()["code"] == "nobody_missing"


async def test_the_day_before_it_is_due_the_house_reminds_once(app, machine, publish, soon) -> None:
    near = await publish("announcement", announcement={"due_at": soon(60)})
    far = await publish("announcement", announcement={"due_at": soon(60 * 24 * 5)})
    called = []
    for _ in range(2):
        async with machine.units.begin() as unit:
            await reminding.due_announcements(unit)
        async with machine.database.reading() as session:
            called.append([(await session.get(Announcement, post["id"])).called_at for post in (near, far)])
    assert called[0] == called[1]
    assert [moment is not None for moment in called[0]] == [True, False]


async def test_a_change_says_how_many_had_read_it(api, publish, sign_in) -> None:
    post = await publish("announcement", channel="notices")
    await api("bob").post(f"/api/v1/posts/{post['id']}/acknowledgement")
    await api("alice").patch(f"/api/v1/posts/{post['id']}", json={"body": "Other words."})
    assert (await state(api, post))["changed_after"] == 1
    assert "Changed after 1 acknowledgement" in (await sign_in("charlie").get(f"/posts/{post['id']}")).text


async def test_the_proof_is_a_table_that_runs_nothing(api, cast, machine, publish, sign_in) -> None:
    await api("bob").patch(f"/api/v1/people/{cast.bob.id}", json={"name": "=HYPERLINK(1)"})
    post = await publish("announcement", channel="notices")
    await api("bob").post(f"/api/v1/posts/{post['id']}/acknowledgement")
    file = await sign_in("alice").get(f"/posts/{post['id']}/acknowledgements.csv")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in file.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert [(row["name"], row["email"], row["joined_later"]) for row in rows] == [
        ("'=HYPERLINK(1)", "bob@example.org", "no")
    ]
    assert datetime.fromisoformat(rows[0]["acknowledged_at"]) <= datetime.now(UTC)


async def test_who_may_announce(api, cast) -> None:
    given = {"body": "Hear", "kind": "announcement"}
    path = f"/api/v1/channels/{cast.channels['square']}/posts"
    assert (await api("bob").post(path, json=given)).json()["code"] == "may_not_announce"
    past = {**given, "announcement": {"due_at": "2020-01-01T00:00:00Z"}}
    refused = await api("alice").post(path, json=past)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["due_at"])
