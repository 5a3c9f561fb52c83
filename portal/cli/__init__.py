"""The command line: `flask --app wsgi ...`. A file per noun; each calls use-cases only."""

import os
from importlib import import_module

from flask import Flask

from portal.db import db
from portal.queries.health import MIGRATIONS

NOUNS = ("upgrade", "members", "tokens", "imports", "trail", "demo")


def is_asked() -> bool:
    """Whether this process was started as `flask ...`."""
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true"


def init_app(app: Flask) -> None:
    """Teach `app` its commands, and `flask db` what it needs.

    Only where they are asked for: they load Alembic and the demo, which would cost every web
    process and worker a second of its start.
    """
    from flask_migrate import Migrate  # noqa: PLC0415  # as above

    Migrate(app, db, directory=str(MIGRATIONS), compare_type=True)
    for noun in NOUNS:
        app.cli.add_command(getattr(import_module(f"portal.cli.{noun}"), noun))
