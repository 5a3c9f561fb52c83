"""The second factor: asked for at the door, set up at the door or on one's own page."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Denied, Invalid
from policies.permissions import ENTER_PORTAL
from portal.models import Person
from portal.queries.credentials import second_factor_of
from portal.usecases.second_factors import (
    begin_second_factor,
    confirm_second_factor,
    remove_second_factor,
    renew_recovery_codes,
)
from portal.web.access import current_actor, public, requires
from portal.web.halfway import Halfway, arrive, begin, halfway
from portal.web.limits import limited
from portal.web.own import app_to_scan, own_account
from portal.web.pages import page
from portal.web.proving import prove_by_code

bp = Blueprint("codes", __name__)

APP = "a code from an app"


@bp.get("/sign-in/code")
@public
def ask() -> ResponseReturnValue:
    """A code of the app; or, where the role needs an app and there is none yet, setting it up."""
    half = halfway()
    return _asked(half) if half else redirect(url_for("session.door"))


@bp.post("/sign-in/code")
@public
@limited
def check() -> ResponseReturnValue:
    half = halfway()
    if half is None:
        return redirect(url_for("session.door"), 303)
    try:
        how = prove_by_code(half.person, request.form.get("code", ""))
    except Denied as refusal:
        return _asked(half, str(refusal))
    return arrive(half, how)


@bp.post("/sign-in/second-factor")
@public
@limited
def set_up_first() -> ResponseReturnValue:
    """The first code of an app that one's role needs: with it one is in, and sees the
    recovery codes."""
    half = halfway()
    if half is None:
        return redirect(url_for("session.door"), 303)
    try:
        codes = confirm_second_factor(half.person, _typed(), by=half.actor)
    except Invalid as refusal:
        return _asked(half, str(refusal))
    begin(half, APP)
    return page("codes/recovery.html", codes=codes, go_on=half.target or url_for("session.home"))


@bp.get("/you/second-factor")
@requires(ENTER_PORTAL, fresh=True)
def show() -> ResponseReturnValue:
    person = own_account()
    factor = second_factor_of(person.id)
    if factor is None or factor.confirmed_at:
        return redirect(url_for("you.show", _anchor="second-factor"))
    return _setting_up(person)


@bp.post("/you/second-factor/begin")
@requires(ENTER_PORTAL, fresh=True)
def start() -> ResponseReturnValue:
    begin_second_factor(own_account(), by=current_actor())
    return redirect(url_for(".show"), 303)


@bp.post("/you/second-factor")
@requires(ENTER_PORTAL, fresh=True)
def confirm() -> ResponseReturnValue:
    person = own_account()
    try:
        codes = confirm_second_factor(person, _typed(), by=current_actor())
    except Invalid as refusal:
        return _setting_up(person, str(refusal))
    return page("codes/recovery.html", codes=codes, go_on=url_for("you.show"))


@bp.post("/you/second-factor/remove")
@requires(ENTER_PORTAL, fresh=True)
def remove() -> ResponseReturnValue:
    remove_second_factor(own_account(), by=current_actor())
    flash("Your authenticator app and its recovery codes are removed.", "success")
    return redirect(url_for("you.show", _anchor="second-factor"), 303)


@bp.post("/you/recovery-codes")
@requires(ENTER_PORTAL, fresh=True)
def renew() -> Response:
    codes = renew_recovery_codes(own_account(), by=current_actor())
    return page("codes/recovery.html", codes=codes, go_on=url_for("you.show"))


def _typed() -> str:
    return request.form.get("code", "")


def _asked(half: Halfway, error: str = "") -> Response:
    if second_factor_of(half.person.id, confirmed=True):
        answer = page("codes/ask.html", error=error, person=half.person)
    else:
        scan = app_to_scan(half.person)
        answer = page("codes/set_up.html", **scan, error=error, post=url_for(".set_up_first"))
    answer.status_code = 422 if error else 200
    return answer


def _setting_up(person: Person, error: str = "") -> Response:
    scan = app_to_scan(person)
    answer = page("codes/set_up.html", **scan, error=error, post=url_for(".confirm"))
    answer.status_code = 422 if error else 200
    return answer
