"""Which letters somebody gets, and where: chosen by themselves, or stopped from a letter."""

from typing import Any

from cryptography.fernet import InvalidToken
from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from policies.letter_kinds import KINDS
from policies.letter_ways import DIGEST, NONE, SINGLY, Ways, choosable, listed
from policies.permissions import ENTER_PORTAL, Actor
from portal.db import db
from portal.models import Person
from portal.queries.letter_ways import ways_for
from portal.tokens import unseal
from portal.usecases.letter_choices import stop_letters, wish_for_letters
from portal.web.access import current_actor, public, requires
from portal.web.limits import limited
from portal.web.pages import page

bp = Blueprint("letter_wishes", __name__)


@bp.get("/you/letters")
@requires(ENTER_PORTAL)
def index() -> Response:
    person_id = current_actor().person_id or abort(404)
    return page("letter_wishes/index.html", rows=_rows(ways_for([person_id]), person_id))


@bp.post("/you/letters")
@requires(ENTER_PORTAL)
def change() -> ResponseReturnValue:
    wishes = {kind: request.form[kind] for kind in listed() if kind in request.form}
    changed = wish_for_letters(wishes, by=current_actor())
    flash("Your choice is saved." if changed else "Nothing was changed.", "success")
    return redirect(url_for(".index"), 303)


@bp.get("/letters/stop/<sealed>")
@public
@limited
def ask(sealed: str) -> Response:
    person, kind = _opened(sealed)
    return page("letter_wishes/stop.html", person=person, kind=KINDS[kind], sealed=sealed)


@bp.post("/letters/stop/<sealed>")
@public
@limited
def stop(sealed: str) -> Response:
    """Mail programs post here by themselves when somebody presses "unsubscribe" (RFC 8058)."""
    person, kind = _opened(sealed)
    stop_letters(person, kind, by=Actor(person.id, person.name, method="link in a letter"))
    return page("letter_wishes/stopped.html", person=person, kind=KINDS[kind])


@bp.record_once
def _open_to_mail_programs(state: BlueprintSetupState) -> None:
    """They have no token of the form's; the address holds one of its own."""
    state.app.extensions["csrf"].exempt(stop)


def _opened(sealed: str) -> tuple[Person, str]:
    try:
        what, number, kind = unseal(sealed).split(":")
    except (InvalidToken, ValueError):
        abort(404)
    person = db.session.get(Person, int(number))
    if what != "stop" or person is None or kind not in KINDS:
        abort(404)
    return person, kind


def _rows(ways: Ways, person_id: int) -> list[dict[str, Any]]:
    """Each kind with what may be chosen for it, where there is a choice."""
    found: list[dict[str, Any]] = []
    for kind in filter(choosable, listed()):
        choices, wish = _choices(ways, kind), ways.wishes.get((person_id, kind), "")
        found.append({"kind": kind, "facts": KINDS[kind], "choices": choices, "wish": wish})
    return [row for row in found if len(row["choices"]) > 1]


def _choices(ways: Ways, kind: str) -> list[tuple[str, str]]:
    """What may be wished of a kind, with the word for it."""
    allowed, apart = ways.of(kind), kind == DIGEST and not ways.gathered
    open_ = [c for c in allowed.channels if c in ways.set_up] or list(allowed.channels[:1])
    usual = "one letter for each" if apart else open_[0].label
    choices = [("", f"As usual: {usual}")]
    choices += [(c.value, c.label) for c in open_ if len(open_) > 1 or apart]
    choices += [(SINGLY, "One letter for each")] if kind == DIGEST and not apart else []
    return choices + ([(NONE, "None")] if allowed.may_stop else [])
