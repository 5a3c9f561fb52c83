"""Signing in: a session is a followed link, looked up again at every request."""

from typing import cast

from flask import Flask, Response, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_user

from policies.permissions import Actor
from portal.db import db
from portal.models import Link
from portal.queries.links import actor_behind

login = LoginManager()


class SignedIn(UserMixin):
    """Someone with a session: the link they followed, and who they are by it."""

    def __init__(self, link: Link, actor: Actor) -> None:
        self.link_id = link.id
        self.review_id = link.review_id
        self.actor = actor

    def get_id(self) -> str:
        return str(self.link_id)


def sign_in(link: Link, actor: Actor) -> None:
    """Begin a fresh session; whatever the old one held is gone (no session fixation)."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(link, actor))


@login.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def _load(link_id: str) -> SignedIn | None:
    link = db.session.get(Link, int(link_id))
    actor = actor_behind(link) if link else None
    return SignedIn(cast(Link, link), actor) if actor else None


def _sign_in_first(_: Exception) -> ResponseReturnValue:
    # A redirect would be followed by htmx and swapped into the page, so a part request
    # is told to send the whole browser to the front door.
    door = url_for("session.door")
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": door})
    return Response(status=302, headers={"Location": door})


def init_app(app: Flask) -> None:
    login.init_app(app)
    app.register_error_handler(401, _sign_in_first)
