"""Settings > Conflicts of duties: what nobody is to hold together."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import EDIT_SETTINGS, SEE_SETTINGS
from portal.models import DutyConflict
from portal.queries.duties import application_named, duty_conflicts, holders_of_both
from portal.usecases.duties import LONGEST_WHY, Side, drop_conflict, name_conflict
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("duties", __name__, url_prefix="/settings/conflicts-of-duties")


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    return _index()


@bp.post("")
@requires(EDIT_SETTINGS)
def add() -> ResponseReturnValue:
    try:
        pair = name_conflict(_side("one"), _side("other"), _text("why"), by=current_actor())
    except Invalid as refusal:
        return _index(error=str(refusal)), 422
    flash(f"{pair.name}: from the next review on, whoever holds both is pointed out.", "success")
    return redirect(url_for(".index"), 303)


@bp.get("/<int:dutyconflict_id>/remove")
@requires(EDIT_SETTINGS, DutyConflict)
def ask(dutyconflict: DutyConflict) -> Response:
    return page("duties/remove.html", pair=dutyconflict)


@bp.post("/<int:dutyconflict_id>/remove")
@requires(EDIT_SETTINGS, DutyConflict)
def remove(dutyconflict: DutyConflict) -> ResponseReturnValue:
    name = dutyconflict.name
    drop_conflict(dutyconflict, by=current_actor())
    flash(f"{name}: removed. Reviews that have begun keep what they say.", "success")
    return redirect(url_for(".index"), 303)


def _index(error: str = "") -> Response:
    return page(
        "duties/index.html",
        pairs=duty_conflicts(),
        holders=holders_of_both(),
        error=error,
        longest=LONGEST_WHY,
    )


def _side(which: str) -> Side:
    name = _text(f"{which}_application")
    application = application_named(name)
    if application is None:
        raise Invalid(f"There is no application “{name}”. Write its name as the list has it.")
    return application, _text(f"{which}_entitlement")


def _text(key: str) -> str:
    return request.form.get(key, "").replace("\0", "").strip()[:200]
