"""`parley provider add` and `parley provider test`."""

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.running import refuse, run
from parley.core.machine import Machine

_provider = typer.Typer(help="OpenID Connect providers, with which people sign in.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_provider, name="provider")


@_provider.command()
def add(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="short name, part of the callback's address")],
    issuer: Annotated[str, typer.Option(metavar="URL")],
    client_id: Annotated[str, typer.Option(metavar="ID")],
    client_secret_file: Annotated[
        Path | None, typer.Option(help="file with the secret; none for a public client")
    ] = None,
    name: Annotated[str, typer.Option(help="on the sign-in button; else the short name")] = "",
    groups_claim: Annotated[str, typer.Option(metavar="NAME")] = "",
    domain: Annotated[list[str] | None, typer.Option(help="e-mail domain it vouches for; repeatable")] = None,
    trust_email: Annotated[bool, typer.Option("--trust-email", help="link accounts by its verified e-mail")] = False,
    jit: Annotated[bool, typer.Option("--jit", help="make accounts at the first sign-in")] = False,
) -> None:
    """Add a provider, and print the address it must send people back to."""
    from parley.identity import wiring
    from parley.identity.service import providers

    try:
        secret = client_secret_file.read_text().strip() if client_secret_file else ""
    except OSError as error:
        refuse(f"{client_secret_file} cannot be read: {error.strerror}.")

    async def work(machine: Machine) -> str:
        wanted = providers.Wanted(
            slug, name or slug, issuer, client_id, secret, groups_claim, tuple(domain or ()), trust_email, jit
        )
        settings = machine.settings
        clean = providers.checked(wanted, plain_http=not settings.secure)
        async with machine.units.begin() as unit:
            row = await providers.save(unit, clean, wiring.seals(settings), by=None, via="command")
        return f"{settings.public_url}/auth/{row.slug}/callback"

    typer.echo(run(work))


@_provider.command()
def test(slug: Annotated[str, typer.Argument(metavar="SLUG")]) -> None:
    """Read the provider's metadata and keys now, and open its stored secret."""
    from sqlalchemy import select
    from sqlmodel import col

    from parley.identity import wiring
    from parley.kit.errors import NotFound
    from parley.models.identity import Provider

    async def work(machine: Machine) -> str:
        async with machine.database.reading() as session:
            row = (await session.execute(select(Provider).where(col(Provider.slug) == slug))).scalar_one_or_none()
        if row is None:
            raise NotFound("There is no provider %(slug)s.", slug=slug)
        ways = wiring.build(machine.settings)
        try:
            ways.secret_of(row)
            facts = await ways.discovery.facts(row.issuer)
            await ways.discovery.keys(row.issuer)
        finally:
            await ways.http.aclose()
        return f"{slug} answers: people sign in at {facts.authorization_endpoint}."

    typer.echo(run(work))
