"""Top: a linear score over what is followed, the same for the same facts, each post with its reasons."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from parley.feed import top
from parley.feed.top import Facts, ranked
from stage import BOTH

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ME = 1
both_engines = pytest.mark.parametrize("databases", BOTH, indirect=True)


def post(number: int, **facts: object) -> SimpleNamespace:
    plain = {
        "id": number,
        "number": number,
        "channel_id": 5,
        "author_id": 2,
        "kind": "update",
        "comment_count": 0,
        "published_at": NOW - timedelta(hours=12),
    }
    return SimpleNamespace(**plain | facts)


def test_each_fact_adds_its_weight_and_is_a_reason() -> None:
    plain = ranked([post(1)], Facts(read={5: 9}), ME, NOW)[0]
    assert (plain.score, plain.reasons) == (13.0, ())
    for fact, known, more in (
        ("named", Facts(named=frozenset({1})), {}),
        ("owed", Facts(owed=frozenset({1})), {}),
        ("thread", Facts(threads=frozenset({1})), {}),
        ("unread", Facts(read={5: 0}), {}),
        ("followed", Facts(followed={2: False}), {}),
        ("question", Facts(), {"kind": "question"}),
    ):
        found = ranked([post(1, **more)], known, ME, NOW)[0]
        assert found.score == 13.0 + top.WEIGHTS[fact], fact
        assert found.reasons == (fact,)
    circle = ranked([post(1)], Facts(followed={2: True}), ME, NOW)[0]
    assert circle.reasons == ("circle", "followed")


def test_talk_counts_to_a_bound_and_own_posts_stand_back() -> None:
    talked, loud, own = (
        ranked([post(1, **more)], Facts(), ME, NOW)[0].score
        for more in ({"comment_count": top.TALK}, {"comment_count": 500}, {"author_id": ME})
    )
    assert talked == loud == 13.0 + top.TALK * top.WEIGHTS["talk"]
    assert own == 13.0 + top.WEIGHTS["own"]


def test_an_answered_question_is_no_reason_and_what_is_old_is_left_out() -> None:
    assert ranked([post(1, kind="question")], Facts(answered=frozenset({1})), ME, NOW)[0].reasons == ()
    assert ranked([post(1, published_at=NOW - timedelta(days=8))], Facts(), ME, NOW) == []


def test_the_highest_stands_first_and_equals_newest_first() -> None:
    found = ranked([post(1), post(2), post(3)], Facts(named=frozenset({1})), ME, NOW)
    assert [one.mark.id for one in found] == [1, 3, 2]


@both_engines
async def test_home_by_top_says_why_and_shows_only_what_may_be_read(api, sign_in, cast) -> None:
    square = cast.channels["square"]
    await api("alice").post(f"/api/v1/channels/{square}/posts", json={"body": "Ask @bob about hinges"})
    for turn in range(3):
        await api("alice").post(f"/api/v1/channels/{square}/posts", json={"body": f"Turn {turn}"})
    page = (await sign_in("bob").get("/?order=top")).text
    assert "Names you" in page
    assert page.index("about hinges") < page.index("Turn 2"), "it is older, and means more to Bob"
    assert page.count('<article class="post') == page.count('<p class="why">')
    newest = (await sign_in("bob").get("/")).text
    assert newest.index("Turn 2") < newest.index("about hinges")
    for name in ("gus", "fay", "charlie", "mo"):
        assert not cast.sung((await sign_in(name).get("/?order=top")).text, name)
    assert (await sign_in("bob").get("/?order=nonsense")).text.count("Names you") == 0


@both_engines
async def test_who_is_followed_is_heard_from_open_channels_alone(api, sign_in, cast) -> None:
    vault = cast.channels["vault"]
    page = sign_in("charlie")
    assert (await page.post("/people/alice/follow", data={"on": "1"})).status_code < 400
    await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "For everybody"})
    await api("alice").post(f"/api/v1/channels/{vault}/posts", json={"body": "For the vault"})
    home = (await page.get("/")).text
    assert "For everybody" in home
    assert "You follow Alice Example" in home
    assert "For the vault" not in home
    assert f"author:{cast.alice.id}" in home, "and live"
    bodies = [item["body"] for item in (await api("charlie").get("/api/v1/feed/home")).json()["items"]]
    assert "For everybody" in bodies
    assert "For the vault" not in bodies
