"""How people have the table of a review, and the views of it that they keep by name."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.application import Application
from portal.models.person import Person


class TableLayout(Base):
    """The columns one person wants to see in the reviews of one application (policies.layout)."""

    __tablename__ = "table_layouts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    columns: Mapped[list[Any]]


class TableView(Base):
    """A view kept by name: its filter, order, columns and group, as the query of its URL.

    Whoever reviews the application sees a shared one; others are their owner's.
    """

    __tablename__ = "table_views"
    __table_args__ = (
        Index("ix_table_views_application_id_person_id", "application_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    query: Mapped[str]
    is_shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    application: Mapped[Application] = relationship()
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
