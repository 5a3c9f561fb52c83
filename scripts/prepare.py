"""Before the portal starts: bring the database up to date; the first time, load the demo.

`python -m scripts.prepare`. DEMO=no leaves a new portal empty; production is always empty.
"""

import logging
import os

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from portal import create_app
from portal.config import Config, current_config
from portal.db import db
from portal.models import Person


def main() -> None:
    """Migrate, then load the demo where it is wanted and nobody is there yet."""
    app = create_app()
    with app.app_context():
        config = current_config()
        upgrade()
        if wants_demo(config) and is_empty():
            load_demo(app, config)


def wants_demo(config: Config) -> bool:
    """Whether a new portal shall be given the demo organisation."""
    chosen = os.environ.get("DEMO", "yes").lower()
    return config.environment == "development" and chosen not in {"no", "0", "false", "off"}


def is_empty() -> bool:
    """Whether no person has been brought in yet."""
    return db.session.scalar(select(Person.id).limit(1)) is None


def load_demo(app: Flask, config: Config) -> None:
    """Load the demo by its command, and leave a mark that this data is only a demo."""
    if "demo" not in app.cli.commands:
        return
    print("Loading the demo organisation (the first time only) ...", flush=True)
    (config.data_dir / "demo").touch()
    app.cli.main(["demo", "load"], standalone_mode=False)


if __name__ == "__main__":
    logging.getLogger("alembic").setLevel(logging.WARNING)
    main()
