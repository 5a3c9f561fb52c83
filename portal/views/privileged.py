"""Which roles mean privileged access: the organisation's words, and those of an application."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import EDIT_SETTINGS, SEE_SETTINGS
from portal.db import db
from portal.models import Application
from portal.queries.applications import with_own_words
from portal.queries.settings import setting
from portal.queries.templates import applications_by_name
from portal.usecases.applications import say_privileged
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("privileged", __name__, url_prefix="/settings/privileged")


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    return page(
        "privileged/index.html",
        words=setting("privileged_words"),
        own=with_own_words(),
        applications=applications_by_name(),
    )


@bp.post("")
@requires(EDIT_SETTINGS)
def change() -> ResponseReturnValue:
    application = _application(request.form.get("application_id", ""))
    words = request.form.get("words", "").replace("\0", "")
    say_privileged(application, words, by=current_actor())
    flash(f"Saved for {application.name}. It counts from the next freeze on.", "success")
    return redirect(url_for(".index"), 303)


def _application(typed: str) -> Application:
    found = db.session.get(Application, int(typed)) if typed.isdecimal() else None
    if found is None:
        raise Invalid("Choose an application.")
    return found
