"""`trail`: check that no line of the trail was touched."""

import sys

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from portal.db import db
from portal.models import TrailLine
from portal.queries.trail import first_broken_line

trail = AppGroup("trail", help="The append-only record of every change.")


@trail.command("verify")
def verify() -> None:
    """Walk the hash chain. Exit status 1, and the first broken line, if it does not hold."""
    broken = first_broken_line()
    if broken:
        click.echo(f"Line {broken.id}: {broken.reason}.", err=True)
        sys.exit(1)
    count = db.session.scalar(select(func.count()).select_from(TrailLine))
    click.echo(f"{count:,} lines, the chain holds.")
