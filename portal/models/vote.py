"""What each reviewer said of an item that several decide together. Rows are only ever added."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from policies.lifecycle import Verdict
from portal.db import Base


class Vote(Base):
    """One reviewer's word at one level; UNDECIDED takes an earlier one back. The latest counts.

    What the votes come to is a Decision, made by whoever's vote settled it. `bulk_id` is that of
    a vote on all in view.
    """

    __tablename__ = "votes"
    __table_args__ = (Index("ix_votes_item_id_level_person_id", "item_id", "level", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    level: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    by_name: Mapped[str]
    verdict: Mapped[Verdict]
    comment: Mapped[str] = mapped_column(default="")
    bulk_id: Mapped[str | None] = mapped_column(index=True)
    voted_at: Mapped[datetime]
