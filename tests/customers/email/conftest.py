from collections.abc import AsyncIterator, Iterator

import pytest

from customers.email.postoffice import PostOffice, missing, open_post_office
from engines import LEFT_OUT
from parley.customers.connectors.email.body import BodyReader


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "contract: speaks with a real server on loopback")


@pytest.fixture
async def reader() -> AsyncIterator[BodyReader]:
    reader = BodyReader()
    yield reader
    await reader.close()


@pytest.fixture(scope="session")
def post_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    reason = missing()
    if reason:
        LEFT_OUT["a real mail server"] = reason
        pytest.skip(reason)
    with open_post_office(tmp_path_factory.mktemp("post-office")) as office:
        yield office
