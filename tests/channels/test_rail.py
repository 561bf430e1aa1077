"""The rail as its person has it: one arrangement for all their devices, read in one statement however long it is."""

from sqlalchemy import event

from parley.channels.service import lifecycle
from parley.channels.unread import rail


async def shown(api, name: str = "bob") -> dict[str, list[str]]:
    found = (await api(name).get("/api/v1/rail")).json()
    return {section["title"]: [entry["name"] for entry in section["channels"]] for section in found["sections"]}


async def post(sign_in, path: str, name: str = "bob", **fields: object):
    return await sign_in(name).post(path, data=fields, headers={"HX-Request": "true"})


async def keys(api, name: str = "bob") -> list[str]:
    return [section["key"] for section in (await api(name).get("/api/v1/rail")).json()["sections"]]


async def test_a_section_of_ones_own_is_made_filled_renamed_and_removed(api, sign_in, cast) -> None:
    square, notices = cast.channels["square"], cast.channels["notices"]
    before = await shown(api)
    assert list(before) == ["Channels", "Direct"]
    assert (await post(sign_in, "/rail/sections", title="Mine", channel_id=square)).status_code == 200
    assert (await shown(api))["Mine"] == ["square"]
    assert "square" not in (await shown(api))["Channels"]
    assert (await post(sign_in, f"/rail/channels/{notices}", section="own:1")).status_code == 200
    assert (await shown(api))["Mine"] == ["notices", "square"], "by name"
    assert (await post(sign_in, f"/rail/channels/{square}", section="own:1", before=notices)).status_code == 200
    assert (await shown(api))["Mine"] == ["square", "notices"]
    assert (await post(sign_in, f"/rail/channels/{square}", step="down")).status_code == 200
    assert (await shown(api))["Mine"] == ["notices", "square"]
    assert (await post(sign_in, "/rail/sections/own:1", title="Daily")).status_code == 200
    assert (await post(sign_in, "/rail/sections/own:1", step="down")).status_code == 200
    assert await keys(api) == ["channels", "own:1", "direct"]
    assert await shown(api, "alice") != await shown(api), "nobody else's rail moved"
    assert (await post(sign_in, "/rail/sections/own:1", remove="1")).status_code == 200
    assert await shown(api) == before


async def test_what_cannot_be_is_refused_in_words(api, sign_in, cast) -> None:
    assert (await post(sign_in, "/rail/sections", title=" ")).status_code == 422
    assert (await post(sign_in, "/rail/sections/own:9", title="x")).status_code == 404
    assert (await post(sign_in, "/rail/sections/channels", title="x")).status_code == 403
    assert (await post(sign_in, "/rail/sections/channels", remove="1")).status_code == 403
    square, vault = cast.channels["square"], cast.channels["vault"]
    assert (await post(sign_in, f"/rail/channels/{square}", section="own:9")).status_code == 404
    assert (await post(sign_in, f"/rail/channels/{square}", section="channels", before=999)).status_code == 422
    assert (await post(sign_in, f"/rail/channels/{vault}", "charlie", section="channels")).status_code == 404
    assert (await post(sign_in, f"/rail/channels/{square}", "charlie", section="channels")).status_code in {403, 404}
    assert (await post(sign_in, f"/rail/channels/{cast.channels['attic']}", step="up")).status_code == 404


async def test_muted_ones_stand_last_and_shut_sections_stay_shut(api, sign_in, cast) -> None:
    assert (await post(sign_in, f"/channels/{cast.channels['notices']}/follow", level="mute")).status_code == 200
    names = (await shown(api))["Channels"]
    assert names[-1] == "notices"
    assert (await post(sign_in, "/rail/sections/channels", shut="1")).status_code == 200
    assert (await post(sign_in, "/rail", unread_only="1")).status_code == 200
    found = (await api("bob").get("/api/v1/rail")).json()
    assert found["unread_only"]
    assert [section["shut"] for section in found["sections"]] == [True, False]
    page = (await sign_in("bob").get("/channels")).text
    assert "data-unread-only" in page
    assert '<details class="rail__group" data-section="channels">' in page


async def test_a_program_arranges_everything_at_once(api, cast) -> None:
    square, notices = cast.channels["square"], cast.channels["notices"]
    wanted = {"sections": [{"title": "Both", "own": True, "channels": [square, notices]}, {"key": "direct"}]}
    assert (await api("bob").put("/api/v1/rail", json=wanted)).status_code == 200
    assert (await shown(api))["Both"] == ["square", "notices"]
    assert await keys(api) == ["own:1", "direct", "channels"]
    for bad in (
        {"sections": [{"key": "own:7", "title": "x"}]},
        {"sections": [{"title": ""}]},
        {"sections": [{"title": "x", "channels": [999_999]}]},
    ):
        assert (await api("bob").put("/api/v1/rail", json=bad)).status_code == 422
    assert (await shown(api))["Both"] == ["square", "notices"], "a refusal leaves everything"


async def test_two_hundred_channels_cost_one_statement(machine, cast) -> None:
    asked: list[str] = []
    async with machine.units.begin() as unit:
        for number in range(200):
            await lifecycle.create(unit, cast.charlie.actor, name=f"room-{number}", kind="open")
    async with machine.database.reading() as session:
        await rail(session, cast.charlie.actor, None, {})
        raw = session.info.get("raw")
        if raw is None:
            engine = session.get_bind().engine
            event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        else:
            rows = raw.rows

            async def counted(sql, values):
                asked.append(sql)
                return await rows(sql, values)

            raw.rows = counted
        sections = await rail(session, cast.charlie.actor, None, {})
    assert len(sections[0].channels) == 200
    assert len(asked) <= 1
