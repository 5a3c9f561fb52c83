"""Passwords: forgotten at the door, set and changed on one's own page."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Denied, Invalid
from policies.permissions import ENTER_PORTAL, SYSTEM
from portal.models import Person
from portal.queries.credentials import password_of
from portal.usecases.attempts import forget_attempts
from portal.usecases.passwords import send_password_link, set_password
from portal.web.access import current_actor, public, requires
from portal.web.limits import writing
from portal.web.own import own_account
from portal.web.pages import page
from portal.web.proving import WRONG_AGAIN, evenly, prove_by_password

bp = Blueprint("passwords", __name__)

TWICE = "The two are not the same. Type the new password twice."


@bp.get("/password/forgotten")
@public
def forgotten() -> Response:
    return page("passwords/forgotten.html", sent=False)


@bp.post("/password/forgotten")
@public
@writing
def send() -> Response:
    """The answer, and how long it takes, do not tell whether there is such a member."""
    with evenly():
        send_password_link(request.form.get("email", ""), by=SYSTEM)
    return page("passwords/forgotten.html", sent=True)


@bp.get("/you/password")
@requires(ENTER_PORTAL, fresh=True)
def edit() -> Response:
    return _page(own_account())


@bp.post("/you/password")
@requires(ENTER_PORTAL, fresh=True)
def change() -> ResponseReturnValue:
    person = own_account()
    try:
        _check(person)
        set_password(person, request.form.get("password", ""), by=current_actor())
    except (Denied, Invalid) as refusal:
        answer = _page(person, str(refusal))
        answer.status_code = 422
        return answer
    flash("Your password is set. You are signed out everywhere else.", "success")
    return redirect(url_for("you.show"), 303)


def _check(person: Person) -> None:
    """The old password, where there is one; and the new one typed twice."""
    if request.form.get("password", "") != request.form.get("again", ""):
        raise Invalid(TWICE)
    if password_of(person.id):
        prove_by_password(person.email or "", request.form.get("old", ""), WRONG_AGAIN)
        forget_attempts(person.email or "")


def _page(person: Person, error: str = "") -> Response:
    has_one = password_of(person.id) is not None
    return page("passwords/edit.html", person=person, has_one=has_one, error=error)
