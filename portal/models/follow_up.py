"""A follow-up: decisions that are closed, and are to be taken again in another campaign."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.review import Review


class FollowUp(Base):
    """Somebody asked for `count` items of `review` to be decided again, and why. Campaigns that do
    so name it (Campaign.again)."""

    __tablename__ = "follow_ups"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    count: Mapped[int]
    chosen: Mapped[str]  # the filter by which they were found, in words; "" for all
    reason: Mapped[str]
    by_person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]

    review: Mapped[Review] = relationship()


class FollowUpItem(Base):
    """One of its items."""

    __tablename__ = "follow_up_items"
    __table_args__ = (
        Index("ix_follow_up_items_item_id", "item_id"),
        {"sqlite_with_rowid": False},
    )

    follow_up_id: Mapped[int] = mapped_column(
        ForeignKey("follow_ups.id"), primary_key=True, autoincrement=False
    )
    item_id: Mapped[int] = mapped_column(
        ForeignKey("items.id"), primary_key=True, autoincrement=False
    )
