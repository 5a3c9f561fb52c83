"""Reading the documents of applications."""

from collections.abc import Mapping

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager

from policies.filters import Field, Filter, Kind
from portal.models import Application, Document, File
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order

_COLUMNS: Columns = {
    "name": File.name,
    "note": Document.note,
    "by": Document.by_name,
    "size": File.size,
    "uploaded": Document.created_at,
}
DOCUMENT_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("name", "Name"),
        Field("note", "Note"),
        Field("by", "By"),
        Field("size", "Bytes", Kind.NUMBER),
        Field("uploaded", "Uploaded", Kind.DATE),
    )
}


def _of_file(column: Expression) -> Expression:
    its = select(column).where(File.id == Document.file_id)
    return its.correlate(Document).scalar_subquery()


SORTS: Mapping[str, Expression] = {
    "name": _of_file(in_order(File.name)),
    "size": _of_file(File.size),
    "by": in_order(Document.by_name),
    "uploaded": Document.id,
}


def documents_of(
    application: Application,
    filter: Filter = Filter(),  # noqa: A002, B008  the word of the grammar; it is frozen
    text: str = "",
) -> Select[Document]:
    """Select what is kept with the application."""
    query = (
        select(Document)
        .join(Document.file)
        .options(contains_eager(Document.file))
        .where(Document.application_id == application.id, where(filter, DOCUMENT_FIELDS, _COLUMNS))
    )
    places = (File.name, Document.note, Document.by_name)
    return query.where(or_(*(contains(each, text) for each in places))) if text else query


def documents_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Document.id, descending)
