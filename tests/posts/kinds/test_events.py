"""Events: the time of a place, who comes, a file for calendars, one reminder."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parley.kit.errors import Invalid
from parley.models.kinds import Occasion
from parley.posts.kinds import clocks, events, reminding
from stage import BOTH

HTMX = {"HX-Request": "true"}


def both(test):
    return pytest.mark.parametrize("databases", BOTH, indirect=True)(test)


@pytest.fixture
def event(publish, soon):
    async def make(minutes: int = 600, **more: object) -> dict:
        given = {"starts_at": soon(minutes), "ends_at": soon(minutes + 60), "zone": "Europe/London", "location": "Yard"}
        return await publish("event", title="Pizza; and heaters, all", event=given, **more)

    return make


async def come(api, who: str, post: dict, answer: str = "yes"):
    return await api(who).put(f"/api/v1/posts/{post['id']}/attendance", json={"answer": answer})


@both
async def test_the_last_answer_counts(api, event) -> None:
    post = await event()
    await come(api, "bob", post)
    await come(api, "charlie", post, "maybe")
    shown = (await come(api, "bob", post, "no")).json()["event"]
    assert (shown["yes"], shown["maybe"], shown["no"]) == (0, 1, 1)
    told = (await api("alice").get(f"/api/v1/posts/{post['id']}/guests")).json()["items"]
    assert [[person["handle"] for person in item["people"]] for item in told] == [[], ["charlie"], ["bob"]]


@both
@pytest.mark.parametrize(("who", "status"), [("bob", 200), ("charlie", 404), ("fay", 404)])
async def test_who_may_come_and_take_the_file(api, event, sign_in, who: str, status: int) -> None:
    post = await event(channel="vault")
    assert (await come(api, who, post)).status_code == status
    assert (await sign_in(who).get(f"/posts/{post['id']}/event.ics")).status_code == status
    assert (await api(who).get(f"/api/v1/posts/{post['id']}/guests")).status_code == status


@both
async def test_who_comes_is_reminded_once(api, app, machine, event, bell) -> None:
    post, far = await event(10), await event(600)
    for each in (post, far):
        for who, answer in (("bob", "yes"), ("charlie", "maybe"), ("lea", "no")):
            await come(api, who, each, answer)
    for _ in range(2):
        async with machine.units.begin() as unit:
            await reminding.near_events(unit)
    assert [await bell(who, post["id"]) for who in ("bob", "charlie", "lea")] == [["event_soon"], ["event_soon"], []]
    assert await bell("bob", far["id"]) == []


@both
@pytest.mark.parametrize(("begun", "ends", "told"), [(-20, 20, ["event_soon"]), (-90, -30, [])])
async def test_after_nobody_ran_it_reminds_while_the_event_lasts(
    api, app, machine, event, bell, begun: int, ends: int, told: list[str]
) -> None:
    post = await event()
    await come(api, "bob", post)
    async with machine.units.begin() as unit:
        row = await unit.session.get(Occasion, post["id"])
        row.starts_at, row.ends_at = unit.now + timedelta(minutes=begun), unit.now + timedelta(minutes=ends)
        unit.session.add(row)
    async with machine.units.begin() as unit:
        await reminding.near_events(unit)
    assert await bell("bob", post["id"]) == told


@both
async def test_moving_it_raises_the_sequence_and_tells_those_who_come(api, event, bell, sign_in, soon) -> None:
    post = await event()
    await come(api, "bob", post)
    given = {"starts_at": soon(900), "ends_at": soon(960), "zone": "Europe/Brussels", "location": "Hall"}
    moved = (await api("alice").patch(f"/api/v1/posts/{post['id']}", json={"event": given})).json()
    assert (moved["event"]["zone"], moved["event"]["location"]) == ("Europe/Brussels", "Hall")
    assert await bell("bob", post["id"]) == ["event_moved"]
    assert "SEQUENCE:1" in (await sign_in("bob").get(f"/posts/{post['id']}/event.ics")).text


@both
async def test_the_file_is_one_that_calendars_read(event, sign_in) -> None:
    post = await event(body="Line one\n\nLine two with an umlaut " + "ä" * 80)
    file = await sign_in("bob").get(f"/posts/{post['id']}/event.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    lines = file.text.split("\r\n")
    assert "SUMMARY:Pizza\\; and heaters\\, all" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert lines[0] == "BEGIN:VCALENDAR"
    unfolded = file.text.replace("\r\n ", "")
    assert "ä" * 80 in unfolded
    assert f"UID:post-{post['id']}@" in unfolded


@both
@pytest.mark.parametrize(
    ("change", "field"),
    [({"starts_at": ""}, "starts_at"), ({"ends_at": "2020-01-01T10:00"}, "ends_at"), ({"zone": "Mars/Olympus"}, "zone"),
     ({"starts_at": "2027-03-28T01:30"}, "starts_at"), ({"starts_at": "someday"}, "starts_at"),
     ({"starts_at": "9999-12-31T23:59"}, "starts_at"), ({"title": ""}, "title"), ({"location": "x" * 301}, "location")],
)  # fmt: skip
async def test_a_wrong_field_says_so_and_keeps_the_rest(cast, sign_in, change: dict[str, str], field: str) -> None:
    form = {
        "kind": "event", "title": "Pizza", "body": "Bring nothing", "starts_at": "2027-03-28T00:30",
        "ends_at": "2027-03-28T03:30", "zone": "Europe/London", "location": "Yard", **change,
    }  # fmt: skip
    refused = await sign_in("alice").post(f"/channels/{cast.channels['square']}/posts", data=form, headers=HTMX)
    assert refused.status_code == 422, refused.text
    assert f"{field}-error" in refused.text
    assert "Bring nothing" in refused.text
    assert field == "location" or 'value="Yard"' in refused.text


def test_clocks_that_jump() -> None:
    assert clocks.instant("2027-03-28T00:30", "Europe/London", "at") == datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    with pytest.raises(Invalid):
        clocks.instant("2027-03-28T01:30", "Europe/London", "at")
    first = clocks.instant("2027-10-31T01:30", "Europe/London", "at")
    assert first == datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "of two the first"
    assert [clocks.comes_twice(first + timedelta(hours=hours), "Europe/London") for hours in (0, 1, 2)] == [1, 2, 0]


def test_a_calendar_file_in_full() -> None:
    row = Occasion(
        post_id=7,
        starts_at=datetime(2027, 5, 4, 18, 30, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC),
        ends_at=datetime(2027, 5, 4, 20, 0, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC),
        zone="Europe/London",
        place="Aisle 7",
        sequence=3,
    )
    file = events.calendar(row, title="A", text="B\nC", url="http://x/7", uid="post-7@x", written=row.starts_at)
    assert file.split("\r\n")[4:-3] == [
        "BEGIN:VEVENT", "UID:post-7@x", "SEQUENCE:3", "DTSTAMP:20270504T173000Z", "DTSTART:20270504T173000Z",
        "DTEND:20270504T190000Z", "SUMMARY:A", "DESCRIPTION:B\\nC", "LOCATION:Aisle 7", "URL:http://x/7",
    ]  # fmt: skip
