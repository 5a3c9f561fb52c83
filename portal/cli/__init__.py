"""The command line: `flask --app wsgi ...`. A file per noun; each calls use-cases only."""

from flask import Flask

from portal.cli import demo, imports, members, tokens, trail, upgrade


def init_app(app: Flask) -> None:
    app.cli.add_command(upgrade.upgrade)
    app.cli.add_command(members.members)
    app.cli.add_command(tokens.tokens)
    app.cli.add_command(imports.imports)
    app.cli.add_command(trail.trail)
    app.cli.add_command(demo.demo)
