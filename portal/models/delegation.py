"""Who reviews in somebody's place while they are away."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.person import Person


class Delegation(Base):
    """From one day to another, both included; without `until_on` until it is ended."""

    __tablename__ = "delegations"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    delegate_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    reason: Mapped[str]
    by_name: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="joined", innerjoin=True)
    delegate: Mapped[Person] = relationship(
        foreign_keys=[delegate_id], lazy="joined", innerjoin=True
    )

    @property
    def name(self) -> str:
        """For the trail."""
        return f"{self.delegate.name} for {self.person.name}"
