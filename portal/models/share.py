"""A share: a report that somebody may read by a link of their own."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.letter import Link
from portal.models.person import Person
from portal.models.report import Report


class Share(Base):
    """`link` (purpose "share") says to whom, until when, and whether it was withdrawn.

    `uses` counts how often the file was handed out by it.
    """

    __tablename__ = "shares"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("links.id"), unique=True)
    by_person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_name: Mapped[str]
    created_at: Mapped[datetime]
    uses: Mapped[int] = mapped_column(default=0, server_default="0")
    used_at: Mapped[datetime | None]

    report: Mapped[Report] = relationship()
    link: Mapped[Link] = relationship()

    @property
    def person(self) -> Person:
        """With whom it is shared."""
        return self.link.person
