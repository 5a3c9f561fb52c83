"""The documents of an application: the list, uploading, downloading, removing."""

from collections.abc import Iterator
from typing import BinaryIO, cast

from flask import Blueprint, Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select
from werkzeug.http import dump_options_header

from policies.documents import MEDIA_TYPES, MOST_BYTES
from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATION, REMOVE_DOCUMENT, SEE_APPLICATION, SEE_DOCUMENT
from portal.models import Application, Document
from portal.queries.documents import DOCUMENT_FIELDS, SORTS, documents_of, documents_order
from portal.queries.files import read_parts
from portal.queries.paging import count_of, in_turn, page_of
from portal.usecases.documents import keep_document, note_document_taken, remove_document
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("documents", __name__)

HEADER = ("Name", "Note", "Bytes", "By", "Uploaded (UTC)", "SHA-256")


@bp.get("/applications/<int:application_id>/documents")
@requires(SEE_APPLICATION, Application)
def index(application: Application) -> Response:
    return _page(application)


@bp.get("/applications/<int:application_id>/documents/csv")
@requires(SEE_APPLICATION, Application)
def index_csv(application: Application) -> Response:
    listing = read_download(DOCUMENT_FIELDS, SORTS, "-uploaded")
    order = documents_order(listing.sort, descending=listing.descending)
    query = documents_of(application, listing.filter, listing.text).order_by(*order.terms)
    return csv_answer("documents", HEADER, _csv_rows(query), about=application)


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
    listing = read_listing(DOCUMENT_FIELDS, SORTS, "-uploaded")
    query = documents_of(application, listing.filter, listing.text)
    order = documents_order(listing.sort, descending=listing.descending)
    return page(
        "documents/index.html",
        parts=("documents_list",),
        application=application,
        listing=listing,
        found=page_of(query, order, listing.cursor),
        total=count_of(query),
        error=error,
        file_types=",".join(f".{ending}" for ending in MEDIA_TYPES),
        most=MOST_BYTES // 1_000_000,
    )


def _csv_rows(query: Select[Document]) -> Iterator[list[str]]:
    for document in in_turn(query):
        file = document.file
        about = (document.by_name, exact(document.created_at), file.sha256)
        yield [file.name, document.note, str(file.size), *about]
