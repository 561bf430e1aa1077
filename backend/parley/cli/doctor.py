"""`parley doctor`: what is set and where it came from, and whether everything this installation stands on answers."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import typer

from parley.cli.running import finish, load_settings
from parley.core.settings import Settings

_URL_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")
_SECRET = ("secret_key", "metrics_token")
_INNER = ("demo",)
OK, NOTE, FAIL = "ok", "note", "FAIL"
LEAST_FREE = 1 << 30
"""Bytes; below a gigabyte uploads and the database soon stop."""


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command()(doctor)


def doctor() -> None:
    """Show the settings and check everything this installation stands on; 1 when something vital is missing."""
    settings = load_settings()
    typer.echo("Settings")
    for name, value, origin in described(settings):
        typer.echo(f"  {name:<28} {value:<44} {origin}".rstrip())
    typer.echo("\nChecks")
    found = finish(checked(settings))
    for name, verdict, words in found:
        typer.echo(f"  {verdict:<4} {name}: {words}")
    if any(verdict == FAIL for _, verdict, _ in found):
        raise typer.Exit(1)


def described(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield each setting's name, its value without secrets, and where it came from."""
    given = {name.upper() for name in os.environ}
    file = Path(str(settings.model_config.get("env_file") or ""))
    in_file = (
        {line.split("=", 1)[0].strip().upper() for line in file.read_text().splitlines() if "=" in line}
        if file.is_file()
        else set()
    )
    for field in type(settings).model_fields:
        name = f"PARLEY_{field.upper()}"
        if field not in _INNER:
            origin = "environment" if name in given else str(file) if name in in_file else "default"
            yield name, _shown(settings, field), origin


def _shown(settings: Settings, field: str) -> str:
    value = settings.resolved_database_url if field == "database_url" else getattr(settings, field)
    if field in _SECRET:
        return "[masked]" if value else "-"
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return _URL_PASSWORD.sub("[masked]", text) if value not in (None, "", ()) else "-"


async def checked(settings: Settings) -> list[tuple[str, str, str]]:
    """Ask every part; return its name, whether it is sound, and what was found."""
    from parley.app import health
    from parley.core import paths
    from parley.core.machine import build

    machine = build(settings)
    try:
        found = [
            (part.name, OK if part.ok else FAIL if part.vital else NOTE, part.words)
            for part in await health.parts(machine)
        ]
    finally:
        await machine.close()
    built = (paths.dist_dir() / "manifest.json").is_file()
    found.append(("front end", _verdict(built), "built" if built else "not built: run `make setup`"))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free
    found.append(("disk", _verdict(free >= LEAST_FREE), f"{free / (1 << 30):.1f} GiB free under {settings.data_dir}"))
    writable = os.access(settings.data_dir, os.W_OK)
    found.append(
        ("data directory", _verdict(writable), "writable" if writable else f"{settings.data_dir} cannot be written")
    )
    found.append(await _clock(settings))
    local = "127.0.0.1" in settings.public_url or "localhost" in settings.public_url
    safe = settings.secure or local
    found.append(
        ("public address", _verdict(safe), settings.public_url if safe else "not https: passwords and cookies are open")
    )
    return found


def _verdict(sound: bool) -> str:
    return OK if sound else FAIL


async def _clock(settings: Settings) -> tuple[str, str, str]:
    """Compare our clock with the database server's; leases and sessions live by both."""
    from sqlalchemy import text

    from parley.core.migrating import on_own_connection
    from parley.kit import clock

    if settings.embedded:
        return "clock", OK, f"{clock.now():%Y-%m-%d %H:%M} UTC"
    try:
        there = await on_own_connection(
            settings, lambda connection: connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        )
    except Exception as error:  # noqa: BLE001  (drivers raise what they like when nobody answers)
        return "clock", FAIL, f"the database's clock cannot be read ({type(error).__name__})"
    apart = abs((clock.now() - there).total_seconds())
    return "clock", _verdict(apart < 5), f"{apart:.1f} s apart from the database's"
