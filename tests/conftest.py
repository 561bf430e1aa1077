"""What all tests share: a fresh migrated database on every engine that answers, and no way out of this machine."""

import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings

import engines
from engines import PostgresDatabases, SqliteFiles
from parley.core import log
from parley.core.machine import Machine, build
from parley.core.settings import Settings

# What guards every change tries the same examples every time, and a failing one is told as it is: making it small can
# take minutes. New examples are looked for, and made small, by `make check-full`.
hypothesis_settings.register_profile(
    "house", deadline=None, print_blob=True, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
hypothesis_settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=500)
hypothesis_settings.load_profile(os.environ.get("PARLEY_TEST_PROFILE", "house"))
for name in [name for name in os.environ if name.startswith("PARLEY_") and not name.startswith("PARLEY_TEST_")]:
    del os.environ[name]


def _stay_home(event: str, args: tuple) -> None:
    """Refuse connections that would leave this machine, whoever opens them."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host in {None, "", "localhost", "0.0.0.0", "::"}:
        return
    try:
        loopback = ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise RuntimeError(f"a test tried to reach {host}")


sys.addaudithook(_stay_home)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make check-full`: the second engine for what stands above the machine and does not race."""
    for item in items:
        spec = getattr(item, "callspec", None)
        above = not {"core", "house"} & set(item.path.parts)
        if spec is not None and above and "postgresql" in spec.params.values() and not item.get_closest_marker("races"):
            item.add_marker("full")


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    log.configure("console", "warning")


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases | None]:
    databases = engines.postgres()
    yield databases
    if databases:
        databases.close()


@pytest.fixture(params=engines.KINDS)
def databases(request: pytest.FixtureRequest) -> SqliteFiles | PostgresDatabases:
    """The engine under test; every test that stands on it runs once for each."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_files")
    found = request.getfixturevalue("postgres_databases")
    if found is None:
        pytest.skip(f"PostgreSQL does not answer ({engines.LEFT_OUT['PostgreSQL']})")
    return found


@pytest.fixture
def settings(databases: SqliteFiles | PostgresDatabases, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a fresh migrated database."""
    url = databases.fresh(tmp_path / "data")
    yield engines.settings_for(tmp_path / "data", url)
    databases.drop(url)


@pytest.fixture
async def machine(settings: Settings) -> AsyncIterator[Machine]:
    """The running machine on a fresh migrated database, before any domain has joined it."""
    machine = build(settings)
    await machine.start()
    yield machine
    await machine.close()


@pytest.fixture
def redis_url() -> str:
    """A Redis to share; the bus of each installation has a channel of its own there."""
    url = engines.redis_url()
    if not url:
        pytest.skip(f"Redis does not answer ({engines.LEFT_OUT['Redis']})")
    return url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and why, where nobody can overlook it."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for report in terminalreporter.stats.get("skipped", ())
    )
    for why, count in reasons.most_common():
        terminalreporter.write_sep("!", f"LEFT OUT: {count} tests: {why}", red=True, bold=True)
