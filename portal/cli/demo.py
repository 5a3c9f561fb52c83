"""`demo`: a made-up company to look around in, and the ways into it."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.config import current_config
from portal.db import db
from portal.demo.loading import DAYS, load_company
from portal.demo.mark import CUT_SHORT, begin_mark, finish_mark, is_cut_short
from portal.demo.ways_in import lines_of_links
from portal.models import Person
from portal.queue import asleep

demo = AppGroup("demo", help="A made-up company to look around in.")


@demo.command("load")
def load() -> None:
    """Fill an empty portal with a company, its campaigns and their evidence (about 15 s)."""
    folder = current_config().data_dir
    if is_cut_short(folder):
        raise click.ClickException(CUT_SHORT.format(folder))
    if db.session.scalar(select(Person.id).limit(1)):
        click.echo("There are people in this portal already. Nothing was loaded.")
        return
    begin_mark(folder)
    bar = click.progressbar(length=DAYS, label="Fourteen months of the company")
    with asleep(), bar:
        for days in load_company():
            bar.update(days - bar.pos)
    finish_mark(folder)
    click.echo("The demo is loaded. Its reports are made as soon as a worker runs.")


@demo.command("links")
def links() -> None:
    """Print a link for each role of the demo. Those of members work once, within the hour."""
    click.echo("\n".join(lines_of_links()))
