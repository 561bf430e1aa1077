"""`parley demo`: Fernhill Hardware on loopback, from nothing."""

import asyncio
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from parley.app import serving
from parley.app.composition import House, compose
from parley.app.routes import check_guards
from parley.core import log, migrating
from parley.core.machine import Machine, build
from parley.core.settings import Settings
from parley.customers.house import sealer
from parley.demo import pages, ready
from parley.demo.fernhill import company
from parley.demo.living import Living
from parley.demo.seeding import seed
from parley.identity.service import sign_in_links
from parley.kit.errors import Problem
from parley.models.identity import Person


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command was given."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    fresh: bool = False
    still: bool = False
    ready_file: Path | None = None


class NotLoopback(Problem):
    """Everybody may be anybody in the demo, so it is for this machine only."""

    sentence = "The demo lets anybody be anybody, so it serves on loopback only. For others, use `parley serve`."


def settings_of(wishes: Wishes) -> Settings:
    """Return the settings of the demo: everything in one folder, mail received beside it and kept as files."""
    host = f"[{wishes.host}]" if ":" in wishes.host else wishes.host
    return Settings(
        database_url="",
        redis_url="",
        data_dir=wishes.data,
        public_url=f"http://{host}:{wishes.port}",
        demo=True,
        organisation=company().name,
        mail_in=f"{host}:0",
        log_format="console",
        log_level="warning",
    )


def run(wishes: Wishes) -> None:
    """Migrate, seed what is empty, serve until stopped; the company lives for two minutes unless `still`.

    Raises `NotLoopback`, and `OSError` when the port cannot be had.
    """
    if wishes.host not in {"127.0.0.1", "::1", "localhost"}:
        raise NotLoopback
    if wishes.fresh:
        shutil.rmtree(wishes.data, ignore_errors=True)
    wishes = replace(wishes, data=wishes.data.resolve())
    settings = settings_of(wishes)
    log.configure(settings.log_format, settings.log_level)
    listening = serving.listen(wishes.host, wishes.port)
    asyncio.run(_prepare(settings, wishes.data / "outbox"))

    async def open_shop(app: FastAPI) -> None:
        await _open(app, wishes)

    app = serving.application(settings, hooks=(open_shop,))
    app.include_router(pages.router)
    check_guards(app)
    serving.run(app, settings, listening)


async def _prepare(settings: Settings, outbox: Path) -> None:
    await migrating.upgrade(settings)
    machine = build(settings)
    try:
        async with machine.database.reading() as session:
            empty = (await session.execute(select(col(Person.id)).limit(1))).first() is None
        if empty:
            print("Fernhill Hardware moves in …", flush=True)  # noqa: T201  (a command speaks)
            house = compose(machine)
            await seed(machine, f"outbox://{outbox}", sealer(settings))
            await house.close()
    finally:
        await machine.close()


async def _open(app: FastAPI, wishes: Wishes) -> None:
    machine: Machine = app.state.machine
    house: House = app.state.house
    smtp = house.customers.mail_in.address
    living = Living(machine, company(), house.customers.house.terms, lambda: house.customers.mail_in.address)
    house.closing.insert(0, living.stop)
    app.state.cast, app.state.living = ready.cast(company()), living
    app.state.demo = {"mail": "care@fernhill.example", "life_url": "/demo/life"}
    if wishes.ready_file:
        await ready.write(machine, company(), wishes.ready_file, smtp, wishes.data / "outbox")
    else:
        async with machine.units.begin() as unit:
            await sign_in_links.forget_reusable(unit)
    lines = [f"\nFernhill Hardware is open: {machine.settings.public_url}/demo", ""]
    if smtp:
        lines += [
            f"  Mail to care@fernhill.example is received at {smtp[0]}:{smtp[1]} (SMTP);",
            f"  what leaves the house is written to {wishes.data / 'outbox'}.",
        ]
    print("\n".join([*lines, "", "  Ctrl+C closes the shop."]), flush=True)  # noqa: T201  (a command speaks)
    if not wishes.still:
        living.begin()
