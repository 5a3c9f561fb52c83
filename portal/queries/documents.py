"""Reading the documents of applications."""

from sqlalchemy import Select, select

from portal.models import Application, Document
from portal.queries.paging import Order


def documents_of(application: Application) -> Select[Document]:
    """Select what is kept with the application."""
    return select(Document).where(Document.application_id == application.id)


def latest_first() -> Order:
    return Order(Document.id, Document.id, descending=True)
