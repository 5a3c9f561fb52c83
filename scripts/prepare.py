"""Before the portal starts: bring the database up to date; the first time, load the demo.

DEMO=no leaves a new portal empty; production is always empty.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from policies.permissions import SYSTEM
from portal import cli, create_app
from portal.config import Config, read_config
from portal.db import db
from portal.demo.mark import CUT_SHORT, is_cut_short
from portal.demo.ways_in import lines_of_links
from portal.models import Person
from portal.queries.health import is_migrated
from portal.usecases.members import install_roles


def prepare(environ: Mapping[str, str]) -> str:
    """Migrate, then load the demo where it is wanted and nobody is there yet.

    Returns what to tell of it: the demo's sign-in links, one a line, or nothing.
    """
    config = read_config(environ)
    app = create_app(config, doors=False)
    with app.app_context():
        if is_behind():
            command(app, "upgrade")
        if is_cut_short(config.data_dir):
            sys.exit(CUT_SHORT.format(config.data_dir))
        if wants_demo(config, environ) and is_empty():
            load_demo(app)  # installs the roles on its own first day
        install_roles(by=SYSTEM)
        return "\n".join(lines_of_links()) + "\n" if is_demo(config.data_dir) else ""


def is_behind() -> bool:
    """Whether migrations are missing, or all of them."""
    try:
        return not is_migrated()
    except SQLAlchemyError:
        db.session.rollback()
        return True


def is_demo(data_dir: Path) -> bool:
    """Whether the data there was loaded as a demo."""
    return (data_dir / "demo").exists()


def wants_demo(config: Config, environ: Mapping[str, str]) -> bool:
    """Whether a new portal shall be given the demo organisation."""
    chosen = environ.get("DEMO", "yes").lower()
    return config.environment == "development" and chosen not in {"no", "0", "false", "off"}


def is_empty() -> bool:
    """Whether no person has been brought in yet."""
    return db.session.scalar(select(Person.id).limit(1)) is None


def load_demo(app: Flask) -> None:
    """Load the demo by its command, which marks this data as only a demo."""
    print("Loading the demo organisation (the first time only) ...", flush=True)
    command(app, "demo", "load")


def command(app: Flask, *words: str) -> None:
    """What `flask --app wsgi` does when it is given `words`."""
    cli.init_app(app)
    app.cli.main(words, standalone_mode=False)
