"""The database: many readers, writers in turn, and failures of its own as facts."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

import engines
from parley.core.database import Database, translated
from parley.core.machine import Machine
from parley.kit.errors import StorageFull, Unavailable
from processes import free_port


async def test_read_then_write_loses_nothing_among_many(machine: Machine) -> None:
    async with machine.units.begin() as unit:
        await unit.session.execute(text("INSERT INTO thread (comment_count) VALUES (0)"))

    async def add_one() -> None:
        async with machine.units.begin() as unit:
            if not machine.settings.embedded:
                await unit.session.execute(text("SELECT id FROM thread FOR UPDATE"))
            count = (await unit.session.execute(text("SELECT comment_count FROM thread"))).scalar_one()
            await asyncio.sleep(0)
            await unit.session.execute(text("UPDATE thread SET comment_count = :new"), {"new": count + 1})

    await asyncio.gather(*(add_one() for _ in range(40)))
    async with machine.database.reading() as session:
        assert (await session.execute(text("SELECT comment_count FROM thread"))).scalar_one() == 40


async def test_readers_go_on_while_somebody_writes(machine: Machine) -> None:
    async with machine.units.begin() as unit:
        await unit.session.execute(text("INSERT INTO thread (comment_count) VALUES (0)"))
        async with asyncio.timeout(10), machine.database.reading() as session:
            assert (await session.execute(text("SELECT count(*) FROM thread"))).scalar_one() == 0


async def test_foreign_keys_hold_on_both_engines(machine: Machine) -> None:
    with pytest.raises(DBAPIError):
        await refer_to_nothing(machine)


async def refer_to_nothing(machine: Machine) -> None:
    async with machine.units.begin() as unit:
        await unit.session.execute(
            text(
                "INSERT INTO api_token (person_id, name, token_hash, scopes, created_at)"
                " VALUES (4711, 'x', 'x', '[]', CURRENT_TIMESTAMP)"
            )
        )


@pytest.mark.parametrize("words", ["database or disk is full", "could not extend file: No space left on device"])
def test_a_full_disk_is_507(words: str) -> None:
    with pytest.raises(StorageFull), translated():
        raise OperationalError("INSERT", {}, sqlite3.OperationalError(words))


async def test_a_database_that_is_away_is_503_within_a_moment(tmp_path: Path) -> None:
    database = Database(engines.settings_for(tmp_path, f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"))
    for way in (database.reading, database.writing):
        with pytest.raises(Unavailable):
            await ask(way)
    await database.close()


async def ask(way) -> None:
    async with way() as session:
        await session.execute(text("SELECT 1"))


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)  # an embedded one has no connections to cut
async def test_connections_that_were_cut_are_503_and_the_next_try_works(machine: Machine) -> None:
    async with machine.database.reading() as session:
        await session.execute(text("SELECT 1"))

    async def cut(session) -> None:
        own = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with machine.database.writing() as other:
            await other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        await session.execute(text("SELECT 1"))

    with pytest.raises(Unavailable):
        await within(machine.database.writing, cut)
    await ask(machine.database.writing)
    await ask(machine.database.reading)


async def within(way, work) -> None:
    async with way() as session:
        await work(session)


async def test_a_mistake_of_ours_is_not_called_a_busy_moment(machine: Machine) -> None:
    with pytest.raises(DBAPIError):
        await within(machine.database.reading, lambda session: session.execute(text("SELECT * FROM no_such_table")))
