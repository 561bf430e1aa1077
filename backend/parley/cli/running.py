"""What every command needs: the settings, a machine that knows its domains, and refusals in one sentence."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer
from pydantic import ValidationError

from parley.core import log, migrating
from parley.core.machine import Machine, build
from parley.core.settings import Settings
from parley.kit.errors import Problem

T = TypeVar("T")
_LEVELS = ("debug", "info", "warning", "error")


def refuse(sentence: str) -> NoReturn:
    """End with `sentence` on stderr and exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def load_settings(*, serves: bool = False, **given: object) -> Settings:
    """Read the settings and set the logs up; refuse what cannot be read, naming each setting.

    Only what `serves` writes its log at the level of the settings: other commands say what they did themselves.
    """
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # values by name, checked by pydantic
    except ValidationError as error:
        wrong = (
            f"PARLEY_{str(part['loc'][0]).upper()}: {part['msg'].removeprefix('Value error, ')}"
            for part in error.errors()
        )
        refuse("\n".join(wrong))
    if settings.demo:
        refuse("PARLEY_DEMO would let anybody be anybody. Only `parley demo` may do that, on loopback.")
    level = settings.log_level if serves else max("warning", settings.log_level, key=_LEVELS.index)
    log.configure("console" if sys.stderr.isatty() else settings.log_format, level)
    return settings


def run(work: Callable[[Machine], Awaitable[T]], settings: Settings | None = None) -> T:
    """Run `work` on a machine that all domains have joined, on a schema that is as this version needs it."""
    chosen = settings or load_settings()
    return finish(_with_machine(chosen, work))


def finish(work: Awaitable[T]) -> T:
    """Await `work`; what is refused ends in its sentence, not in a traceback."""

    async def begin() -> T:
        return await work

    try:
        return asyncio.run(begin())
    except Problem as problem:
        refuse("\n".join([problem.words, *(f"  {name}: {words}" for name, words in problem.fields.items())]))
    except KeyboardInterrupt:
        refuse("Stopped.")


async def _with_machine(settings: Settings, work: Callable[[Machine], Awaitable[T]]) -> T:
    from parley.app.composition import compose

    await ready_schema(settings)
    machine = build(settings)
    house = compose(machine)
    try:
        return await work(machine)
    finally:
        await house.close()
        await machine.close()


async def ready_schema(settings: Settings) -> None:
    """Migrate an embedded database; refuse to work on any other whose schema is not the one this version needs."""
    if settings.embedded:
        await migrating.upgrade(settings)
        return
    try:
        found = await migrating.standing(settings)
    except Exception as error:  # noqa: BLE001  (drivers raise what they like when nobody answers)
        refuse(f"The database does not answer: {error}")
    if found != migrating.head():
        refuse(
            f"The database's schema is at {found or 'nothing'}, this version needs {migrating.head()}."
            " Run `parley migrate` first."
        )
