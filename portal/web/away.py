"""Sending a browser to another site, and signing out there as well."""

from collections.abc import Callable

from flask import Response, make_response, render_template
from flask_login import current_user

from portal.db import db
from portal.models import IdentityProvider, Session
from portal.models.provider import ProviderKind

Farewell = Callable[[IdentityProvider, Session], str]
_farewells: dict[ProviderKind, Farewell] = {}


def go_outside(address: str, name: str) -> Response:
    """A page that leads on to `address` by itself, `name` being the site's.

    Not a redirect: our content policy lets no form lead to another site, and browsers hold
    a form's redirects to it as well.
    """
    response = make_response(render_template("away.html", address=address, name=name))
    response.headers["Refresh"] = f"0; url={address}"
    return response


def farewell(kind: ProviderKind) -> Callable[[Farewell], Farewell]:
    """Mark the function that gives the address to sign out at, for providers of this kind."""

    def mark(function: Farewell) -> Farewell:
        _farewells[kind] = function
        return function

    return mark


def way_out() -> tuple[str, str]:
    """Where to sign out besides here: the address, and the site's name; both "" if nowhere.

    Ask before the session of this request is ended.
    """
    found = db.session.get(Session, current_user.session_id)
    if found is None or found.provider_id is None:
        return "", ""
    provider = db.session.get_one(IdentityProvider, found.provider_id)
    ask = _farewells.get(provider.kind)
    return (ask(provider, found) if ask else "", provider.name)
