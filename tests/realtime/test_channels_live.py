"""Channels change by themselves: rails on other devices, authors who are followed, whoever is out is out everywhere."""

from parley.models.people import Profile
from parley.people import teams

SOON = 1
"""Seconds."""


def parts(line, select: str) -> list[str]:
    return [part["html"] for frame in line.heard for part in frame.get("parts", ()) if part["select"] == select]


async def test_a_rail_is_the_same_on_every_device_and_hears_new_channels(lines, api, cast) -> None:
    mine = f"person:{cast.charlie.id}"
    page = await lines.page("charlie", {mine: -1})
    other = await lines.page("bob", {f"person:{cast.bob.id}": -1})
    await api("alice").put(f"/api/v1/channels/{cast.channels['vault']}/members/{cast.charlie.id}")
    html = (await page.until(lambda: parts(page, ".rail__groups"), SOON))[-1]
    assert f'data-channel="{cast.channels["vault"]}"' in html
    assert f'"channel:{cast.channels["vault"]}": ' in html, "where to begin to listen"
    await api("charlie").put(
        "/api/v1/rail", json={"sections": [{"title": "Mine", "channels": [cast.channels["vault"]]}]}
    )
    await page.until(lambda: "Mine" in parts(page, ".rail__groups")[-1], SOON)
    await api("alice").patch(f"/api/v1/channels/{cast.channels['square']}", json={"purpose": "Other"})
    assert parts(other, ".rail__groups") == [], "nobody else's rail moved"


async def test_a_followed_author_is_heard_in_open_channels_only(lines, api, cast) -> None:
    author = f"author:{cast.alice.id}"
    charlie, gus = await lines.page("charlie", {author: -1}), await lines.page("gus", {author: -1})
    await gus.until(lambda: author in gus.refused(), SOON)
    for name, words in (("vault", "Behind the door"), ("square", "For everybody")):
        answer = await api("alice").post(f"/api/v1/channels/{cast.channels[name]}/posts", json={"body": words})
    await charlie.until(lambda: "For everybody" in charlie.text)
    assert "Behind the door" not in charlie.text
    await api("alice").patch(f"/api/v1/posts/{answer.json()['id']}", json={"body": "Said better"})
    await charlie.until(lambda: "Said better" in charlie.text)
    await api("alice").patch(f"/api/v1/channels/{cast.channels['square']}", json={"kind": "private"})
    again = await lines.page("charlie", {author: 0})
    await again.until(lambda: again.events(author))
    assert "Said better" not in again.text, "what became private is not read again from the log"


async def test_who_leaves_a_team_is_out_on_every_path_within_a_second(lines, api, sign_in, cast, machine) -> None:
    vault, topic = cast.channels["vault"], f"channel:{cast.channels['vault']}"

    async def move(team: str | None) -> None:
        async with machine.units.begin() as unit:
            profile = await unit.session.get_one(Profile, cast.charlie.id)
            await teams.move(unit, profile, await teams.named(unit, team) if team else None, by=None)

    await move("Keys")
    team = (await api("alice").get("/api/v1/teams")).json()["items"][0]["id"]
    await api("alice").put(f"/api/v1/channels/{vault}/teams/{team}")
    line = await lines.page("charlie", {topic: -1, f"person:{cast.charlie.id}": -1})
    paths = [
        f"/api/v1/channels/{vault}",
        f"/api/v1/channels/{vault}/posts",
        f"/api/v1/posts/{cast.posts['vault']}",
        f"/api/v1/files/{cast.files['vault']}",
    ]
    pages = [f"/channels/{vault}", f"/posts/{cast.posts['vault']}", f"/files/{cast.files['vault']}"]
    assert {(await api("charlie").get(path)).status_code for path in paths} == {200}
    await move(None)
    await line.until(lambda: topic in line.refused(), SOON)
    assert {(await api("charlie").get(path)).status_code for path in paths} == {404}
    assert {(await sign_in("charlie").get(path)).status_code for path in pages} == {404}
    for verb, path in (("post", f"/channels/{vault}/posts"), ("post", f"/posts/{cast.posts['vault']}/comments")):
        assert (await getattr(api("charlie"), verb)(f"/api/v1{path}", json={"body": "x"})).status_code == 404
    assert f'data-channel="{vault}"' not in parts(line, ".rail__groups")[-1]
