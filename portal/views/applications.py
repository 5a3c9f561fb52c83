"""Applications: the list, one of them, and changing what is said of it."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import (
    EDIT_APPLICATION,
    EDIT_APPLICATIONS,
    SEE_APPLICATION,
    SEE_APPLICATIONS,
    can,
)
from portal.forms.applications import ApplicationForm, application_form
from portal.models import Application, Review
from portal.queries.accounts import orphans_of
from portal.queries.applications import (
    SORTS,
    application_fields,
    applications_in_list,
    applications_order,
    custom_fields,
    lists_of,
    overviews,
    reviews_of_application,
    rows_of_applications,
)
from portal.queries.paging import Order, count_of, page_of
from portal.usecases.applications import add_instance, create_application, edit_application
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("applications", __name__, url_prefix="/applications")


@bp.get("")
@requires(SEE_APPLICATIONS)
def index() -> Response:
    listing = read_listing(application_fields(), SORTS, "name")
    query = applications_in_list(listing.filter, listing.text)
    order = applications_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "applications/index.html",
        parts=("applications_list",),
        listing=listing,
        found=found,
        total=count_of(query),
        overviews=overviews([application.id for application in found.rows]),
    )


@bp.get("/csv")
@requires(SEE_APPLICATIONS)
def index_csv() -> Response:
    listing = read_download(application_fields(), SORTS, "name")
    added = custom_fields()
    header = ["Name", "State", "Primary owner", "Other owners", "Accounts", "Last list (UTC)"]
    order = applications_order(listing.sort, descending=listing.descending)
    query = applications_in_list(listing.filter, listing.text).order_by(*order.terms)
    rows = _csv_rows(query, [each.key for each in added])
    return csv_answer("applications", [*header, *(each.label for each in added)], rows)


@bp.get("/<int:application_id>")
@requires(SEE_APPLICATION, Application)
def show(application: Application) -> Response:
    order = Order(Review.id, Review.id, descending=True)
    return page(
        "applications/show.html",
        application=application,
        custom=custom_fields(),
        lists=lists_of(application),
        overview=overviews([application.id])[application.id],
        orphans=orphans_of(application),
        reviews=page_of(reviews_of_application(application), order, request.args.get("at", "")),
    )


@bp.get("/new")
@requires(EDIT_APPLICATIONS)
def new() -> Response:
    return page("applications/edit.html", form=application_form(custom_fields()), application=None)


@bp.post("")
@requires(EDIT_APPLICATIONS)
def create() -> ResponseReturnValue:
    form = application_form(custom_fields())
    if form.validate():
        try:
            application = create_application(form.said(), by=current_actor())
        except Invalid as invalid:
            form.form_errors.append(str(invalid))
        else:
            flash(f"{application.name} was added. Say who owns it, and upload its list.", "success")
            return redirect(url_for("owners.index", application_id=application.id), 303)
    return _again(form, None)


@bp.get("/<int:application_id>/edit")
@requires(EDIT_APPLICATION, Application)
def edit(application: Application) -> Response:
    form = _form(application)
    return page("applications/edit.html", form=form, application=application)


@bp.post("/<int:application_id>/edit")
@requires(EDIT_APPLICATION, Application)
def change(application: Application) -> ResponseReturnValue:
    form = _form(application)
    if form.validate():
        try:
            edit_application(application, form.said(), by=current_actor())
        except Invalid as invalid:
            form.form_errors.append(str(invalid))
        else:
            flash("The changes are saved.", "success")
            return redirect(url_for(".show", application_id=application.id), 303)
    return _again(form, application)


@bp.post("/<int:application_id>/instances")
@requires(EDIT_APPLICATIONS, Application)
def divide(application: Application) -> ResponseReturnValue:
    instance = add_instance(application, request.form.get("name", ""), by=current_actor())
    flash(f"The instance {instance.name} was added.", "success")
    return redirect(url_for(".show", application_id=application.id), 303)


def _form(application: Application) -> ApplicationForm:
    """What this actor may change; its owners leave name and state to others."""
    wholly = can(EDIT_APPLICATIONS, current_actor(), None)
    return cast(ApplicationForm, application_form(custom_fields(), application, wholly=wholly))


def _again(form: ApplicationForm, application: Application | None) -> Response:
    answer = page("applications/edit.html", form=form, application=application)
    answer.status_code = 422
    return answer


def _csv_rows(query: Any, keys: Sequence[str]) -> Iterator[list[str]]:
    for application, overview in rows_of_applications(query):
        others = application.owners[1:]
        yield [
            application.name,
            application.state.value,
            application.owner.name if application.owner else "",
            "; ".join(owner.person.name for owner in others),
            str(overview.accounts),
            exact(overview.listed_at),
            *(str(application.fields.get(key, "")) for key in keys),
        ]
