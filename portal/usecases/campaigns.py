"""Planning campaigns: drafting, changing, scheduling, cancelling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from policies.assignment import Reviewing, check_reviewing, reviewing_from_data
from policies.deadlines import Undecided
from policies.errors import IllegalMove, Invalid
from policies.guidance import Guidance, guidance_from_data
from policies.lifecycle import CAMPAIGN, OPEN_REVIEWS, SERIES, CampaignState, ReviewState
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from policies.user_scope import Granularity, Services, Users, UserScope
from portal import clock
from portal.db import db
from portal.models import Campaign, DryRun
from portal.queries.background import launch_key
from portal.queries.series import why_not_early
from portal.queue import Job, enqueue
from portal.usecases.reviews import cancel_review
from portal.usecases.trail import record
from portal.usecases.troubles import forget_trouble
from portal.usecases.unit import after_commit, usecase


@dataclass(frozen=True)
class Plan:
    """What one says of a campaign before it is launched. Filters are Filter.as_data().

    `reviewing` is who reviews at which level, the fallbacks, who removes access, and to whom
    reviewers may hand items on: see policies.assignment. `Reviewing()` is the owners of each
    application, then the campaign's owner; `reviewing_from_data` reads what a form composed.
    """

    name: str
    due_at: datetime
    application_filter: list[Any] = field(default_factory=list)
    user_scope: UserScope = UserScope.ALL
    user_filter: list[Any] = field(default_factory=list)
    reviewing: Reviewing = field(default_factory=Reviewing)
    accepts_late: bool = False
    undecided: Undecided = Undecided.LEAVE  # what happens to undecided items at the due date
    instructions: str = ""
    frameworks: tuple[str, ...] = ()
    services: Services = Services.IN
    inactive_days: int = 90
    timing: dict[str, Any] = field(default_factory=dict)  # policies.timing, of a draft
    guidance: Guidance = field(default_factory=Guidance)
    reminders: dict[str, Any] | None = None  # a ReminderRule as data; None: by the usual one
    again: dict[str, Any] = field(default_factory=dict)  # of a follow-up: policies.user_scope
    granularity: Granularity = Granularity.ACCOUNT

    @property
    def users(self) -> Users:
        """Which accounts it is about."""
        scope, by = self.user_scope, self.granularity
        return Users(scope, self.services, self.inactive_days, self.user_filter, self.again, by)

    @classmethod
    def of(cls, campaign: Campaign) -> "Plan":
        """The plan by which a stored campaign was made."""
        return cls(
            name=campaign.name,
            due_at=campaign.due_at,
            application_filter=campaign.application_filter,
            user_scope=campaign.user_scope,
            user_filter=campaign.user_filter,
            reviewing=campaign.who,
            accepts_late=campaign.accepts_late,
            undecided=campaign.undecided,
            instructions=campaign.instructions,
            frameworks=tuple(campaign.frameworks),
            services=campaign.services,
            inactive_days=campaign.inactive_days,
            timing=campaign.timing,
            guidance=campaign.guides,
            reminders=campaign.reminders,
            again=campaign.again,
            granularity=campaign.granularity,
        )

    def as_data(self) -> dict[str, Any]:
        """All that another campaign could be planned by: neither its name nor its due date, nor
        which decisions are taken again."""
        scope = UserScope.ALL if self.user_scope is UserScope.AGAIN else self.user_scope
        return {
            "application_filter": self.application_filter,
            "user_scope": scope.value,
            "user_filter": self.user_filter,
            "reviewing": self.reviewing.as_data(),
            "accepts_late": self.accepts_late,
            "undecided": self.undecided.value,
            "instructions": self.instructions,
            "frameworks": list(self.frameworks),
            "services": self.services.value,
            "inactive_days": self.inactive_days,
            "timing": self.timing,
            "guidance": self.guidance.as_data(),
            "reminders": self.reminders,
            "granularity": self.granularity.value,
        }


def plan_from_data(data: Mapping[str, Any], *, name: str, due_at: datetime) -> Plan:
    """The plan that `as_data` wrote; what is missing is as usual."""
    kinds = {
        "user_scope": UserScope,
        "services": Services,
        "undecided": Undecided,
        "granularity": Granularity,
    }
    facts: dict[str, Any] = {key: kind(data[key]) for key, kind in kinds.items() if key in data}
    plain = ("application_filter", "user_filter", "accepts_late", "instructions")
    facts |= {
        key: data[key] for key in (*plain, "inactive_days", "timing", "reminders") if key in data
    }
    facts["frameworks"] = tuple(data.get("frameworks", ()))
    facts["reviewing"] = reviewing_from_data(data.get("reviewing", {}))
    facts["guidance"] = guidance_from_data(data.get("guidance", {}))
    return Plan(name, due_at, **facts)


@usecase
def draft_campaign(plan: Plan, *, by: Actor) -> Campaign:
    """Keep a campaign as a draft. Nobody is told and nothing is frozen."""
    require(RUN_CAMPAIGNS, by, None)
    campaign = Campaign(created_at=clock.now(), owner_id=by.person_id, due_at=plan.due_at, name="")
    db.session.add(campaign)
    fill_campaign(campaign, plan)
    record("campaign drafted", campaign, by=by, **_as_details(plan))
    return campaign


@usecase
def edit_campaign(campaign: Campaign, plan: Plan, *, by: Actor) -> None:
    """Change a campaign that was not launched yet; IllegalMove afterwards."""
    require(RUN_CAMPAIGNS, by, campaign)
    _refuse_if_launched(campaign, "edit")
    fill_campaign(campaign, plan)
    record("campaign edited", campaign, by=by, **_as_details(plan))


@usecase
def delete_campaign(campaign: Campaign, *, by: Actor) -> None:
    """Remove a campaign that was never launched. A series it belongs to ends."""
    require(RUN_CAMPAIGNS, by, campaign)
    _refuse_if_launched(campaign, "delete")
    record("campaign deleted", campaign, by=by)
    if campaign.series:
        campaign.series.state = SERIES.after(campaign.series.state, "end")
        record("series ended", campaign.series, by=by, why="its next occurrence was deleted")
    db.session.execute(delete(DryRun).where(DryRun.campaign_id == campaign.id))
    db.session.delete(campaign)


@usecase
def schedule_campaign(
    campaign: Campaign, *, starts_at: datetime | None = None, zone: str = "UTC", by: Actor
) -> None:
    """Have the campaign launched at `starts_at`, or as soon as a worker is free."""
    require(RUN_CAMPAIGNS, by, campaign)
    campaign.state = CAMPAIGN.after(campaign.state, "schedule")
    campaign.starts_at, campaign.zone = starts_at or clock.now(), zone
    if campaign.due_at <= campaign.starts_at:
        raise Invalid("The due date lies before the launch. Choose a later one.")
    record("campaign scheduled", campaign, by=by, starts_at=campaign.starts_at)
    after_commit(lambda: enqueue(Job.LAUNCH_CAMPAIGNS))


@usecase
def unschedule_campaign(campaign: Campaign, *, by: Actor) -> None:
    """Make a campaign that waits for its time a draft again. A series it belongs to ends."""
    require(RUN_CAMPAIGNS, by, campaign)
    campaign.state = CAMPAIGN.after(campaign.state, "unschedule")
    was, campaign.starts_at = campaign.starts_at, None
    if campaign.series:
        campaign.series.state = SERIES.after(campaign.series.state, "end")
        campaign.series_id = None
    record("campaign unscheduled", campaign, by=by, was=was)


@usecase
def launch_early(campaign: Campaign, *, by: Actor) -> None:
    """Launch a scheduled campaign now, ahead of its time. It is due when it was, and of a series
    the next is the one that would have come after it. IllegalMove where it would only wait, or be
    skipped: see `why_not_early`."""
    require(RUN_CAMPAIGNS, by, campaign)
    if campaign.state is not CampaignState.SCHEDULED:
        raise IllegalMove(f"Cannot launch this campaign early: it is {campaign.state.value}.")
    if why := why_not_early(campaign):
        raise IllegalMove(f"Cannot launch this campaign early. {why}")
    forget_trouble(launch_key(campaign.id))
    was, campaign.starts_at = (
        campaign.starts_at,
        min(campaign.starts_at or clock.now(), clock.now()),
    )
    record("campaign launch moved up", campaign, by=by, was=was)
    after_commit(lambda: enqueue(Job.LAUNCH_CAMPAIGNS))


@usecase
def cancel_campaign(campaign: Campaign, reason: str, *, by: Actor) -> None:
    """End an active campaign early. Its open reviews are cancelled; what was decided stays."""
    require(RUN_CAMPAIGNS, by, campaign)
    if not reason.strip():
        raise Invalid("Say why the campaign is cancelled; the reason is kept in the evidence.")
    campaign.state = CAMPAIGN.after(campaign.state, "cancel")
    campaign.reason, campaign.ended_at = reason.strip(), clock.now()
    record("campaign cancelled", campaign, by=by, why=campaign.reason)
    for review in campaign.reviews:
        if review.state in OPEN_REVIEWS or review.state is ReviewState.ERROR:
            cancel_review(review, reason, by=by)


def fill_campaign(campaign: Campaign, plan: Plan) -> None:
    """A step: write what the plan says into the campaign. Invalid where it has no name."""
    if not plan.name.strip():
        raise Invalid("Give the campaign a name.")
    campaign.name = plan.name.strip()
    campaign.due_at = plan.due_at
    campaign.application_filter = plan.application_filter
    campaign.user_scope = plan.user_scope
    campaign.user_filter = plan.user_filter
    check_reviewing(plan.reviewing)
    campaign.reviewing = plan.reviewing.as_data()
    removers = plan.reviewing.remediation[0].people
    campaign.remediation_owner_id = removers[0] if removers else None
    campaign.services, campaign.inactive_days = plan.services, plan.inactive_days
    campaign.again = plan.again
    campaign.granularity = plan.granularity
    campaign.timing, campaign.guidance = plan.timing, plan.guidance.as_data()
    if plan.accepts_late and plan.undecided is not Undecided.LEAVE:
        raise Invalid("Late decisions are taken only where undecided accounts stay open.")
    campaign.accepts_late, campaign.undecided = plan.accepts_late, plan.undecided
    campaign.instructions = plan.instructions.strip()
    campaign.frameworks, campaign.reminders = list(plan.frameworks), plan.reminders
    db.session.flush()


def _refuse_if_launched(campaign: Campaign, verb: str) -> None:
    if campaign.state not in {CampaignState.DRAFT, CampaignState.SCHEDULED}:
        raise IllegalMove(f"Cannot {verb} this campaign: it is {campaign.state.value}.")


def _as_details(plan: Plan) -> dict[str, Any]:
    return {
        "due_at": plan.due_at,
        "applications": plan.application_filter,
        "users": plan.users.in_words(),
        "user_filter": plan.user_filter,
        "reviewing": plan.reviewing.as_data(),
        "accepts_late": plan.accepts_late,
        "undecided": plan.undecided.value,
        "guidance": plan.guidance.as_data(),
        "reminders": plan.reminders,
    }
