"""The cast is whole: everybody there, nobody sees what is not theirs."""

import pytest

from cast import CHANNELS, HERE
from stage import BOTH

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


async def test_everybody_sees_the_channels_that_are_theirs(api, cast) -> None:
    for name in HERE:
        found = (await api(name).get("/api/v1/channels?limit=200")).json()["items"]
        assert {item["id"] for item in found} == {
            cast.channels[channel] for channel in [*CHANNELS, "pair"] if name in cast.readers[channel]
        }


async def test_a_stranger_and_a_leaver_see_nothing(api, sign_in, cast) -> None:
    assert (await sign_in("alice").get("/channels")).status_code == 200
    assert (await sign_in(None).get("/channels")).status_code == 303
    assert (await sign_in("dee").get("/channels")).status_code == 303
    assert (await api("dee").get("/api/v1/channels")).status_code == 401
