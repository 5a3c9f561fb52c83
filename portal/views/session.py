"""The front door: signing in by password or link, signing out, and where one lands."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from policies.errors import Denied, Invalid
from policies.permissions import ENTER_CONSOLE, ENTER_PORTAL, SYSTEM, Actor, can
from portal.models import Link, Person
from portal.models.session import Reach
from portal.queries.links import METHODS, REACHES, closed_why, is_open, link_for_token
from portal.queries.settings import setting
from portal.usecases.links import follow_link, refuse_link
from portal.usecases.members import send_sign_in_link
from portal.usecases.passwords import reset_password
from portal.usecases.sessions import Proof
from portal.web.access import public, requires
from portal.web.away import go_outside, way_out
from portal.web.halfway import PASSWORD, welcome
from portal.web.limits import limited, writing
from portal.web.pages import page
from portal.web.proving import evenly, prove_by_password
from portal.web.returning import is_local, signed_target, target_of
from portal.web.signin import leave, sign_in, was_in
from portal.web.ways import ways_in

bp = Blueprint("session", __name__)

TWICE = "The two are not the same. Type the new password twice."


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    if not current_user.is_authenticated:
        return redirect(url_for(".door"))
    member = can(ENTER_CONSOLE, current_user.actor, None)
    return redirect(url_for("home.index" if member else "tasks.index"))


@bp.get("/sign-in")
@public
def door() -> Response:
    return _door()


@bp.post("/sign-in")
@public
@writing
def ask() -> Response:
    """The answer, and how long it takes, do not tell whether there is such a member."""
    if setting("sign_in_only_by_sso"):
        return _door()
    with evenly():
        email, target = request.form.get("email", ""), target_of(_next())
        send_sign_in_link(email, target=target, by=SYSTEM)
    return _door(sent=True)


@bp.post("/sign-in/password")
@public
@limited
def prove() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        person = prove_by_password(email, password)
    except Denied as refusal:
        answer = _door(error=str(refusal), email=email)
        answer.status_code = 422
        return answer
    return welcome(person, Proof(PASSWORD), target_of(_next()))


@bp.get("/in/<token>")
@public
@limited
def arrive(token: str) -> ResponseReturnValue:
    """A link to tasks opens at once. A link that works once asks first:
    programs that look into mail follow links, but do not press buttons."""
    link = link_for_token(token)
    if link is None or closed_why(link):
        return _closed(link)
    if REACHES[link.purpose] is not Reach.FULL:
        return _enter(link)
    return _arrival(link, token)


@bp.post("/in/<token>")
@public
@limited
def enter(token: str) -> ResponseReturnValue:
    link = link_for_token(token)
    if link is None or closed_why(link):
        if link is not None:
            refuse_link(link, request.remote_addr or "", by=SYSTEM)
        return _closed(link)
    return _choose_password(link, token) if link.purpose == "password" else _enter(link)


@bp.post("/sign-out")
@requires(ENTER_PORTAL)
def sign_out() -> ResponseReturnValue:
    address, name = way_out()
    leave()
    flash("You are signed out.")
    return go_outside(address, name) if address else redirect(url_for(".door"), 303)


def _door(**context: Any) -> Response:
    known: dict[str, Any] = {"sent": False, "error": "", "email": ""} | context
    return page(
        "session/door.html",
        **known,
        next=signed_target(target_of(_next())) if _next() else "",
        providers=ways_in(),
        only_sso=setting("sign_in_only_by_sso"),
        was_in=was_in(),
    )


def _next() -> str:
    return request.values.get("next", "")


def _closed(link: Link | None) -> Response:
    why = closed_why(link) if link and is_open(link) else ""
    return Response(page("session/closed.html", why=why).data, 410)


def _arrival(link: Link, token: str, error: str = "") -> Response:
    name = "password" if link.purpose == "password" else "arrive"
    return page(f"session/{name}.html", link=link, token=token, error=error)


def _enter(link: Link) -> ResponseReturnValue:
    """Begin a session by the link, and go where it leads. Whoever is in already with more than
    a link to tasks gives stays in as they are."""
    target, reach = _target(link), REACHES[link.purpose]
    if reach is not Reach.FULL and _needs_door(link):
        return redirect(url_for(".door", next=signed_target(target)), 303)
    person, proof = link.person, Proof(METHODS[link.purpose], reach, link)
    try:
        follow_link(link, by=_actor(link))
    except Denied:  # somebody followed it at this very moment
        return _closed(link)
    if reach is Reach.FULL:
        return welcome(person, proof, target)
    if not _is_in_already(person) and sign_in(person, proof) is None:
        return _closed(None)
    return redirect(target, 303)


def _choose_password(link: Link, token: str) -> ResponseReturnValue:
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise Invalid(TWICE)
        reset_password(link, password, by=_actor(link))
    except Denied:
        if is_open(link):
            raise
        return _closed(link)  # as above
    except Invalid as refusal:
        answer = _arrival(link, token, str(refusal))
        answer.status_code = 422
        return answer
    flash("Your password is set. You are signed out everywhere else.", "success")
    return welcome(link.person, Proof(METHODS["password"], link=link))


def _actor(link: Link) -> Actor:
    return Actor(link.person.id, link.person.name, method=METHODS[link.purpose])


def _target(link: Link) -> str:
    if link.review_id:
        return url_for("reviews.show", review_id=link.review_id)
    return link.target if is_local(link.target) else url_for(".home")


def _needs_door(link: Link) -> bool:
    """Whether a link to tasks only opens the door: where the organisation says so, and there
    is single sign-on to go through. An owner's does where nothing else signs anybody in."""
    if _is_in_already(link.person):
        return False
    if link.purpose == "owner" and setting("sign_in_only_by_sso"):
        return True
    return setting("tasks_need_sign_in") and bool(ways_in())


def _is_in_already(person: Person) -> bool:
    """Somebody at work keeps their session when they follow a link to one of their tasks."""
    kept = current_user.is_authenticated and current_user.actor.person_id == person.id
    return kept and current_user.reach is Reach.FULL
