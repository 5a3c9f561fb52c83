"""`demo`: a made-up company to look around in, and the ways into it."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from portal.config import current_config
from portal.demo.loading import load as load_company

demo = AppGroup("demo", help="A made-up company to look around in.")


@demo.command("load")
def load() -> None:
    load_company()
