"""Who stands in for whom: one's own delegate, and everybody's."""

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import ARRANGE_OWN, RUN_CAMPAIGNS, SEE_CAMPAIGNS
from portal import clock
from portal.db import db
from portal.forms.delegations import read_days
from portal.forms.taker import TakerForm, read_taker
from portal.models import Delegation, Person
from portal.queries.delegations import delegations
from portal.queries.people import addresses, people_named, person_by_address
from portal.usecases.delegating import appoint_delegate, dismiss_delegate
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("delegations", __name__)


@bp.get("/tasks/delegate")
@requires(ARRANGE_OWN)
def own() -> Response:
    return _own(TakerForm())


@bp.post("/tasks/delegate")
@requires(ARRANGE_OWN)
def appoint_own() -> ResponseReturnValue:
    form = read_taker(request.form, person_by_address, people_named)
    if error := _appoint(_myself(), form):
        return _own(form, error, 422)
    return redirect(url_for(".own"), 303)


@bp.post("/tasks/delegate/<int:delegation_id>/end")
@requires(ARRANGE_OWN)
def dismiss_own(delegation_id: int) -> ResponseReturnValue:
    said = _delegation(delegation_id)
    if said.person_id != current_actor().person_id:
        abort(404)
    _dismiss(said)
    return redirect(url_for(".own"), 303)


@bp.get("/delegates")
@requires(SEE_CAMPAIGNS)
def index() -> Response:
    return _index(TakerForm())


@bp.post("/delegates")
@requires(RUN_CAMPAIGNS)
def appoint() -> ResponseReturnValue:
    form = read_taker(request.form, person_by_address, people_named)
    person = person_by_address(request.form.get("absent", "").replace("\0", ""))
    if person is None:
        return _index(form, ("Write the email address of whoever is away.", "#absent"), 422)
    if error := _appoint(person, form):
        return _index(form, error, 422)
    return redirect(url_for(".index"), 303)


@bp.post("/delegates/<int:delegation_id>/end")
@requires(RUN_CAMPAIGNS)
def dismiss(delegation_id: int) -> ResponseReturnValue:
    _dismiss(_delegation(delegation_id))
    return redirect(url_for(".index"), 303)


def _appoint(person: Person, form: TakerForm) -> tuple[str, str] | None:
    """Appoint whoever the form names; the error and its place where that cannot be."""
    if form.errors or form.person is None:
        return form.errors[0]
    try:
        days = read_days(request.form, clock.today())
        appoint_delegate(person, form.person, days, form.reason, by=current_actor())
    except Invalid as refusal:
        return str(refusal), "#person"
    flash(f"{form.person.name} stands in for {person.name}.", "success")
    return None


def _dismiss(said: Delegation) -> None:
    dismiss_delegate(said, by=current_actor())
    flash(f"{said.delegate.name} does not stand in any more.", "success")


def _own(form: TakerForm, error: tuple[str, str] | None = None, status: int = 200) -> Response:
    mine = delegations(current_actor().person_id)
    return _page("delegations/own.html", mine, form, error, status)


def _index(form: TakerForm, error: tuple[str, str] | None = None, status: int = 200) -> Response:
    return _page("delegations/index.html", delegations(), form, error, status)


def _page(
    template: str,
    found: object,
    form: TakerForm,
    error: tuple[str, str] | None,
    status: int,
) -> Response:
    response = page(
        template,
        delegations=found,
        form=form,
        errors=[error] if error else [],
        addresses=addresses(),
        typed=request.form,
        today=clock.today(),
    )
    response.status_code = status
    return response


def _myself() -> Person:
    return db.session.get(Person, current_actor().person_id or 0) or abort(404)


def _delegation(delegation_id: int) -> Delegation:
    found = db.session.get(Delegation, delegation_id) if delegation_id < 1 << 31 else None
    return found or abort(404)
