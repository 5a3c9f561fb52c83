"""`upgrade`: bring the database to this version. Safe to run at every start."""

import click
import flask_migrate
from flask.cli import with_appcontext

from policies.permissions import SYSTEM
from portal.usecases.members import install_roles


@click.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """Migrate the database and install the built-in roles."""
    flask_migrate.upgrade()
    install_roles(by=SYSTEM)
