"""The API does what its description says: made-up requests from the description get answers that are described."""

import asyncio

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from house.walking import Walk
from parley.app import serving
from realtime.lines import serve

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


@pytest.fixture
def line():
    listening = serving.listen("127.0.0.1", 0)
    yield listening
    listening.close()


@pytest.mark.parametrize("examples", [6, pytest.param(100, marks=pytest.mark.full)])
async def test_what_is_asked_as_described_is_answered_as_described(app: FastAPI, walk: Walk, line, examples) -> None:
    cast = walk.props.cast
    host, port = line.getsockname()
    async with serve(app, line):
        complaints = await asyncio.to_thread(explore, app.openapi(), f"http://{host}:{port}", cast, examples)
    assert not complaints, "\n".join([f"{len(complaints)} complaints", *complaints[:40]])


def explore(described: dict, base: str, cast, examples: int) -> list[str]:
    """Ask every operation as somebody who may, and with a token that is none; return what went wrong."""
    for path in described["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and "maximum" in parameter["schema"]:
                    # Of two billion ids none would be there.
                    parameter["schema"]["maximum"] = 12
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=base)
    complaints: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        admin = operation.path.startswith(("/api/v1/sources", "/api/v1/audit"))
        try:
            exploring(operation, (cast.ida if admin else cast.alice).token, examples)()
        except (AssertionError, BaseExceptionGroup) as error:
            complaints.append(f"{operation.label}: {getattr(error, 'exceptions', error)}")
    return complaints


def exploring(operation, token: str, examples: int):
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case) -> None:
        case.call_and_validate(headers={"authorization": f"Bearer {token}"}, checks=CHECKS)
        assert case.call(headers={"authorization": "Bearer nobody's"}).status_code == 401

    return ask
