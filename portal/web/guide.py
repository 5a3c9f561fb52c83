"""The short guide for app owners: whether it is shown, on every page of theirs."""

from flask import Flask
from flask_login import current_user

from portal.queries.owner_access import shows_guide


def needs_guide() -> bool:
    """Whether the signed-in person owns something here and has not put the guide away."""
    if not current_user.is_authenticated or not current_user.actor.owns:
        return False
    return shows_guide(current_user.actor.person_id)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["needs_guide"] = needs_guide
