"""Documents of applications: kept, handed out, removed."""

from itertools import chain
from typing import Any, BinaryIO

from sqlalchemy import delete

from policies.documents import HEAD, MOST_BYTES, MOST_DOCUMENTS, checked
from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATION, REMOVE_DOCUMENT, SEE_DOCUMENT, Actor, require
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Application, Document, File, FilePart
from portal.queries.documents import documents_of
from portal.queries.paging import count_of
from portal.usecases.files import keep_file
from portal.usecases.trail import record
from portal.usecases.unit import usecase

_CHUNK = 1 << 18


@usecase
def keep_document(
    application: Application, file_name: str, stream: BinaryIO, *, note: str = "", by: Actor
) -> Document:
    """Keep a file with the application. Invalid where it is too large, or of no such kind."""
    require(EDIT_APPLICATION, by, application)
    if by.person_id is None:
        raise Invalid("Only a person can upload a document.")
    if count_of(documents_of(application)) >= MOST_DOCUMENTS:
        raise Invalid(f"{application.name} has {MOST_DOCUMENTS} documents. Remove one first.")
    head = stream.read(HEAD)
    name, media_type = checked(file_name, head)
    most = min(MOST_BYTES, current_config().max_upload_mb * 1_000_000)
    rest = iter(lambda: stream.read(_CHUNK), b"")
    file = keep_file(name, chain([head], rest), media_type, most_bytes=most)
    document = Document(
        application_id=application.id,
        file=file,
        note=" ".join(note.split())[:200],
        by_person_id=by.person_id,
        by_name=by.name,
        created_at=clock.now(),
    )
    db.session.add(document)
    db.session.flush()
    record("document kept", document, by=by, **_about(document))
    return document


@usecase
def note_document_taken(document: Document, *, by: Actor) -> None:
    """Somebody downloads it."""
    require(SEE_DOCUMENT, by, document)
    record("document downloaded", document, by=by, **_about(document))


@usecase
def remove_document(document: Document, *, by: Actor) -> None:
    """Delete it with its content; the trail keeps its name and hash."""
    require(REMOVE_DOCUMENT, by, document)
    record("document removed", document, by=by, **_about(document))
    file_id = document.file_id
    db.session.delete(document)
    db.session.flush()
    db.session.execute(delete(FilePart).where(FilePart.file_id == file_id))
    db.session.execute(delete(File).where(File.id == file_id))


def _about(document: Document) -> dict[str, Any]:
    file = document.file
    return {
        "application": document.application_id,
        "file": file.name,
        "sha256": file.sha256,
        "size": file.size,
    }
