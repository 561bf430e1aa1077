"""Serving as an operator does it: one process, many, and a worker apart; and how each ends."""

import json
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

import engines
from parley.core.settings import Settings
from processes import PATIENCE, Process, free_port, run


@pytest.fixture
def plan(settings: Settings) -> dict[str, object]:
    """Settings of the cast's installation, as the environment carries them."""
    port = free_port()
    return {
        "data_dir": settings.data_dir,
        "database_url": settings.database_url,
        "secret_key": engines.SECRET,
        "public_url": f"http://127.0.0.1:{port}",
        "port": port,
    }


def serve(plan: dict[str, object], cwd: Path, *words: str, times: int = 1) -> Process:
    settings = {name: value for name, value in plan.items() if name != "port"}
    return Process("serve", "--port", str(plan["port"]), *words, settings=settings, cwd=cwd).saw('"serving"', times)


def ready(plan: dict[str, object]) -> dict:
    with urllib.request.urlopen(f"{plan['public_url']}/readyz", timeout=PATIENCE) as answer:
        return json.load(answer)


def figures(plan: dict[str, object]) -> dict[str, float]:
    request = urllib.request.Request(f"{plan['public_url']}/metrics", headers={"Authorization": "Bearer scrape-me"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def listen(plan: dict[str, object], token: str) -> ClientConnection:
    address = str(plan["public_url"]).replace("http", "ws")
    return connect(f"{address}/api/v1/live", additional_headers={"Authorization": f"Bearer {token}"})


def test_one_process_ends_within_ten_seconds_and_tells_its_sockets_to_come_back(plan, cast, tmp_path) -> None:
    with serve(plan, tmp_path) as server, listen(plan, cast.people["alice"].token) as socket:
        socket.send(json.dumps({"subscribe": {"person:me": -1}}))
        begun = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - begun < 10
        assert closing_code(socket) == 1012
        assert not [line for line in server.lines if "Traceback" in line or '"error"' in line]


def test_a_port_that_is_taken_is_said_in_a_sentence(plan, tmp_path) -> None:
    with (
        serve(plan, tmp_path),
        Process(
            "serve", "--port", str(plan["port"]), settings={"data_dir": tmp_path / "other"}, cwd=tmp_path
        ) as second,
    ):
        second.saw(f"Nothing can listen on 127.0.0.1 port {plan['port']}")


def test_many_processes_and_a_worker_apart_are_one_installation(plan, cast, redis_url, tmp_path) -> None:
    plan |= {"redis_url": redis_url, "metrics_token": "scrape-me"}
    settings = {name: value for name, value in plan.items() if name != "port"}
    with serve(plan, tmp_path, "--processes", "2", "--no-worker", times=2) as servers:
        assert "no worker" in ready(plan)["parts"]["worker"]
        with Process("worker", settings=settings, cwd=tmp_path).saw("worker_started") as worker:
            until = time.monotonic() + PATIENCE
            while ready(plan)["status"] != "ok" and time.monotonic() < until:
                time.sleep(0.05)
            assert ready(plan)["parts"]["worker"] == "1 alive"
            with listen(plan, cast.people["bob"].token) as socket:
                channel = cast.channels["square"]
                socket.send(json.dumps({"subscribe": {f"channel:{channel}": 0}}))
                # With two processes some of these are taken by the one that does not have the socket.
                made = [post(plan, cast.people["alice"].token, channel, f"Number {number}") for number in range(4)]
                heard: list[int] = []
                while heard[-4:] != made:
                    frame = json.loads(socket.recv(timeout=PATIENCE))
                    if frame.get("event") == "post.published":
                        heard.append(frame["data"]["post_id"])
                assert len(heard) == len(set(heard)), "nothing comes twice"
                told = figures(plan)
                assert told["parley_sockets"] == 1
                assert told['parley_request_seconds_count{method="POST",status="201"}'] == 4, "added up over processes"
            assert worker.end() == 0
        assert servers.end() == 0
    assert run("source", "list", settings=settings, cwd=tmp_path) is not None


def closing_code(socket: ClientConnection) -> int:
    """Read to the end; return the code with which the other side closed."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=PATIENCE)
    assert socket.close_code is not None
    return socket.close_code


def post(plan: dict[str, object], token: str, channel: int, body: str) -> int:
    request = urllib.request.Request(
        f"{plan['public_url']}/api/v1/channels/{channel}/posts",
        data=json.dumps({"body": body}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 201
        return json.load(answer)["id"]
