"""Errors speak to whoever asked, also where no route was there to ask who that is."""

from sqlmodel import col, update

from parley.models.identity import Person


async def test_a_path_that_does_not_exist_answers_in_the_reader_s_language_and_theme(sign_in, cast, machine) -> None:
    async with machine.units.begin() as unit:
        await unit.session.execute(
            update(Person).where(col(Person.id) == cast.bob.id).values(language="de", theme="dark")
        )
    for name, beginning in (
        ("bob", '<html lang="de" dir="ltr" data-theme="dark"'),
        (None, '<html lang="en" dir="ltr">'),
    ):
        answer = await sign_in(name).get("/no/such/place")
        assert answer.status_code == 404
        assert beginning in answer.text


async def test_a_wrong_token_hears_that_the_path_does_not_exist(sign_in) -> None:
    stranger = sign_in(None)
    answer = await stranger.get("/api/v1/nowhere", headers={"authorization": "Bearer parley_wrong"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
