"""`members`: add a member from the command line, the way in when no other is left."""

import click
from flask.cli import AppGroup

from policies.errors import Refusal
from policies.permissions import SYSTEM, Actor
from portal.queries.links import url_of
from portal.usecases.members import add_member, sign_in_link

OPERATOR = Actor(None, "command line", SYSTEM.scopes, is_admin=True, method="command line")

members = AppGroup("members", help="Members of the console.")


@members.command("add")
@click.argument("email")
@click.option("--role", default="Admin", show_default=True, help="Name of a role.")
@click.option("--name", default="", help="Name of the person, if they are not known yet.")
def add(email: str, role: str, name: str) -> None:
    """Make EMAIL a member and print a link that signs them in, once, within the hour."""
    try:
        member = add_member(email, role, name=name, by=OPERATOR)
        click.echo(url_of(sign_in_link(member, by=OPERATOR)))
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
