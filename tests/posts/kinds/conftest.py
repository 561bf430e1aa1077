"""These tests play with the cast, and publish posts of every kind in its channels."""

from datetime import UTC, datetime, timedelta

import pytest

from stage import api, app, cast, house, machine, scripts, settings, sign_in, staged

__all__ = ["api", "app", "cast", "house", "machine", "scripts", "settings", "sign_in", "staged"]


@pytest.fixture
def publish(api, cast):
    """Publish a post of a kind and return it as the API gives it."""

    async def act(kind: str, who: str = "alice", channel: str = "square", **more: object) -> dict:
        given = {"title": f"A {kind}", "body": "Words.", "kind": kind, **more}
        answer = await api(who).post(f"/api/v1/channels/{cast.channels[channel]}/posts", json=given)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return act


@pytest.fixture
def soon():
    """Return a moment so many minutes from now, as the API takes it."""
    return lambda minutes: (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


@pytest.fixture
def bell(api):
    """Return the kinds of what somebody was told about a post."""

    async def kinds(who: str, post_id: int) -> list[str]:
        told = (await api(who).get("/api/v1/notifications")).json()["items"]
        return [notice["kind"] for notice in told if notice["post_id"] == post_id]

    return kinds
