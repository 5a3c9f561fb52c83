"""The documents of an application: the list, uploading, downloading, removing."""

from typing import BinaryIO, cast

from flask import Blueprint, Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from werkzeug.http import dump_options_header

from policies.documents import MEDIA_TYPES, MOST_BYTES
from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATION, REMOVE_DOCUMENT, SEE_APPLICATION, SEE_DOCUMENT
from portal.models import Application, Document
from portal.queries.documents import documents_of, latest_first
from portal.queries.files import read_parts
from portal.queries.paging import count_of, page_of
from portal.usecases.documents import keep_document, note_document_taken, remove_document
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("documents", __name__)


@bp.get("/applications/<int:application_id>/documents")
@requires(SEE_APPLICATION, Application)
def index(application: Application) -> Response:
    return _page(application)


@bp.post("/applications/<int:application_id>/documents")
@requires(EDIT_APPLICATION, Application)
def keep(application: Application) -> ResponseReturnValue:
    sent, note = request.files.get("document"), request.form.get("note", "")
    try:
        if sent is None or not sent.filename:
            raise Invalid("Choose a file first.")
        stream = cast(BinaryIO, sent.stream)
        kept = keep_document(application, sent.filename, stream, note=note, by=current_actor())
    except Invalid as refusal:
        return _page(application, error=str(refusal)), 422
    flash(f"{kept.name} is kept.", "success")
    return redirect(url_for(".index", application_id=application.id), 303)


@bp.get("/documents/<int:document_id>")
@requires(SEE_DOCUMENT, Document)
def download(document: Document) -> Response:
    """As an attachment, whatever it is: what somebody uploaded is never shown as a page."""
    note_document_taken(document, by=current_actor())
    file = document.file
    content = stream_with_context(read_parts(file.id))
    response = Response(content, mimetype=file.media_type)
    plain = file.name.encode("ascii", "replace").decode().replace("?", "_")
    names = {"filename": plain} | ({"filename*": file.name} if plain != file.name else {})
    response.headers["Content-Disposition"] = dump_options_header("attachment", names)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.content_length = file.size
    return response


@bp.post("/documents/<int:document_id>/remove")
@requires(REMOVE_DOCUMENT, Document)
def remove(document: Document) -> ResponseReturnValue:
    name, application_id = document.name, document.application_id
    remove_document(document, by=current_actor())
    flash(f"{name} was removed.", "success")
    return redirect(url_for(".index", application_id=application_id), 303)


def _page(application: Application, error: str = "") -> Response:
    query = documents_of(application)
    return page(
        "documents/index.html",
        application=application,
        found=page_of(query, latest_first(), request.args.get("at", "")),
        total=count_of(query),
        error=error,
        file_types=",".join(f".{ending}" for ending in MEDIA_TYPES),
        most=MOST_BYTES // 1_000_000,
    )
