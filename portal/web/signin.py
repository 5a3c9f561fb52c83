"""Signing in: a session is looked up again, with its person's rights, at every request."""

from datetime import timedelta

from flask import Flask, Response, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Person, Session
from portal.queries.sessions import actor_in, session_for_token
from portal.usecases.sessions import (
    SEEN_SECONDS,
    Browser,
    Proof,
    end_session,
    note_seen,
    open_session,
    renew_session,
)
from portal.web.returning import signed_target, where_asked

login = LoginManager()

LIVE = "X-Live"  # a page asks for its own news; see app.js

_START = {"", "/"}


class SignedIn(UserMixin):
    """Someone in a session, and who they are by it. Flask-Login keeps `token` in the cookie."""

    def __init__(self, token: str, found: Session, actor: Actor) -> None:
        self.token = token
        self.session_id = found.id
        self.reach = found.reach
        self.review_id = found.link.review_id if found.link else None
        self.actor = actor

    def get_id(self) -> str:
        return self.token


def sign_in(person: Person, proof: Proof) -> Actor | None:
    """Begin a fresh session; whatever the old one held is gone (no session fixation).

    None, and no session, where `person` may do nothing here any more.
    """
    who = Actor(person.id, person.name, method=proof.method)
    if current_user.is_authenticated:
        leave("signed in anew")
    found, token = open_session(person, proof, browser(), by=who)
    actor = actor_in(found)
    session.clear()
    if actor is None:
        end_session(found, "nothing to do here any more", by=who)
        return None
    session.permanent = True
    login_user(SignedIn(token, found, actor))
    return actor


def renew(method: str) -> None:
    """The person of this request proved anew who they are: a fresh token, and a fresh form
    protection, in the same session."""
    found = db.session.get_one(Session, current_user.session_id)
    token = renew_session(found, method, by=current_user.actor)
    actor = actor_in(found) or current_user.actor
    session.clear()
    session.permanent = True
    login_user(SignedIn(token, found, actor))


def leave(why: str = "signed out") -> None:
    """End the session of this request."""
    found = db.session.get_one(Session, current_user.session_id)
    end_session(found, why, by=current_user.actor)
    logout_user()


def was_in() -> bool:
    """Whether this browser was signed in and is not any more, by no doing of whoever sits there."""
    return "_user_id" in session and not current_user.is_authenticated


def browser() -> Browser:
    """Where the request comes from."""
    return Browser(request.remote_addr or "", request.headers.get("User-Agent", ""))


@login.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def _load(token: str) -> SignedIn | None:
    found = session_for_token(token)
    actor = actor_in(found) if found else None
    if found is None or actor is None:
        return None
    by_itself = LIVE in request.headers  # a page that is left open keeps nobody signed in
    if not by_itself and clock.now() - found.seen_at >= timedelta(seconds=SEEN_SECONDS):
        note_seen(found)
    return SignedIn(token, found, actor)


def _sign_in_first(_: Exception) -> ResponseReturnValue:
    # A redirect would be followed by htmx and swapped into the page, so a part request
    # is told to send the whole browser to the front door.
    target = where_asked()
    door = url_for("session.door", next=signed_target(target) if target not in _START else None)
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": door})
    return Response(status=302, headers={"Location": door})


def init_app(app: Flask) -> None:
    login.init_app(app)
    app.register_error_handler(401, _sign_in_first)
