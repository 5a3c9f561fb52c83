"""Publishing a campaign: from a draft that may lack anything to one that launches, as was told."""

from typing import Any

from policies.chain import digest
from policies.errors import IllegalMove, Invalid
from policies.lifecycle import CampaignState
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from policies.publishing import check_complete
from policies.recurrence import without_date
from policies.timing import Start, Timing, timing_from_data
from portal import clock
from portal.db import db
from portal.models import Campaign, DryRun
from portal.models.campaign import Overlap
from portal.queries.dry_runs import dry_run_of
from portal.usecases.campaigns import Plan, edit_campaign, schedule_campaign, unschedule_campaign
from portal.usecases.series import Schedule, begin_series, change_series
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def publish_campaign(campaign: Campaign, *, by: Actor) -> DryRun:
    """Launch it now or schedule it, as its timing says, and keep what was said of it before.

    Raises Invalid with a sentence where something is missing yet.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    timing = timing_from_data(campaign.timing)
    check_complete(campaign.users, timing, clock.now(), keeps_time=False)
    kept = keep_dry_run(campaign, by=by)
    if timing.start is Start.AGAIN:
        begin_series(campaign, schedule_of(timing), by=by)
        return kept
    starts = timing.launches(clock.now(), 1)[0]
    campaign.due_at = timing.due(starts)
    at = timing.moment if timing.start is Start.ONCE else None
    schedule_campaign(campaign, starts_at=at, zone=timing.zone, by=by)
    return kept


@usecase
def change_plan(campaign: Campaign, plan: Plan, *, by: Actor) -> None:
    """Save one step of planning. What is scheduled already stays complete and on its schedule.

    A change of its timing moves a scheduled one; nothing is recorded where nothing changes.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    was = Plan.of(campaign)
    if was == plan:
        return
    edit_campaign(campaign, plan, by=by)
    if campaign.state is CampaignState.DRAFT:
        return
    timing, moved = timing_from_data(campaign.timing), was.timing != plan.timing
    check_complete(campaign.users, timing, clock.now(), keeps_time=not moved)
    if moved:
        _move(campaign, timing, by)
    elif campaign.series and was.name != plan.name:
        campaign.series.name = without_date(plan.name)  # later occurrences are called by it
    keep_dry_run(campaign, by=by)


def keep_dry_run(campaign: Campaign, facts: dict[str, Any] | None = None, *, by: Actor) -> DryRun:
    """A step: freeze what it would do now, as a document that stays with the campaign."""
    facts = facts or dry_run_of(campaign)
    row = DryRun(
        campaign_id=campaign.id,
        at=clock.now(),
        by_name=by.name,
        facts=facts,
        sha256=digest(facts),
    )
    db.session.add(row)
    record("dry run kept", campaign, by=by, sha256=row.sha256, **facts["totals"])
    return row


def schedule_of(timing: Timing) -> Schedule:
    """The rule of its series. Raises Invalid where it has none."""
    if timing.rule is None:
        raise Invalid("Say by which rule it launches again.")
    return Schedule(timing.rule, timing.days, Overlap(timing.overlap), timing.due_time)


def _move(campaign: Campaign, timing: Timing, by: Actor) -> None:
    if timing.start is Start.NOW:
        raise IllegalMove("It is scheduled already. Launch it early from its page.")
    if timing.start is Start.AGAIN and campaign.series:
        change_series(campaign.series, schedule_of(timing), by=by)
        return
    unschedule_campaign(campaign, by=by)
    if timing.start is Start.AGAIN:
        begin_series(campaign, schedule_of(timing), by=by)
        return
    campaign.due_at = timing.due(timing.moment or clock.now())
    schedule_campaign(campaign, starts_at=timing.moment, zone=timing.zone, by=by)
