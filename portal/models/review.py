"""A review: one application in one campaign, and who reviews it."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Optional

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from policies.assignment import Handing, Outcome
from policies.care import Care, care_from_data
from policies.level_times import level_due
from policies.lifecycle import ReviewState
from portal.db import Base
from portal.memo import once
from portal.models.application import Application
from portal.models.campaign import Campaign
from portal.models.person import Person
from portal.models.remediation import Remediation

DECIDING = (ReviewState.PENDING, ReviewState.IN_REVIEW)


class Review(Base):
    """`level` is the stage it is in. `frozen` keeps what the freeze found: sources and counts.

    `drift` says how its application differs from it by now (portal.queries.drift); None where no
    list came in since. `changes` are those of its reviewers made before it started: "instead", by
    the id of whom, and "added", by level (portal.usecases.reassigning).
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
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
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
    def is_prepared(self) -> bool:
        """Its campaign is not launched yet, so that its reviewers know nothing of it."""
        return self.campaign.is_prepared

    @property
    def reviewer_ids(self) -> Collection[int]:
        """Who reviews here, at a level that has begun; nobody before the launch."""
        return ReviewerIds(self)

    @property
    def tells_planted(self) -> bool:
        """Nothing can change any more where its planted accounts are (policies.planting)."""
        return self.level > 1 or self.state not in DECIDING

    @property
    def lines(self) -> int:
        """How many lines of real access were frozen."""
        return int(self.frozen.get("items", 0)) - int(self.frozen.get("planted", 0))

    @property
    def is_clearing(self) -> bool:
        """It is for whoever removes access, though a later level may still decide."""
        deciding = self.state in DECIDING
        return not self.is_prepared and (not deciding or self.remediation is not None)

    @property
    def accepts_decisions(self) -> bool:
        """The due date lies ahead, or will; or the campaign takes late decisions."""
        return self.campaign.accepts_late or not self.campaign.is_late

    @property
    def due_at(self) -> datetime:
        """By when it should be done with what it waits for: at a level that has a share of the
        campaign's time until that is used up, else until the due date."""
        deciding = self.state in DECIDING
        return self.level_due(self.level) if deciding else self.campaign.due_at

    def level_due(self, level: int) -> datetime:
        """By when `level` should be done."""
        campaign = self.campaign
        shares = [each.get("share", 0) for each in campaign.reviewing.get("levels", [])]
        begun = campaign.launched_at or campaign.created_at
        return level_due(begun, campaign.due_at, campaign.zone, shares, level)

    @property
    def outcome(self) -> Outcome:
        """How the reviewers of an item at the present level come to a decision."""
        levels = self.campaign.reviewing.get("levels", [])
        said = levels[self.level - 1].get("outcome") if len(levels) >= self.level else None
        return Outcome(said or Outcome.ANY)

    @property
    def care(self) -> Care:
        """How careful its reviewers are asked to be."""
        return care_from_data(self.campaign.reviewing.get("care", {}))

    @property
    def by_entitlement(self) -> bool:
        """Each line is one thing that an account holds, not the account."""
        return self.campaign.users.by_entitlement

    @property
    def noun(self) -> str:
        """What its lines are called."""
        return self.campaign.granularity.noun

    @property
    def is_joint(self) -> bool:
        """Several decide together at the present level, so nobody else does."""
        return self.outcome is not Outcome.ANY

    @property
    def lets_reassign(self) -> bool:
        """Its reviewers may hand accounts on."""
        said = self.campaign.reviewing.get("reassigning", {})  # not `who`: every row of a page asks
        return bool(said.get("to") != Handing.NOBODY.value)


class ReviewerIds(Collection[int]):
    """Who reviews, asked one by one: a review can have thousands of reviewers."""

    def __init__(self, review: Review) -> None:
        self._review = review

    def __contains__(self, person_id: object) -> bool:
        if self._review.is_prepared:
            return False
        session = object_session(self._review)
        if session is None or "reviewers" in self._review.__dict__:
            return person_id in set(self)
        number, level = self._review.id, self._review.level
        begun = (Reviewer.review_id == number, Reviewer.level <= level)
        one = select(Reviewer.id).where(*begun, Reviewer.person_id == person_id).limit(1)
        key = ("reviews", number, level, person_id)
        return once(key, lambda: session.scalar(one)) is not None

    def __iter__(self) -> Iterator[int]:
        review = self._review
        if review.is_prepared:
            return iter(())
        return iter({each.person_id for each in review.reviewers if each.level <= review.level})

    def __len__(self) -> int:
        return sum(1 for _ in self)


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
