"""A document kept with an application: a contract, an order form, a description of its roles."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.application import Application
from portal.models.file import File


class Document(Base):
    """`by_name` is who uploaded it, as they were called then."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"))
    note: Mapped[str] = mapped_column(default="")
    by_person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    by_name: Mapped[str]
    created_at: Mapped[datetime]

    application: Mapped[Application] = relationship()
    file: Mapped[File] = relationship(lazy="joined", innerjoin=True)

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.file.name
