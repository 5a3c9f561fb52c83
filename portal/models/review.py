"""A review: one application in one campaign, and who reviews it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Optional

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from policies.lifecycle import ReviewState
from portal import clock
from portal.db import Base
from portal.models.application import Application
from portal.models.campaign import Campaign
from portal.models.person import Person
from portal.models.remediation import Remediation


class Review(Base):
    """`level` is the stage it is in. `frozen` keeps what the freeze found: sources and counts.

    `drift` says how its application differs from it by now (portal.queries.drift); None where no
    list came in since.
    """

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_campaign_id_state", "campaign_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.PENDING)
    level: Mapped[int] = mapped_column(default=1)
    levels: Mapped[int] = mapped_column(default=1)
    remediation_owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    error: Mapped[str] = mapped_column(default="")
    frozen_at: Mapped[datetime | None]
    frozen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    drift: Mapped[dict[str, Any] | None]
    acknowledgement: Mapped[str] = mapped_column(default="")  # indirect data, and by whom
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    signed_off_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    cancelled_reason: Mapped[str] = mapped_column(default="")
    relaunched_from_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"))

    campaign: Mapped[Campaign] = relationship(back_populates="reviews")
    application: Mapped[Application] = relationship()
    remediation_owner: Mapped[Person | None] = relationship(foreign_keys=[remediation_owner_id])
    started_by: Mapped[Person | None] = relationship(foreign_keys=[started_by_id])
    submitted_by: Mapped[Person | None] = relationship(foreign_keys=[submitted_by_id])
    reviewers: Mapped[list["Reviewer"]] = relationship(
        back_populates="review", order_by="[Reviewer.level, Reviewer.person_id]"
    )
    remediation: Mapped[Optional["Remediation"]] = relationship(
        back_populates="review", uselist=False
    )

    @property
    def reviewer_ids(self) -> Collection[int]:
        """Who reviews here, at any level."""
        return {reviewer.person_id for reviewer in self.reviewers}

    @property
    def accepts_decisions(self) -> bool:
        """The due date lies ahead, or the campaign takes late decisions."""
        return self.campaign.accepts_late or clock.now() <= self.campaign.due_at


class Reviewer(Base):
    """A person reviews at a level of a review, on a basis: named, owner, fallback."""

    __tablename__ = "reviewers"
    __table_args__ = (UniqueConstraint("review_id", "level", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    level: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    basis: Mapped[str]
    items: Mapped[int] = mapped_column(default=0)  # assigned to them at the freeze

    review: Mapped[Review] = relationship(back_populates="reviewers")
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
