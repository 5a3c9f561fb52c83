"""Bringing the list of one application: its owners may, and members who edit applications."""

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import IMPORT_INTO
from portal.forms.syncs import FILE_TYPES, read_own_upload
from portal.models import Application
from portal.usecases.sources import accounts_source, main_instance
from portal.usecases.syncs import upload_list
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("uploads", __name__, url_prefix="/applications/<int:application_id>/lists")


@bp.get("/new")
@requires(IMPORT_INTO, Application)
def new(application: Application) -> Response:
    return _page(application)


@bp.post("")
@requires(IMPORT_INTO, Application)
def bring(application: Application) -> ResponseReturnValue:
    """Keep the file and have it read; what it changes is shown before anything does."""
    actor = current_actor()
    try:
        sent = read_own_upload(request.form, request.files)
        place = main_instance(application, sent.instance_id, by=actor)
        source, whole = accounts_source(place, by=actor), sent.is_complete
        sync = upload_list(source, sent.file_name, sent.stream, is_complete=whole, by=actor)
    except Invalid as refusal:
        return _page(application, error=str(refusal)), 422
    return redirect(url_for("syncs.show", sync_id=sync.id), 303)


def _page(application: Application, error: str = "") -> Response:
    instances = [(each.id, each.name) for each in application.instances]
    return page(
        "uploads/new.html",
        application=application,
        instances=instances if len(instances) > 1 else [],
        file_types=FILE_TYPES,
        error=error,
    )
