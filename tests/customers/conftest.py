from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from customers.desk import Desk, open_desk
from parley.core.machine import build
from parley.core.settings import Settings
from parley.customers import composition


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "contract: speaks with a real server on loopback")


@pytest.fixture
async def desk(settings: Settings, tmp_path: Path) -> AsyncIterator[Desk]:
    """The desk on a fresh house, where a reply leaves at once unless a test says otherwise."""
    machine = build(settings.model_copy(update={"undo_seconds": 0}))
    customers = composition.join(machine)
    await machine.start()
    yield await open_desk(machine, customers, tmp_path)
    await customers.close()
    await machine.close()
