"""`parley source add`, `parley source list`, `parley source test`."""

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.running import refuse, run
from parley.core.machine import Machine
from parley.core.unit import Unit

_source = typer.Typer(help="Where customers write to.", no_args_is_help=True)
_add = typer.Typer(help="Connect a place that customers write to.", no_args_is_help=True)
_source.add_typer(_add, name="add")


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_source, name="source")


@_add.callback()
def _kinds() -> None:
    """Keep the kinds a group while there is one."""


@_add.command("email")
def add_email(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    address: Annotated[str, typer.Option(help="the address customers write to")],
    channel: Annotated[str, typer.Option(help="the channel that hears of it; none for the queue alone")] = "",
    imap_url: Annotated[str, typer.Option(help="imaps://user@host:port; none when mail is received directly")] = "",
    smtp_url: Annotated[str, typer.Option(help="smtps://user@host:port")] = "",
    password_file: Annotated[Path | None, typer.Option(help="file with the password of both servers")] = None,
    display_name: Annotated[str, typer.Option(help="name that customers see")] = "",
    days_back: Annotated[int, typer.Option(help="how much of the mailbox's past is read, as history")] = 0,
) -> None:
    """Connect a mailbox. Passwords come from a file or stand in the URLs; they are sealed."""
    from parley.customers import house
    from parley.customers.service import sources

    try:
        password = password_file.read_text().strip() if password_file else None
    except OSError as error:
        refuse(f"{password_file} cannot be read: {error.strerror}.")

    async def work(machine: Machine) -> str:
        draft = sources.SourceDraft(
            name,
            address,
            display_name=display_name,
            imap_url=imap_url,
            imap_password=password,
            smtp_url=smtp_url,
            smtp_password=password,
            days_back=days_back,
        )
        async with machine.units.begin() as unit:
            channel_id = await _channel_id(unit, channel) if channel else None
            row = await sources.create(
                unit, None, draft, house.sealer(machine.settings), channel_id=channel_id, via="command"
            )
            return f"{row.name} ({row.address}) is connected."

    typer.echo(run(work))


@_source.command("list")
def list_sources() -> None:
    """Print one line for each source: name, address, state, when it was last read, what is wrong."""
    from sqlalchemy import select
    from sqlmodel import col

    from parley.kit.clock import rfc3339
    from parley.models.customers import Source

    async def work(machine: Machine) -> list[str]:
        async with machine.database.reading() as session:
            rows = (await session.execute(select(Source).order_by(col(Source.name)))).scalars().all()
        return [
            "\t".join(
                (
                    row.name,
                    row.kind,
                    row.address,
                    row.state,
                    rfc3339(row.fetched_at) if row.fetched_at else "never read",
                    row.error,
                )
            ).rstrip()
            for row in rows
        ]

    for line in run(work):
        typer.echo(line)


@_source.command("test")
def test_source(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Try the source's servers now, and say in words what was found."""
    from sqlalchemy import select
    from sqlmodel import col

    from parley.core.blobs import Blobs
    from parley.customers.connectors.base import Health
    from parley.customers.connectors.email.body import BodyReader
    from parley.customers.house import House
    from parley.kit.errors import NotFound
    from parley.models.customers import Source

    async def work(machine: Machine) -> Health:
        async with machine.database.reading() as session:
            row = (await session.execute(select(Source).where(col(Source.name) == name))).scalar_one_or_none()
        if row is None:
            raise NotFound("There is no source %(name)s.", name=name)
        house = House(machine.settings, Blobs(machine.settings.data_dir / "blobs"), BodyReader())
        try:
            return await house.connector(row).test()
        finally:
            await house.close()

    health = run(work)
    if not health.ok:
        refuse(health.words)
    typer.echo(health.words)


async def _channel_id(unit: Unit, name: str) -> int:
    from sqlalchemy import select
    from sqlmodel import col

    from parley.channels.service.lifecycle import tidy_name
    from parley.kit.errors import NotFound
    from parley.models.channels import Channel

    found = (
        await unit.session.execute(select(col(Channel.id)).where(col(Channel.name_norm) == tidy_name(name)))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no channel %(name)s.", name=name)
    return int(found)
