"""Applications: the list, one of them, and changing what is said of it."""

from collections.abc import Iterator, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.filters import Op
from policies.permissions import (
    EDIT_APPLICATION,
    EDIT_APPLICATIONS,
    SEE_APPLICATION,
    SEE_APPLICATIONS,
    SEE_PEOPLE,
    can,
)
from portal.forms.applications import ApplicationForm, application_form
from portal.models import Application, CustomField
from portal.models.application import ApplicationState
from portal.queries.accounts import orphans_of
from portal.queries.application_facts import last_lists, overviews
from portal.queries.applications import (
    application_sorts,
    applications_in_list,
    applications_order,
    counts_by_state,
    fields_with,
    rows_of_applications,
)
from portal.queries.custom_fields import PREFIX, custom_fields, people_in_fields, written_value
from portal.queries.paging import count_of, page_of
from portal.queries.people import address_of, addresses
from portal.usecases.applications import add_instance, create_application, edit_application
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import Listing, csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("applications", __name__, url_prefix="/applications")

HEADER = (
    *("Name", "State", "Primary owner", "Other owners", "Accounts", "Privileged"),
    *("Last list (UTC)", "Lists are fresh", "Last review (UTC)"),
)


@bp.get("")
@requires(SEE_APPLICATIONS)
def index() -> Response:
    added = custom_fields()
    listing = read_listing(fields_with(added), application_sorts(added), "name")
    query = applications_in_list(listing.filter, listing.text)
    order = applications_order(listing.sort, added, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    shown = _chosen_columns(added)
    return page(
        "applications/index.html",
        parts=("applications_list",),
        listing=listing,
        found=found,
        total=count_of(query),
        tabs=_tabs(listing),
        change_url=_change_url(listing),
        choices=[(PREFIX + each.key, each.label) for each in added],
        chosen={PREFIX + each.key for each in shown},
        shown=shown,
        written=written_value,
        people=people_in_fields(found.rows, shown),
        overviews=overviews([application.id for application in found.rows]),
    )


@bp.get("/csv")
@requires(SEE_APPLICATIONS)
def index_csv() -> Response:
    added = custom_fields()
    listing = read_download(fields_with(added), application_sorts(added), "name")
    order = applications_order(listing.sort, added, descending=listing.descending)
    query = applications_in_list(listing.filter, listing.text).order_by(*order.terms)
    rows = _csv_rows(query, added)
    return csv_answer("applications", [*HEADER, *(each.label for each in added)], rows)


@bp.get("/<int:application_id>")
@requires(SEE_APPLICATION, Application)
def show(application: Application) -> Response:
    added = custom_fields()
    return page(
        "applications/show.html",
        application=application,
        custom=added,
        written=written_value,
        people=people_in_fields([application], added),
        lists=last_lists([application.id]).get(application.id, []),
        overview=overviews([application.id])[application.id],
        orphans=orphans_of(application),
    )


@bp.get("/new")
@requires(EDIT_APPLICATIONS)
def new() -> Response:
    return _edit(application_form(custom_fields()), None)


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
    return _edit(_form(application), application)


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
    added = custom_fields()
    named = people_in_fields([application], added)
    people = {key: address_of(person) for key, person in named.items()}
    form = application_form(added, application, people=people, wholly=wholly)
    return cast(ApplicationForm, form)


def _edit(form: ApplicationForm, application: Application | None) -> Response:
    may_choose = can(SEE_PEOPLE, current_actor(), None)
    return page(
        "applications/edit.html",
        form=form,
        application=application,
        addresses=(addresses() if may_choose else None) or [],
    )


def _again(form: ApplicationForm, application: Application | None) -> Response:
    answer = _edit(form, application)
    answer.status_code = 422
    return answer


def _tabs(listing: Listing) -> list[dict[str, Any]]:
    """A tab for every state, and one for all, with how many match besides."""
    counts = counts_by_state(listing.filter, listing.text)
    asked = {(c.op, c.value) for c in listing.filter.conditions if c.field == "state"}
    shown = [state for state in counts if state is not ApplicationState.HIDDEN]
    entries = [("All", "", sum(counts[state] for state in shown), not asked)]
    for state in shown:
        is_current = asked == {(Op.IS, state.value)}
        entries.append((state.value.capitalize(), state.value, counts[state], is_current))
    keys = ("label", "url", "count", "current")
    return [
        dict(zip(keys, (label, listing.chosen.only("state", value), *rest), strict=True))
        for label, value, *rest in entries
    ]


def _change_url(listing: Listing) -> str:
    """Where all of the list is changed at once."""
    asked = [*listing.filter.as_query(), *([("q", listing.text)] if listing.text else [])]
    url = url_for("many_applications.choose")
    return f"{url}?{urlencode(asked)}" if asked else url


def _chosen_columns(added: Sequence[CustomField]) -> list[CustomField]:
    """The custom fields that the URL asks for as columns, in their own order."""
    wanted = set(request.args.getlist("cols"))
    return [each for each in added if PREFIX + each.key in wanted]


def _csv_rows(query: Any, added: Sequence[CustomField]) -> Iterator[list[str]]:
    for rows, beside in rows_of_applications(query):
        people = people_in_fields(rows, added)
        for application in rows:
            overview = beside[application.id]
            yield [
                application.name,
                application.state.value,
                application.owner.name if application.owner else "",
                "; ".join(owner.person.name for owner in application.owners[1:]),
                str(overview.accounts),
                str(overview.privileged),
                exact(overview.listed_at),
                "yes" if overview.is_fresh else "no",
                exact(overview.reviewed_at),
                *(written_value(each, application, people) for each in added),
            ]
