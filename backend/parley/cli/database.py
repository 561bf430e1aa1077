"""`parley migrate`, `parley seed demo`, `parley backup`, `parley restore`."""

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.running import finish, load_settings, refuse
from parley.core import migrating


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command()(migrate)
    app.command()(backup)
    app.command()(restore)


def migrate() -> None:
    """Bring the database's schema to what this version needs."""
    settings = load_settings()
    done = finish(migrating.upgrade(settings))
    typer.echo(f"The schema is at {migrating.head()}." if done else f"The schema was at {migrating.head()} already.")


def backup(file: Annotated[Path, typer.Argument(help="the archive to write; never overwritten")]) -> None:
    """Write database and files into one archive while everybody works on."""
    from parley.cli import archive

    settings = load_settings()
    try:
        typer.echo(archive.write(settings, file))
    except (archive.Refused, OSError) as error:
        refuse(str(error))


def restore(file: Annotated[Path, typer.Argument(help="an archive of `parley backup`", exists=True)]) -> None:
    """Fill an empty installation from an archive, and bring its schema up to this version."""
    from parley.cli import archive

    settings = load_settings()
    try:
        typer.echo(archive.read(settings, file))
    except (archive.Refused, OSError) as error:
        refuse(str(error))
    finish(migrating.upgrade(settings))
