"""Polls: one choice or several, changed until it closes, counted truly however many vote at once."""

import asyncio

import pytest
from sqlalchemy import select
from sqlmodel import col

from parley.models.kinds import Poll, PollOption, Vote
from parley.posts.kinds import reminding
from stage import BOTH, RACES

POLL = {"options": ["Red", "Blue", "Green"]}
HTMX = {"HX-Request": "true"}


def both(test):
    return pytest.mark.parametrize("databases", BOTH, indirect=True)(test)


def ids(post: dict) -> list[int]:
    return [option["id"] for option in post["poll"]["options"]]


async def vote(api, who: str, post: dict, *options: int):
    return await api(who).put(f"/api/v1/posts/{post['id']}/vote", json={"option_ids": options})


def counted(answer) -> tuple[list[int], int]:
    poll = answer.json()["poll"]
    return [option["votes"] for option in poll["options"]], poll["voters"]


@both
async def test_a_vote_is_counted_changed_and_taken_back(api, publish) -> None:
    post = await publish("poll", poll=POLL)
    red, blue, _ = ids(post)
    assert counted(await vote(api, "bob", post, red)) == ([1, 0, 0], 1)
    assert counted(await vote(api, "bob", post, red)) == ([1, 0, 0], 1)
    assert counted(await vote(api, "charlie", post, red)) == ([2, 0, 0], 2)
    assert counted(await vote(api, "bob", post, blue)) == ([1, 1, 0], 2)
    assert counted(await vote(api, "bob", post)) == ([1, 0, 0], 1)
    for wrong in ((red, blue), (987_654,)):
        refused = await vote(api, "bob", post, *wrong)
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["option_ids"])


@both
async def test_several_may_be_chosen_where_that_is_said(api, publish) -> None:
    post = await publish("poll", poll={**POLL, "multiple": True})
    red, blue, green = ids(post)
    assert counted(await vote(api, "bob", post, red, green)) == ([1, 0, 1], 1)
    assert counted(await vote(api, "bob", post, blue, green)) == ([0, 1, 1], 1)


@both
@pytest.mark.parametrize(("who", "channel", "status"), [
    ("bob", "vault", 200), ("charlie", "square", 200), ("charlie", "vault", 404), ("fay", "vault", 404),
    ("gus", "square", 404), ("gus", "terrace", 200),
])  # fmt: skip
async def test_who_may_vote(api, publish, who: str, channel: str, status: int) -> None:
    post = await publish("poll", channel=channel, poll=POLL)
    assert (await vote(api, who, post, ids(post)[0])).status_code == status


@both
async def test_a_closed_poll_takes_no_vote(api, publish, sign_in) -> None:
    post = await publish("poll", poll=POLL)
    assert (await api("bob").post(f"/api/v1/posts/{post['id']}/close")).status_code == 403
    assert (await api("alice").post(f"/api/v1/posts/{post['id']}/close")).json()["poll"]["closed"] is True
    refused = await vote(api, "bob", post, ids(post)[0])
    assert (refused.status_code, refused.json()["code"]) == (409, "poll_closed")
    assert "Poll, closed" in (await sign_in("bob").get(f"/posts/{post['id']}")).text


@both
async def test_it_closes_by_itself_also_after_nobody_ran(api, app, machine, publish, soon) -> None:
    post = await publish("poll", poll={**POLL, "closes_at": soon(30)})
    async with machine.units.begin() as unit:
        poll = await unit.session.get(Poll, post["id"])
        poll.closes_at = unit.now
        unit.session.add(poll)
    assert (await vote(api, "bob", post, ids(post)[0])).json()["code"] == "poll_closed"
    async with machine.units.begin() as unit:
        await reminding.close_polls(unit)
    async with machine.database.reading() as session:
        poll = await session.get(Poll, post["id"])
        assert poll.closed_at == poll.closes_at


@both
async def test_nobody_sees_who_chose_what_in_an_anonymous_poll(api, cast, machine, publish, sign_in) -> None:
    post = await publish("poll", poll={**POLL, "anonymous": True})
    red, blue, _ = ids(post)
    await vote(api, "bob", post, red)
    assert counted(await vote(api, "bob", post, blue)) == ([0, 1, 0], 1), "a vote can still be changed"
    for who in ("alice", "mo", "ida", "ada"):
        assert (await api(who).get(f"/api/v1/posts/{post['id']}/votes")).status_code == 409
        page = await sign_in(who).get(f"/posts/{post['id']}/votes", headers=HTMX)
        assert (page.status_code, "Bob" in page.text) == (409, False)
    async with machine.database.reading() as session:
        assert str(cast.bob.id) not in (await session.execute(select(col(Vote.voter)))).scalars().all()
    assert f'value="{blue}"' in (await sign_in("bob").get(f"/own?posts={post['id']}", headers=HTMX)).text
    assert f'value="{blue}"' not in (await sign_in("alice").get(f"/own?posts={post['id']}", headers=HTMX)).text


@both
async def test_an_open_poll_tells_who_chose_what(api, publish, sign_in) -> None:
    post = await publish("poll", channel="vault", poll=POLL)
    await vote(api, "bob", post, ids(post)[1])
    told = (await api("alice").get(f"/api/v1/posts/{post['id']}/votes")).json()["items"]
    assert [[person["handle"] for person in item["people"]] for item in told] == [[], ["bob"], []]
    assert (await sign_in("charlie").get(f"/posts/{post['id']}/votes", headers=HTMX)).status_code == 404
    own = await sign_in("charlie").get(f"/own?posts={post['id']}", headers=HTMX)
    assert own.text.strip() == "", "what may not be read has no marks"


@both
@pytest.mark.parametrize(
    ("options", "field"),
    [(["One"], "options"), ([" ", "One", ""], "options"), (["a"] * 2, "options"), ([str(n) for n in range(11)], "options"),
     (["x" * 121, "b"], "options")],
)  # fmt: skip
async def test_options_that_are_none(api, cast, options: list[str], field: str) -> None:
    path = f"/api/v1/channels/{cast.channels['square']}/posts"
    refused = await api("alice").post(path, json={"body": "Which?", "kind": "poll", "poll": {"options": options}})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, [field])


@both
async def test_an_anonymous_poll_is_never_made_one_with_names(api, publish) -> None:
    post = await publish("poll", poll={**POLL, "anonymous": True})
    path = f"/api/v1/posts/{post['id']}"
    refused = await api("alice").patch(path, json={"poll": {**POLL, "anonymous": False}})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["options"])
    assert (await api("alice").get(path)).json()["poll"]["anonymous"] is True
    named = await publish("poll", poll=POLL)
    hidden = await api("alice").patch(f"/api/v1/posts/{named['id']}", json={"poll": {**POLL, "anonymous": True}})
    assert hidden.json()["poll"]["anonymous"] is True, "the other way nobody was promised anything"


@both
async def test_options_change_until_somebody_votes(api, publish) -> None:
    post = await publish("poll", poll=POLL)
    path = f"/api/v1/posts/{post['id']}"
    changed = (await api("alice").patch(path, json={"poll": {"options": ["Red", "Yellow"]}})).json()
    assert [option["text"] for option in changed["poll"]["options"]] == ["Red", "Yellow"]
    await vote(api, "bob", changed, ids(changed)[0])
    refused = await api("alice").patch(path, json={"poll": POLL})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["options"])


@both
async def test_a_refused_composer_keeps_what_was_typed(cast, sign_in) -> None:
    alice, path = sign_in("alice"), f"/channels/{cast.channels['square']}/posts"
    form = {"kind": "poll", "title": "Which?", "options": ["Only this"], "closes_at": "", "anonymous": "1"}
    refused = await alice.post(path, data=form, headers=HTMX)
    assert refused.status_code == 422
    for kept in ('value="poll" checked', 'value="Only this"', "two to ten", 'value="1" checked'):
        assert kept in refused.text
    form["options"] = ["This", "That", "", "Those"]
    assert (await alice.post(path, data=form, headers=HTMX)).status_code == 201


@pytest.mark.parametrize("databases", RACES, indirect=True)
async def test_no_vote_is_lost_or_doubled_when_all_vote_at_once(api, cast, machine, publish) -> None:
    post = await publish("poll", poll=POLL)
    options, voters = ids(post), ("alice", "bob", "charlie", "mo", "lea", "ida")
    answers = await asyncio.gather(
        *(vote(api, who, post, options[(turn + place) % 3]) for place, who in enumerate(voters) for turn in range(3))
    )
    assert {answer.status_code for answer in answers} == {200}
    async with machine.database.reading() as session:
        rows = (await session.execute(select(Vote).where(col(Vote.post_id) == post["id"]))).scalars().all()
        stored = (await session.execute(select(PollOption).where(col(PollOption.post_id) == post["id"]))).scalars()
        counts = {option.id: option.votes for option in stored}
        poll = await session.get(Poll, post["id"])
    assert sorted(row.voter for row in rows) == sorted(str(cast.people[who].id) for who in voters)
    assert counts == {option: sum(row.option_id == option for row in rows) for option in options}
    assert poll.voters == len(voters)
