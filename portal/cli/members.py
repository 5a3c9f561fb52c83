"""`members`: added, listed, suspended from the command line, the way in when no other is left."""

from datetime import datetime

import click
from flask.cli import AppGroup

from policies.errors import Invalid, Refusal
from policies.filters import Filter
from policies.invitations import end_of_day
from policies.permissions import OPERATOR
from portal import clock
from portal.models import Member
from portal.queries.links import url_of
from portal.queries.members import member_by_address, members_matching, members_order, with_presence
from portal.usecases.members import add_member, sign_in_link, suspend_member

members = AppGroup("members", help="Members of the console.")


@members.command("add")
@click.argument("email")
@click.option("--role", default="Admin", show_default=True, help="Name of a role.")
@click.option("--name", default="", help="Name of the person, if they are not known yet.")
@click.option("--until", default="", help="Last day they may come in, as 2026-12-31 (UTC).")
def add(email: str, role: str, name: str, until: str) -> None:
    """Make EMAIL a member and print a link that signs them in, once, within the hour.

    It works where everybody else must use single sign-on, and for whoever was suspended.
    """
    try:
        ends_at = end_of_day(until, clock.today())
        member = add_member(email, role, name=name, until=ends_at, by=OPERATOR)
        click.echo(url_of(sign_in_link(member, by=OPERATOR)))
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal


@members.command("list")
def show() -> None:
    """Print every member: address, role, state, last seen, end; separated by tabs."""
    order = members_order("name", descending=False)
    query = members_matching(Filter()).order_by(*order.terms)
    for member, presence in with_presence(query):
        facts = (presence.state, _moment(presence.seen_at), _moment(member.ends_at))
        click.echo("\t".join((member.person.email or "", member.role.name, *facts)))


@members.command("suspend")
@click.argument("email")
def suspend(email: str) -> None:
    """Let the member EMAIL in no more and end their sessions. `members add` lets them in again."""
    try:
        member = _member(email)
        ended = suspend_member(member, by=OPERATOR)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(f"{member.person.name} is suspended; sessions ended: {ended}.")


def _member(email: str) -> Member:
    member = member_by_address(email)
    if member is None:
        raise Invalid(f"There is no member with the address {email}.")
    return member


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "-"
