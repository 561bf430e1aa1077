"""`parley demo` and `parley seed demo`: the company to try everything with."""

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.running import refuse, run
from parley.core.machine import Machine
from parley.kit.errors import Problem


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command()(demo)
    group = typer.Typer(help="Fill an empty database.", no_args_is_help=True)
    group.callback()(_group)
    group.command("demo")(seed_demo)
    app.add_typer(group, name="seed")


def _group() -> None:
    """Fill an empty database."""


def demo(
    data: Annotated[Path, typer.Option(help="the folder that holds everything")] = Path("var/demo"),
    host: Annotated[str, typer.Option(help="loopback address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65_535)] = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="begin anew: the folder's content is thrown away")] = False,
    still: Annotated[bool, typer.Option("--still", help="nobody acts by themselves")] = False,
    ready_file: Annotated[Path | None, typer.Option(help="told as JSON here when it serves")] = None,
) -> None:
    """Serve Fernhill Hardware, a company that exists only here, on this machine."""
    from parley.demo.run import Wishes
    from parley.demo.run import run as open_shop

    try:
        open_shop(Wishes(data, host, port, fresh=fresh, still=still, ready_file=ready_file))
    except Problem as problem:
        refuse(problem.words)
    except OSError as error:
        refuse(f"Nothing can listen on {host} port {port}: {error.strerror}.")


def seed_demo() -> None:
    """Seed Fernhill Hardware into the empty database of the settings."""
    run(_seed)
    typer.echo("Fernhill Hardware has moved in.")


async def _seed(machine: Machine) -> None:
    from parley.customers.house import sealer
    from parley.demo.seeding import seed

    await seed(machine, f"outbox://{(machine.settings.data_dir / 'outbox').resolve()}", sealer(machine.settings))
