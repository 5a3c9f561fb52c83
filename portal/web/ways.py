"""The ways to sign in elsewhere that a page can offer."""

from flask import current_app

from portal.models import IdentityProvider
from portal.queries.providers import enabled_providers


def ways_in() -> list[IdentityProvider]:
    """The enabled providers whose protocol has a door here: `KIND.start`."""
    doors = current_app.view_functions
    return [each for each in enabled_providers() if f"{each.kind.value}.start" in doors]
