"""`parley admin`, `parley sign-in-link`, `parley token`, `parley scim-token`, `parley person deactivate`."""

from typing import Annotated

import typer

from parley.cli.running import run
from parley.core.machine import Machine
from parley.core.unit import Unit

Email = Annotated[str, typer.Argument(metavar="EMAIL")]
_admin = typer.Typer(help="Break-glass accounts, for when the identity provider is away.", no_args_is_help=True)
_token = typer.Typer(help="Tokens of programs that act as a person.", no_args_is_help=True)
_scim = typer.Typer(help="Tokens with which an identity provider provisions.", no_args_is_help=True)
_person = typer.Typer(help="People.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_admin, name="admin")
    app.command("sign-in-link")(sign_in_link)
    app.add_typer(_token, name="token")
    app.add_typer(_scim, name="scim-token")
    app.add_typer(_person, name="person")


@_admin.callback()
@_token.callback()
@_scim.callback()
@_person.callback()
def _group() -> None:
    """Keep a group of one command a group."""


@_admin.command("create")
def create_admin(
    email: Email, name: Annotated[str, typer.Option(help="shown name; else made from the address")] = ""
) -> None:
    """Make the account of EMAIL an IT admin, or make one; it signs in by `parley sign-in-link`."""
    from parley.identity.service import accounts

    async def work(machine: Machine) -> str:
        async with machine.units.begin() as unit:
            return (await accounts.make_admin(unit, email=email, name=name)).email

    typer.echo(f"{run(work)} is an IT admin. To sign in: parley sign-in-link {email}")


def sign_in_link(email: Email) -> None:
    """Print a link that signs EMAIL in once, within ten minutes."""
    from parley.identity.service import sign_in_links

    async def work(machine: Machine) -> str:
        async with machine.units.begin() as unit:
            person_id = await _person_id(unit, email)
            secret = await sign_in_links.create(unit, person_id, by=None, via="command")
        return f"{machine.settings.public_url}/auth/link/{secret}"

    typer.echo(run(work))


@_token.command("create")
def create_token(
    person: Annotated[str, typer.Option(metavar="EMAIL", help="who the program acts as")],
    name: Annotated[str, typer.Option(help="what the token is for")],
    scope: Annotated[list[str], typer.Option(help="what it may do; may be given more than once")],
    days: Annotated[int | None, typer.Option(help="how long it lasts; else until revoked")] = None,
) -> None:
    """Print a new API token, once, alone on stdout."""
    from parley.identity.service import tokens

    async def work(machine: Machine) -> str:
        async with machine.units.begin() as unit:
            person_id = await _person_id(unit, person)
            _, secret = await tokens.create(unit, person_id, name=name, scopes=scope, by=None, via="command", days=days)
        return secret

    typer.echo(run(work))


@_scim.command("create")
def create_scim_token(name: Annotated[str, typer.Option(help="which identity provider it is for")]) -> None:
    """Print a new provisioning token, once, alone on stdout. It acts as the longest-standing IT admin."""
    from parley.identity.service import tokens

    async def work(machine: Machine) -> str:
        async with machine.units.begin() as unit:
            person_id = await _first_admin(unit)
            _, secret = await tokens.create(
                unit, person_id, name=name, scopes=["people:provision"], by=None, via="command"
            )
        return secret

    typer.echo(run(work))


@_person.command("deactivate")
def deactivate_person(email: Email) -> None:
    """End the account of EMAIL: sessions, tokens and sockets end, claims are released."""
    from parley.identity.service import deactivate

    async def work(machine: Machine) -> None:
        async with machine.units.begin() as unit:
            person_id = await _person_id(unit, email)
            await deactivate.deactivate(unit, person_id, by=None, via="command")

    run(work)
    typer.echo(f"{email} is deactivated.")


async def _person_id(unit: Unit, email: str) -> int:
    from parley.identity.service import accounts
    from parley.kit.errors import NotFound

    person = await accounts.by_email(unit, email)
    if person is None or person.id is None:
        raise NotFound("There is nobody with the address %(email)s.", email=email)
    return person.id


async def _first_admin(unit: Unit) -> int:
    from sqlalchemy import func, select
    from sqlmodel import col

    from parley.kit.errors import NotFound
    from parley.models.identity import Person, RoleGrant

    found = (
        await unit.session.execute(
            select(func.min(col(Person.id)))
            .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
            .where(col(Person.active), col(RoleGrant.role) == "it_admin")
        )
    ).scalar()
    if found is None:
        raise NotFound("There is no IT admin yet: parley admin create EMAIL makes one.")
    return int(found)
