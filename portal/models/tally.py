"""Tallies: where campaigns and their reviewers stand, counted from decisions and sign-offs.

They are kept for speed and say nothing that could not be counted again; evidence never reads them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.person import Person


class CampaignTally(Base):
    """One launched campaign, as it was counted at `counted_at`.

    `trail_id` is the last line of its trail then: a newer one means that it is to be counted
    again. `total` are the decisions to be taken, one for each item and level; `days` are
    ["2026-12-04", how many of them stand that were taken that day], in order of the day.
    """

    __tablename__ = "campaign_tallies"

    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id"), primary_key=True, autoincrement=False
    )
    trail_id: Mapped[int]
    total: Mapped[int]
    done: Mapped[int]
    unassigned: Mapped[int]
    days: Mapped[list[Any]]
    counted_at: Mapped[datetime]


class ReviewerTally(Base):
    """One person's part in one campaign: as reviewer, and as one who takes access away.

    `review_id` is the review, where they have only one. `items` are assigned to them and `left`
    are undecided, at the level their reviews are in. `single` and `bulk` count the decisions
    they took one by one and on all in view; `pace` is the median of seconds between two single
    ones (-1: none). `rejected`, `changed`, `against` (the recommendation) and `privileged`
    (approvals of it) stand as they decided. `removals` are theirs to take away and still active,
    `overdue` of them for too long.
    """

    __tablename__ = "reviewer_tallies"
    __table_args__ = (
        UniqueConstraint("campaign_id", "person_id"),
        Index("ix_reviewer_tallies_campaign_id_left", "campaign_id", "left", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    reviews: Mapped[int] = mapped_column(default=0)
    review_id: Mapped[int | None]
    items: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)
    single: Mapped[int] = mapped_column(default=0)
    bulk: Mapped[int] = mapped_column(default=0)
    pace: Mapped[float] = mapped_column(default=-1)
    rejected: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0, server_default="0")
    against: Mapped[int] = mapped_column(default=0, server_default="0")
    privileged: Mapped[int] = mapped_column(default=0, server_default="0")
    removals: Mapped[int] = mapped_column(default=0)
    overdue: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()

    @property
    def taken(self) -> int:
        """The decisions they took, one by one and at once."""
        return self.single + self.bulk

    @property
    def bulk_share(self) -> int:
        """Per cent of them that were taken at once."""
        return 100 * self.bulk // self.taken if self.taken else 0
