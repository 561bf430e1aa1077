"""Following a colleague: who may, whose list it is, and what is heard of what they publish."""


async def test_following_and_letting_go(sign_in, machine, company) -> None:
    charlie, part = await sign_in(company.charlie), {"HX-Request": "true"}
    for _ in range(2):
        answer = await charlie.post("/people/alice/follow", data={"on": "1"}, headers=part)
        assert answer.status_code == 200
        assert "Following" in answer.text
    assert "/people/alice/follow" in (await charlie.get("/settings/following")).text
    assert (await charlie.post("/people/charlie/follow", data={"on": "1"}, headers=part)).status_code == 403
    assert (await charlie.post("/people/nobody/follow", data={"on": "1"}, headers=part)).status_code == 404
    bob = await sign_in(company.bob)
    assert "You follow nobody yet" in (await bob.get("/settings/following")).text
    assert (await charlie.post("/people/alice/follow", data={"on": "0"}, headers=part)).status_code == 200
    assert "You follow nobody yet" in (await charlie.get("/settings/following")).text
