"""The commands in the order in which an operator meets them. Exit codes: 0 done, 1 refused, 2 usage."""

import typer

from parley.cli import accounts, database, demo, doctor, providers, serving, sources

app = typer.Typer(
    name="parley",
    help=__doc__,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
for part in (serving, demo, database, accounts, providers, sources, doctor):
    part.add_to(app)


def main() -> None:
    """Run the command that was typed."""
    app()
