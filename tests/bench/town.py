"""A large company in one file: 10,000 persons, 2,000 channels and as many posts as asked, written past the house."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta

from bench.house import BODY
from parley.app.composition import compose
from parley.core import migrating
from parley.core.machine import build
from parley.core.settings import Settings
from parley.identity.service import accounts, tokens
from parley.kit import clock
from parley.policy.actor import SCOPES

PERSONS, CHANNELS, FOLLOWED, MANY = 10_000, 2_000, 40, 200
READER, CROWDED, QUIET = 1, 2, 3
"""Who follows 40 usual channels, who follows 200, and who follows 40 in which next to nothing happens."""
QUIET_CHANNELS = range(CHANNELS - FOLLOWED + 1, CHANNELS + 1)
SPOKEN, AGAIN = 5, 7
"""Every fifth post has a comment, every seventh a reaction."""


def furnish(settings: Settings, posts: int) -> list[str]:
    """Write the company with `posts` posts; return the tokens of reader, crowded and quiet reader."""
    secrets = asyncio.run(_first_persons(settings))
    database = sqlite3.connect(settings.data_dir / "parley.db", isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-800000"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("BEGIN")
    now = clock.now()
    _persons(database, now)
    _channels(database, now, posts)
    _posts(database, now, posts)
    database.execute("COMMIT")
    database.execute("ANALYZE")
    database.close()
    return secrets


async def _first_persons(settings: Settings) -> list[str]:
    await migrating.upgrade(settings)
    machine = build(settings)
    house = compose(machine)
    secrets = []
    async with machine.units.begin() as unit:
        for number in range(3):
            person = await accounts.create_person(
                unit, email=f"p{number}@example.org", name=f"Person {number}", by=None, via="machine"
            )
            _, secret = await tokens.create(unit, person.id or 0, name="bench", scopes=SCOPES, by=None, via="machine")
            secrets.append(secret)
    await house.close()
    await machine.close()
    return secrets


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def _insert(database: sqlite3.Connection, table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
    places = ", ".join("?" * len(columns.split(",")))
    database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608  (names alone)


def _filled(database: sqlite3.Connection, table: str, known: str) -> str:
    """Return the columns that must be given beside `known`, each as `name=default of its type`."""
    named = {name.strip() for name in known.split(",")}
    rows = database.execute(f"PRAGMA table_info({table})").fetchall()
    assert named <= {row[1] for row in rows}, named - {row[1] for row in rows}
    return ", ".join(row[1] for row in rows if row[3] and row[4] is None and not row[5] and row[1] not in named)


def _rows(database: sqlite3.Connection, table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
    """Insert `rows`; columns that may not be empty and were not named get the nothing of their type."""
    rest = [name for name in _filled(database, table, columns).split(", ") if name]
    kinds = {row[1]: row[2].upper() for row in database.execute(f"PRAGMA table_info({table})")}
    nothing = tuple(
        "" if kinds[name].startswith(("VARCHAR", "TEXT")) else "[]" if kinds[name] == "JSON" else 0 for name in rest
    )
    _insert(database, table, ", ".join([columns, *rest]), (row + nothing for row in rows))


def _persons(database: sqlite3.Connection, now: datetime) -> None:
    some = range(4, PERSONS + 1)
    _rows(
        database,
        "person",
        "id, handle, email, email_norm, name, active, created_at, theme",
        ((n, f"p{n}", f"p{n}@example.org", f"p{n}@example.org", f"Person {n}", 1, _moment(now), "auto") for n in some),
    )
    _rows(database, "profile", "person_id, title, hue, updated_at", ((n, "Fitter", n % 12, _moment(now)) for n in some))


def _channels(database: sqlite3.Connection, now: datetime, posts: int) -> None:
    busy = CHANNELS - FOLLOWED
    _rows(
        database,
        "channel",
        "id, name, name_norm, kind, who_posts, last_number, created_at",
        (
            (n, f"room-{n}", f"room-{n}", "open", "members", posts // busy if n <= busy else 2, _moment(now))
            for n in range(1, CHANNELS + 1)
        ),
    )
    follows = [(READER, n) for n in range(1, FOLLOWED + 1)]
    follows += [(CROWDED, n) for n in range(1, MANY + 1)]
    follows += [(QUIET, n) for n in QUIET_CHANNELS]
    follows += [(person, person * 7 % busy + 1 + n) for person in range(4, PERSONS + 1) for n in range(FOLLOWED)]
    _rows(
        database,
        "membership",
        "channel_id, person_id, role, follow, since",
        ((channel, person, "member", "all", _moment(now)) for person, channel in follows if channel <= CHANNELS),
    )


def _posts(database: sqlite3.Connection, now: datetime, posts: int) -> None:
    busy = CHANNELS - FOLLOWED
    quiet = 2 * FOLLOWED
    whole = range(1, posts // busy * busy + 1)
    last = whole[-1] + quiet

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(1, quiet + 1):
            yield n, QUIET_CHANNELS[n % FOLLOWED], (n - 1) // FOLLOWED + 1
        for n in whole:
            yield n + quiet, (n - 1) % busy + 1, (n - 1) // busy + 1

    start = now - timedelta(days=700)
    step = timedelta(days=700) / last
    _rows(
        database,
        "thread",
        "id, comment_count, last_comment_at",
        ((n, int(n % SPOKEN == 0), _moment(start + step * n)) for n in range(1, last + 1)),
    )
    _rows(
        database,
        "post",
        "id, channel_id, number, kind, author_id, thread_id, body, body_html, version, published_at",
        (
            (
                n,
                channel,
                number,
                "update",
                n * 31 % PERSONS + 1,
                n,
                BODY,
                f"<p>{BODY}</p>",
                1,
                _moment(start + step * n),
            )
            for n, channel, number in rows()
        ),
    )
    newest = range(max(1, last - 60_000), last + 1)
    _rows(
        database,
        "comment",
        "thread_id, author_id, body, body_html, version, created_at",
        ((n, n * 17 % PERSONS + 1, "Thanks.", "<p>Thanks.</p>", 1, _moment(now)) for n in newest if n % SPOKEN == 0),
    )
    _rows(
        database,
        "reaction",
        "post_id, person_id, emoji, created_at",
        ((n, n * 13 % PERSONS + 1, "helpful", _moment(now)) for n in newest if n % AGAIN == 0),
    )
