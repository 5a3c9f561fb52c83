"""`tokens`: API tokens from the command line."""

import click
from flask.cli import AppGroup

from policies.errors import Refusal
from policies.permissions import OPERATOR
from portal.models.token import Purpose
from portal.usecases.api_tokens import DAYS, DEFAULT_DAYS, make_token

tokens = AppGroup("tokens", help="API tokens, by which other systems come in.")


@tokens.command("add")
@click.argument("name")
@click.option(
    "--for",
    "purpose",
    required=True,
    type=click.Choice([each.value for each in Purpose]),
    help="What it is good for, and nothing else.",
)
@click.option(
    "--days",
    type=click.Choice([str(days) for days in DAYS]),
    default=str(DEFAULT_DAYS),
    show_default=True,
    help="How long it lives.",
)
def add(name: str, purpose: str, days: str) -> None:
    """Make a token called NAME and print it. It is shown only here, and only now."""
    try:
        _, text = make_token(name, Purpose(purpose), days=int(days), by=OPERATOR)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(text)
