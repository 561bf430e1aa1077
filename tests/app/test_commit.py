"""Nobody is told that something is done before it is committed."""

import pytest
from sqlalchemy import func, select

from parley.core.unit import Unit
from parley.kit.errors import Unavailable
from parley.models.posts import Post


async def posts(app) -> int:
    async with app.state.machine.database.reading() as session:
        return (await session.execute(select(func.count()).select_from(Post))).scalar_one()


@pytest.fixture
def answers(app) -> list[str]:
    """What happened in which order: `commit` and the first byte of each answer."""
    order: list[str] = []
    inner = app.router

    async def noting(scope, receive, send) -> None:
        async def noted(message) -> None:
            if message["type"] == "http.response.start":
                order.append(f"answer {message['status']}")
            await send(message)

        await inner(scope, receive, noted)

    app.router = noting
    return order


@pytest.mark.parametrize("surface", ["api", "page"])
async def test_the_answer_comes_after_the_commit(app, cast, api, sign_in, answers, monkeypatch, surface) -> None:
    finish = Unit.finish

    async def noting(unit: Unit):
        hints = await finish(unit)
        answers.append("commit")
        return hints

    monkeypatch.setattr(Unit, "finish", noting)
    before = await posts(app)
    assert (await publish(cast, api, sign_in, surface)).status_code < 300
    assert answers[-1].startswith("answer 2")
    assert "commit" in answers[:-1]
    assert await posts(app) == before + 1


@pytest.mark.parametrize("surface", ["api", "page"])
async def test_what_could_not_be_committed_is_not_answered_as_done(
    app, cast, api, sign_in, monkeypatch, surface
) -> None:
    before = await posts(app)

    async def failing(_unit: Unit):
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(Unit, "finish", failing)
        refused = await publish(cast, api, sign_in, surface)
    assert (refused.status_code, refused.headers.get("retry-after") is not None) == (503, True)
    assert await posts(app) == before
    assert (await publish(cast, api, sign_in, surface)).status_code < 300
    assert await posts(app) == before + 1


async def publish(cast, api, sign_in, surface: str):
    channel = cast.channels["square"]
    if surface == "api":
        return await api("alice").post(f"/api/v1/channels/{channel}/posts", json={"body": "Said once."})
    return await sign_in("alice").post(
        f"/channels/{channel}/posts", data={"body": "Said once."}, headers={"HX-Request": "true"}
    )
