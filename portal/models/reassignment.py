"""Who was given whose items in a review that runs: what was changed, by whom, and why."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.person import Person
from portal.models.review import Review


class Change(StrEnum):
    """What happened to the reviewers of some items."""

    REASSIGNED = "reassigned"  # instead of whoever had them
    REPLACED = "replaced"  # everything of one person
    ADDED = "added"  # beside whoever has them
    ASSIGNED = "assigned"  # nobody had them
    DELEGATED = "delegated"  # beside one person, who is away
    LEFT = "left"  # one person's, who is not here any more, as the campaign's rules say


class Reassignment(Base):
    """One change of reviewers. `to_id` is None where the campaign's rules gave them out anew.

    `items` is how many accounts it was; 0 where the review had not started yet.
    """

    __tablename__ = "reassignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    level: Mapped[int]
    change: Mapped[Change]
    from_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    to_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    items: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str]
    by_person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]

    review: Mapped[Review] = relationship()
    giver: Mapped[Person | None] = relationship(foreign_keys=[from_id])
    taker: Mapped[Person | None] = relationship(foreign_keys=[to_id])


class ReassignedItem(Base):
    """Who had an item before a change, on which basis; `was_id` is 0 where nobody had it."""

    __tablename__ = "reassigned_items"
    __table_args__ = ({"sqlite_with_rowid": False},)

    reassignment_id: Mapped[int] = mapped_column(ForeignKey("reassignments.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True, index=True)
    was_id: Mapped[int] = mapped_column(primary_key=True)
    was_basis: Mapped[str]
