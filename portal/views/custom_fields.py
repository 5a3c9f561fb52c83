"""Settings > Application details: the fields the organisation adds to its applications."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.custom_fields import CHOICE, KINDS, LONGEST_LABEL
from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATIONS, SEE_APPLICATIONS
from portal.models import CustomField
from portal.queries.custom_fields import custom_fields, uses_of, value_counts, values_of_choices
from portal.queries.paging import key_in
from portal.usecases.custom_fields import (
    add_custom_field,
    edit_choices,
    move_custom_field,
    remove_custom_field,
    rename_custom_field,
)
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("custom_fields", __name__, url_prefix="/settings/application-details")


@bp.get("")
@requires(SEE_APPLICATIONS)
def index() -> Response:
    return _index()


@bp.post("")
@requires(EDIT_APPLICATIONS)
def add() -> ResponseReturnValue:
    label, kind = _text("label"), _text("kind")
    try:
        field = add_custom_field(label, kind, _lines("choices"), by=current_actor())
    except Invalid as refusal:
        return _index(error=str(refusal)), 422
    flash(f"Every application now has the field {field.label}.", "success")
    return redirect(url_for(".index"), 303)


@bp.get("/<int:customfield_id>")
@requires(EDIT_APPLICATIONS, CustomField)
def edit(customfield: CustomField) -> Response:
    return _edit(customfield)


@bp.post("/<int:customfield_id>")
@requires(EDIT_APPLICATIONS, CustomField)
def change(customfield: CustomField) -> ResponseReturnValue:
    try:
        rename_custom_field(customfield, _text("label"), by=current_actor())
        if customfield.kind == CHOICE:
            edit_choices(customfield, _renamed(customfield), _lines("added"), by=current_actor())
    except Invalid as refusal:
        return _edit(customfield, error=str(refusal)), 422
    flash(f"{customfield.label}: saved.", "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:customfield_id>/move")
@requires(EDIT_APPLICATIONS, CustomField)
def move(customfield: CustomField) -> ResponseReturnValue:
    steps = -1 if request.form.get("way") == "up" else 1
    move_custom_field(customfield, steps, by=current_actor())
    return redirect(url_for(".index", _anchor=customfield.key), 303)


@bp.get("/<int:customfield_id>/remove")
@requires(EDIT_APPLICATIONS, CustomField)
def ask(customfield: CustomField) -> Response:
    return page("custom_fields/remove.html", field=customfield, uses=uses_of(customfield))


@bp.post("/<int:customfield_id>/remove")
@requires(EDIT_APPLICATIONS, CustomField)
def remove(customfield: CustomField) -> ResponseReturnValue:
    label, seen = customfield.label, key_in(_text("seen")) or 0
    remove_custom_field(customfield, seen=seen, by=current_actor())
    flash(f"{label} was removed from every application.", "success")
    return redirect(url_for(".index"), 303)


def _index(error: str = "") -> Response:
    fields = custom_fields()
    return page(
        "custom_fields/index.html",
        fields=fields,
        counts=value_counts(fields),
        kinds=KINDS,
        longest=LONGEST_LABEL,
        error=error,
    )


def _edit(field: CustomField, error: str = "") -> Response:
    return page(
        "custom_fields/edit.html",
        field=field,
        label=_text("label") if error else field.label,
        counts=values_of_choices(field) if field.kind == CHOICE else {},
        typed=request.form.getlist("choice"),
        longest=LONGEST_LABEL,
        error=error,
    )


def _renamed(field: CustomField) -> dict[str, str]:
    """What each choice is called now, as typed beside it; both lists come in one order."""
    was, now = request.form.getlist("was"), request.form.getlist("choice")
    typed = dict(zip(was, (text.replace("\0", "") for text in now), strict=False))
    return {choice: typed.get(choice, choice) for choice in map(str, field.choices)}


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\0", "")


def _lines(name: str) -> list[str]:
    return [line.strip() for line in _text(name).splitlines() if line.strip()]
