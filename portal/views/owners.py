"""The owners of an application: who answers for it, and who comes first."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATIONS
from portal.models import Application, Person
from portal.queries.people import addresses, people_named, person_by_address
from portal.usecases.applications import set_owners
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("owners", __name__, url_prefix="/applications/<int:application_id>/owners")


@bp.get("")
@requires(EDIT_APPLICATIONS, Application)
def index(application: Application) -> Response:
    return _page(application, request.args.get("person", "").strip())


@bp.post("")
@requires(EDIT_APPLICATIONS, Application)
def add(application: Application) -> ResponseReturnValue:
    text = request.form.get("person", "").replace("\0", "").strip()
    person = person_by_address(text)
    if person is None:
        answer = _page(application, text)
        answer.status_code = 422
        return answer
    owners = [owner.person for owner in application.owners]
    if person not in owners:
        primary = _primary(application) or person
        set_owners(application, [*owners, person], primary=primary, by=current_actor())
        flash(f"{person.name} is an owner of {application.name}.", "success")
    return redirect(url_for(".index", application_id=application.id), 303)


@bp.post("/<int:person_id>/primary")
@requires(EDIT_APPLICATIONS, Application)
def prefer(application: Application, person_id: int) -> ResponseReturnValue:
    person = _owner(application, person_id)
    owners = [owner.person for owner in application.owners]
    set_owners(application, owners, primary=person, by=current_actor())
    flash(f"{person.name} is the primary owner of {application.name}.", "success")
    return redirect(url_for(".index", application_id=application.id), 303)


@bp.post("/<int:person_id>/remove")
@requires(EDIT_APPLICATIONS, Application)
def remove(application: Application, person_id: int) -> ResponseReturnValue:
    person = _owner(application, person_id)
    others = [owner.person for owner in application.owners if owner.person_id != person_id]
    primary = _primary(application)
    if primary not in others:
        primary = others[0] if others else None
    set_owners(application, others, primary=primary, by=current_actor())
    flash(f"{person.name} is no longer an owner of {application.name}.", "success")
    return redirect(url_for(".index", application_id=application.id), 303)


def _page(application: Application, text: str) -> Response:
    """The owners; where `text` names nobody exactly, whom it may mean."""
    return page(
        "owners/index.html",
        application=application,
        text=text,
        candidates=people_named(text) if text else [],
        addresses=addresses(),
    )


def _primary(application: Application) -> Person | None:
    return next((owner.person for owner in application.owners if owner.is_primary), None)


def _owner(application: Application, person_id: int) -> Person:
    for owner in application.owners:
        if owner.person_id == person_id:
            return owner.person
    raise Invalid("This person is not an owner any more. Reload the page.")
