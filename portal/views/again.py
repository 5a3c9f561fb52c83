"""Proving again who one is, before changing who may do what; then back to where one was."""

import json

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Denied
from policies.permissions import ENTER_PORTAL
from portal.models import Person
from portal.queries.credentials import credentials_of, held_form_of
from portal.queries.settings import setting
from portal.tokens import unseal
from portal.usecases.attempts import forget_attempts
from portal.usecases.members import send_sign_in_link
from portal.web.access import current_actor, requires
from portal.web.limits import limited, writing
from portal.web.own import own_account
from portal.web.pages import page
from portal.web.proving import WRONG_AGAIN, evenly, prove_by_code, prove_by_password
from portal.web.returning import signed_target, target_of
from portal.web.signin import renew
from portal.web.ways import ways_in

bp = Blueprint("again", __name__, url_prefix="/again")

NO_WAY = "There is nothing here to prove who you are by. Sign out, and sign in again."


@bp.get("")
@requires(ENTER_PORTAL)
def ask() -> Response:
    return _page(own_account())


@bp.post("")
@requires(ENTER_PORTAL)
@limited
def check() -> ResponseReturnValue:
    person, target = own_account(), _target()
    try:
        renew(_proved(person))
    except Denied as refusal:
        answer = _page(person, error=str(refusal))
        answer.status_code = 422
        return answer
    return redirect(target, 303)


@bp.post("/link")
@requires(ENTER_PORTAL)
@writing
def send() -> Response:
    person = own_account()
    with evenly():
        send_sign_in_link(person.email or "", target=_target(), by=current_actor())
    return _page(person, sent=True)


@bp.get("/held")
@requires(ENTER_PORTAL, fresh=True)
def held() -> Response:
    """What was being sent when the question came: it is sent by a press of a button."""
    form = held_form_of(own_account().id)
    if form is None:
        abort(404, "What you sent is not kept any more. Nothing was changed.")
    return page("again/held.html", path=form.path, fields=json.loads(unseal(form.fields)))


def _target() -> str:
    return target_of(request.values.get("next", ""))


def _proved(person: Person) -> str:
    """By everything they have set up: a session that somebody else sits at has neither."""
    known, proved = credentials_of(person), []
    if known.password_at and not setting("sign_in_only_by_sso"):
        password = request.form.get("password", "")
        prove_by_password(person.email or "", password, WRONG_AGAIN)
        proved.append("password")
    if known.app_at:
        proved.append(prove_by_code(person, request.form.get("code", "")))
    if not proved:
        raise Denied(NO_WAY)
    forget_attempts(person.email or "")
    return " and ".join(proved)


def _page(person: Person, error: str = "", *, sent: bool = False) -> Response:
    return page(
        "again/ask.html",
        known=credentials_of(person),
        email=person.email,
        providers=ways_in(),
        only_sso=setting("sign_in_only_by_sso"),
        next=signed_target(_target()),
        cancel=url_for("session.home"),
        error=error,
        sent=sent,
    )
