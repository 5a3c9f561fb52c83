"""Logos: shown under the hash of their content, uploaded and taken away."""

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATION, EDIT_SETTINGS, SEE_APPLICATION
from portal.models import Application
from portal.pictures import FILE_TYPES, MOST_BYTES
from portal.queries.logos import logo_with
from portal.queries.settings import setting
from portal.usecases.logos import (
    remove_logo,
    remove_organisation_logo,
    set_logo,
    set_organisation_logo,
)
from portal.web.access import current_actor, public, requires
from portal.web.pages import page

bp = Blueprint("logos", __name__)

YEAR = 365 * 24 * 60 * 60


@bp.get("/applications/<int:application_id>/logo/<digest>.png")
@requires(SEE_APPLICATION, Application)
def of_application(application: Application, digest: str) -> Response:
    return _picture(application.logo, digest, "private")


@bp.get("/logo/<digest>.png")
@public
def of_organisation(digest: str) -> Response:
    """Stands on the sign-in page as well."""
    return _picture(setting("organisation_logo"), digest, "public")


@bp.get("/applications/<int:application_id>/logo")
@requires(EDIT_APPLICATION, Application)
def edit(application: Application) -> Response:
    return _edit(application)


@bp.post("/applications/<int:application_id>/logo")
@requires(EDIT_APPLICATION, Application)
def upload(application: Application) -> ResponseReturnValue:
    try:
        set_logo(application, _sent(), by=current_actor())
    except Invalid as refusal:
        return _edit(application, str(refusal)), 422
    flash(f"{application.name} has a new logo.", "success")
    return redirect(url_for("applications.show", application_id=application.id), 303)


@bp.post("/applications/<int:application_id>/logo/remove")
@requires(EDIT_APPLICATION, Application)
def remove(application: Application) -> ResponseReturnValue:
    remove_logo(application, by=current_actor())
    flash(f"A monogram stands for {application.name} again.", "success")
    return redirect(url_for(".edit", application_id=application.id), 303)


@bp.get("/settings/logo")
@requires(EDIT_SETTINGS)
def edit_own() -> Response:
    return _edit_own()


@bp.post("/settings/logo")
@requires(EDIT_SETTINGS)
def upload_own() -> ResponseReturnValue:
    try:
        set_organisation_logo(_sent(), by=current_actor())
    except Invalid as refusal:
        return _edit_own(str(refusal)), 422
    flash("The organisation has a new logo.", "success")
    return redirect(url_for(".edit_own"), 303)


@bp.post("/settings/logo/remove")
@requires(EDIT_SETTINGS)
def remove_own() -> ResponseReturnValue:
    remove_organisation_logo(by=current_actor())
    flash("The organisation is shown by its name alone.", "success")
    return redirect(url_for(".edit_own"), 303)


def _picture(shown: str, digest: str, whose: str) -> Response:
    """The picture if it is the one shown; its address never means another one."""
    content = logo_with(digest) if digest == shown else None
    if content is None:
        abort(404)
    answer = Response(content, mimetype="image/png")
    answer.headers["Cache-Control"] = f"{whose}, max-age={YEAR}, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _sent() -> bytes:
    """The picture as sent, read one byte beyond what is taken at most."""
    sent = request.files.get("logo")
    if sent is None:
        return b""
    with sent.stream as stream:
        return stream.read(MOST_BYTES + 1)


def _edit(application: Application, error: str = "") -> Response:
    return page("logos/edit.html", application=application, file_types=FILE_TYPES, error=error)


def _edit_own(error: str = "") -> Response:
    return page("logos/own.html", file_types=FILE_TYPES, error=error)
