"""These tests play with the cast, on a server that really listens."""

from collections.abc import AsyncIterator, Iterator
from socket import socket

import pytest
from fastapi import FastAPI

from cast import Cast
from parley.app import serving
from parley.core.settings import Settings
from realtime.lines import Lines, serve
from stage import api, app, cast, house, machine, scripts, sign_in, staged

__all__ = ["api", "app", "cast", "house", "machine", "scripts", "sign_in", "staged"]


@pytest.fixture
def listening() -> Iterator[socket]:
    listening = serving.listen("127.0.0.1", 0)
    yield listening
    listening.close()


@pytest.fixture
def settings(staged: tuple[Settings, Cast], listening: socket) -> Settings:
    return staged[0].model_copy(update={"public_url": f"http://127.0.0.1:{listening.getsockname()[1]}"})


@pytest.fixture
async def lines(app: FastAPI, cast: Cast, listening: socket) -> AsyncIterator[Lines]:
    """Sockets to the running server."""
    async with serve(app, listening):
        lines = Lines(app, cast)
        yield lines
        await lines.close()
