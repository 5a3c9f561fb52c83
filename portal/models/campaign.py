"""A campaign: one run of reviews over what its filters match at launch."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from policies.assignment import Reviewing, reviewing_from_data
from policies.deadlines import Undecided
from policies.guidance import Guidance, guidance_from_data
from policies.lifecycle import CampaignState, SeriesState
from policies.user_scope import Granularity, Services, Users, UserScope
from portal import clock
from portal.db import Base
from portal.models.person import Person

if TYPE_CHECKING:
    from portal.models.review import Review


class Overlap(StrEnum):
    """What an occurrence does whose time comes while the one before is still active."""

    LAUNCH = "launch anyway"
    WAIT = "wait"
    SKIP = "skip"


class CampaignSeries(Base):
    """A recurring campaign: each launch schedules the next.

    `recurrence` is a policies.recurrence.Recurrence as data. An occurrence is due
    `duration_days` after the day it starts, at `due_time` or at the end of that day.
    """

    __tablename__ = "campaign_series"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    recurrence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    duration_days: Mapped[int] = mapped_column(default=14, server_default="14")
    due_time: Mapped[str] = mapped_column(default="", server_default="")  # "17:00"; "": its end
    overlap: Mapped[Overlap] = mapped_column(
        default=Overlap.LAUNCH, server_default=Overlap.LAUNCH.value
    )
    state: Mapped[SeriesState] = mapped_column(
        default=SeriesState.RUNNING, server_default=SeriesState.RUNNING.value
    )
    created_at: Mapped[datetime]


class Campaign(Base):
    """Filters are stored as data (policies.filters) and evaluated at launch.

    So is who reviews (policies.assignment). `remediation_owner_id` is whoever is named in it to
    remove access, if anybody is.

    `warned_for` is the due date that people were last told of ahead, at `warned_at`; `settled_for`
    the one at which the rule for what is undecided came into force, at `settled_at`. Whoever
    closed it before its end is `closed_by`.

    Since `start_wanted_at` a worker is to start all of its reviews that can be.

    `timing` is what a draft says of its schedule (policies.timing) until it is published.
    `guidance` is a policies.guidance.Guidance as data. `again` is that of
    policies.user_scope.Users, of a campaign that follows up another.
    """

    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("series_id", "occurrence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("campaign_series.id"))
    occurrence: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    instructions: Mapped[str] = mapped_column(default="")
    frameworks: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[CampaignState] = mapped_column(default=CampaignState.DRAFT, index=True)
    application_filter: Mapped[list[Any]] = mapped_column(default=list)
    user_scope: Mapped[UserScope] = mapped_column(default=UserScope.ALL)
    user_filter: Mapped[list[Any]] = mapped_column(default=list)
    services: Mapped[Services] = mapped_column(
        default=Services.IN, server_default=Services.IN.value
    )
    inactive_days: Mapped[int] = mapped_column(default=90, server_default="90")
    again: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    granularity: Mapped[Granularity] = mapped_column(
        default=Granularity.ACCOUNT, server_default=Granularity.ACCOUNT.value
    )
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reviewing: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    remediation_owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    starts_at: Mapped[datetime | None] = mapped_column(index=True)
    due_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    timing: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    guidance: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    table_columns: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    accepts_late: Mapped[bool] = mapped_column(default=False)
    undecided: Mapped[Undecided] = mapped_column(default=Undecided.LEAVE)
    reminders: Mapped[dict[str, Any] | None]  # a policies.reminders.ReminderRule; None: as usual
    launched_at: Mapped[datetime | None]
    start_wanted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")  # why archived, cancelled or closed
    closed_by: Mapped[str] = mapped_column(default="", server_default="")
    warned_for: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    settled_for: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    scope_report: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what the launch matched
    created_at: Mapped[datetime]

    series: Mapped[CampaignSeries | None] = relationship()
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    remediation_owner: Mapped[Person | None] = relationship(foreign_keys=[remediation_owner_id])
    reviews: Mapped[list["Review"]] = relationship(back_populates="campaign", order_by="Review.id")
    extensions: Mapped[list["Extension"]] = relationship(order_by="Extension.id")

    @property
    def is_prepared(self) -> bool:
        """Its reviews are there, but only for those who run reviews: it is not launched yet."""
        return self.state is CampaignState.PREPARED

    @property
    def is_late(self) -> bool:
        """Its due date has passed. One in preparation has it from its launch on."""
        return not self.is_prepared and clock.now() > self.due_at

    @property
    def who(self) -> Reviewing:
        """Who does what in it."""
        return reviewing_from_data(self.reviewing)

    @property
    def plants(self) -> bool:
        """It lays invented accounts among the real ones (policies.planting)."""
        return bool(self.reviewing.get("care", {}).get("planting", {}).get("accounts"))

    @property
    def guides(self) -> Guidance:
        """How it helps its reviewers."""
        return guidance_from_data(self.guidance)

    @property
    def users(self) -> Users:
        """Which accounts it is about."""
        scope, by = self.user_scope, self.granularity or Granularity.ACCOUNT
        return Users(scope, self.services, self.inactive_days, self.user_filter, self.again, by)


class Extension(Base):
    """The due date of an active campaign was moved from `was` to `due_at`. Rows are only added."""

    __tablename__ = "extensions"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    was: Mapped[datetime]
    due_at: Mapped[datetime]
    reason: Mapped[str]
    by_person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]
