"""Trying the connections of a source, stored or only described, without keeping anything."""

from functools import partial

from parley.core.blobs import Blobs
from parley.core.http import GuardedClient
from parley.core.settings import Settings
from parley.customers.connectors.base import Health
from parley.customers.connectors.email.body import BodyReader
from parley.customers.house import House, connector
from parley.customers.service.secrets import Secrets
from parley.kit.errors import Problem
from parley.models.customers import Source


async def try_source(settings: Settings, source: Source, secrets: Secrets | None = None) -> Health:
    """Connect to the servers of `source` and say in words what was found; `secrets` are those that were just typed."""
    client = GuardedClient.of(settings)
    house = House(settings, Blobs(settings.data_dir), BodyReader(), partial(client.dial, trusted=True))
    try:
        made = house.connector(source) if secrets is None else connector(house, source, secrets)
        return await made.test()
    except Problem as problem:
        return Health(ok=False, words=problem.words)
    finally:
        await client.aclose()
