"""Conflicts of duties: two entitlements that nobody is to hold together."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.application import Application


class DutyConflict(Base):
    """Entitlements are meant by their names, in whichever instance, whatever their case."""

    __tablename__ = "duty_conflicts"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    entitlement: Mapped[str]
    other_application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    other_entitlement: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    by_name: Mapped[str]
    created_at: Mapped[datetime]

    application: Mapped[Application] = relationship(foreign_keys=[application_id], lazy="joined")
    other_application: Mapped[Application] = relationship(
        foreign_keys=[other_application_id], lazy="joined"
    )

    @property
    def name(self) -> str:
        """Both sides in words."""
        one = f"{self.entitlement} ({self.application.name})"
        return f"{one} and {self.other_entitlement} ({self.other_application.name})"
