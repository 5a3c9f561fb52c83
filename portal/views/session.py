"""The front door: signing in by a link, signing out, and where one lands."""

import time

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from policies.permissions import ENTER_CONSOLE, ENTER_PORTAL, SYSTEM, Actor, can
from portal.models import Link, Person
from portal.queries.links import METHODS, REACHES, is_open, link_for_token
from portal.usecases.links import follow_link
from portal.usecases.members import send_sign_in_link
from portal.usecases.sessions import Proof
from portal.web.access import public, requires
from portal.web.context import first_place
from portal.web.limits import limited
from portal.web.pages import page
from portal.web.signin import leave, sign_in

bp = Blueprint("session", __name__)

EVEN_SECONDS = 0.25  # more than writing a letter takes


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    if not current_user.is_authenticated:
        return redirect(url_for(".door"))
    return redirect(first_place(current_user.actor))


@bp.get("/sign-in")
@public
def door() -> Response:
    return page("session/door.html", sent=False)


@bp.post("/sign-in")
@public
@limited
def ask() -> Response:
    """The answer, and how long it takes, do not tell whether there is such a member."""
    began = time.monotonic()
    send_sign_in_link(request.form.get("email", ""), by=SYSTEM)
    time.sleep(max(0.0, EVEN_SECONDS - (time.monotonic() - began)))
    return page("session/door.html", sent=True)


@bp.get("/in/<token>")
@public
@limited
def arrive(token: str) -> ResponseReturnValue:
    """A link to tasks opens at once. A sign-in link works once, so it asks first:
    programs that look into mail follow links, but do not press buttons."""
    link = link_for_token(token)
    if link is None or not is_open(link):
        return Response(page("session/closed.html").data, 410)
    if link.purpose == "tasks":
        return _enter(link)
    return page("session/arrive.html", link=link, token=token)


@bp.post("/in/<token>")
@public
@limited
def enter(token: str) -> ResponseReturnValue:
    link = link_for_token(token)
    if link is None or not is_open(link):
        return Response(page("session/closed.html").data, 410)
    return _enter(link)


@bp.post("/sign-out")
@requires(ENTER_PORTAL)
def sign_out() -> ResponseReturnValue:
    leave()
    flash("You are signed out.")
    return redirect(url_for(".door"), 303)


def _enter(link: Link) -> ResponseReturnValue:
    person, proof = link.person, Proof(METHODS[link.purpose], REACHES[link.purpose], link)
    follow_link(link, by=Actor(person.id, person.name, method=proof.method))
    if not _is_in_already(person) and sign_in(person, proof) is None:
        return Response(page("session/closed.html").data, 410)
    if link.review_id:
        return redirect(url_for("reviews.show", review_id=link.review_id), 303)
    return redirect(url_for(".home"), 303)


def _is_in_already(person: Person) -> bool:
    """A member at work keeps their session when they follow a link to one of their tasks."""
    kept = current_user.is_authenticated and current_user.actor.person_id == person.id
    return kept and can(ENTER_CONSOLE, current_user.actor, None)
