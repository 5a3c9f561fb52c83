"""Recurring campaigns: begun, moved on at each launch, paused, ended."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from policies.errors import Invalid
from policies.lifecycle import CAMPAIGN, SERIES, CampaignState
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from policies.recurrence import (
    Recurrence,
    Unit,
    check_recurrence,
    due_moment,
    recurrence_from_data,
    without_date,
)
from policies.timing import LONGEST_DAYS
from portal import clock
from portal.db import db
from portal.models import Campaign, CampaignSeries
from portal.models.campaign import Overlap
from portal.queries.series import last_occurrence, waiting_occurrence
from portal.queue import Job, enqueue
from portal.usecases.campaigns import Plan, fill_campaign
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, usecase


@dataclass(frozen=True)
class Schedule:
    """When a series launches, and how many days its reviewers have."""

    rule: Recurrence
    duration_days: int = 14
    overlap: Overlap = Overlap.LAUNCH
    due_time: time | None = None  # None: the end of the day

    def as_details(self) -> dict[str, Any]:
        """What the trail says of it."""
        return {
            "rule": self.rule.in_words(),
            "duration_days": self.duration_days,
            "overlap": self.overlap.value,
            "due_time": self.due_time.isoformat("minutes") if self.due_time else "end of day",
        }


@usecase
def begin_series(campaign: Campaign, schedule: Schedule, *, by: Actor) -> CampaignSeries:
    """Make a draft the first occurrence of a series. Invalid where the rule has no launch left."""
    require(RUN_CAMPAIGNS, by, campaign)
    _check(schedule)
    campaign.state = CAMPAIGN.after(campaign.state, "schedule")
    series = CampaignSeries(name=without_date(campaign.name), created_at=clock.now())
    _set(series, schedule)
    db.session.add(series)
    db.session.flush()
    campaign.series_id = series.id
    _place(campaign, series, _first_after(schedule.rule, clock.now()))
    record("series begun", campaign, by=by, starts_at=campaign.starts_at, **schedule.as_details())
    after_commit(lambda: enqueue(Job.LAUNCH_CAMPAIGNS))
    return series


@usecase
def change_series(series: CampaignSeries, schedule: Schedule, *, by: Actor) -> None:
    """Give the series another rule; the occurrence that waits is moved to its first launch. Where
    only what happens then is changed, it keeps its time, also one that has come already."""
    require(RUN_CAMPAIGNS, by, None)
    _check(schedule)
    SERIES.after(series.state, "end")  # an ended one is not changed any more
    was = recurrence_from_data(series.recurrence)
    _set(series, schedule)
    if waiting := waiting_occurrence(series):
        kept = waiting.starts_at if was == schedule.rule else None
        _place(waiting, series, kept or _first_after(schedule.rule, clock.now()))
    details = schedule.as_details()
    record("series changed", waiting or series, by=by, was=was.in_words(), **details)
    after_commit(lambda: enqueue(Job.LAUNCH_CAMPAIGNS))


@usecase
def pause_series(series: CampaignSeries, *, by: Actor) -> None:
    """Launch nothing of it until it is resumed."""
    require(RUN_CAMPAIGNS, by, None)
    series.state = SERIES.after(series.state, "pause")
    record("series paused", waiting_occurrence(series) or series, by=by)


@usecase
def resume_series(series: CampaignSeries, *, by: Actor) -> None:
    """Go on with it. What it missed meanwhile is left out; it launches at its next time."""
    require(RUN_CAMPAIGNS, by, None)
    series.state = SERIES.after(series.state, "resume")
    waiting = waiting_occurrence(series)
    if waiting and waiting.starts_at and waiting.starts_at <= clock.now():
        rule = recurrence_from_data(series.recurrence)
        _place(waiting, series, _first_after(rule, clock.now()))
    record("series resumed", waiting or series, by=by)


@usecase
def end_series(series: CampaignSeries, *, by: Actor) -> None:
    """Launch nothing of it ever again; what waits becomes a draft, what runs goes on."""
    require(RUN_CAMPAIGNS, by, None)
    series.state = SERIES.after(series.state, "end")
    waiting = waiting_occurrence(series)
    if waiting:
        waiting.state = CAMPAIGN.after(waiting.state, "unschedule")
        waiting.starts_at, waiting.series_id = None, None
    record("series ended", waiting or series, by=by)


def follow_up(campaign: Campaign, *, by: Actor) -> Campaign | None:
    """A step of each launch: the next occurrence, scheduled; None where the series is over.

    It is planned as the one just launched was. Launches that were missed are not made up for.
    """
    series = campaign.series
    if series is None or campaign.starts_at is None:
        return None
    rule = recurrence_from_data(series.recurrence)
    moment = rule.after(max(clock.now(), _planned(campaign.starts_at, rule)))
    if moment is None:
        series.state = SERIES.after(series.state, "end")
        record("series ended", campaign, by=by, why="it came to its last launch")
        return None
    following = Campaign(
        name=series.name,
        due_at=campaign.due_at,
        created_at=clock.now(),
        owner_id=campaign.owner_id,
        series_id=series.id,
        occurrence=last_occurrence(series) + 1,
        state=CampaignState.SCHEDULED,
    )
    db.session.add(following)
    fill_campaign(following, Plan.of(campaign))
    _place(following, series, moment)
    record("next occurrence scheduled", following, by=by, starts_at=moment)
    return following


def _planned(starts_at: datetime, rule: Recurrence) -> datetime:
    """When an occurrence was to launch by the rule: if it was launched early, the time it was moved
    up from, which is not used a second time."""
    moment = rule.after(starts_at - timedelta(seconds=1))
    return moment if moment and moment > starts_at else starts_at


def _name(series_name: str, rule: Recurrence, moment: datetime) -> str:
    """What an occurrence is called: "Sanctioned applications, Dec 2026"."""
    local = moment.astimezone(ZoneInfo(rule.zone))
    shape = "%-d %b %Y" if rule.unit is Unit.WEEK else "%b %Y"
    return f"{series_name}, {local:{shape}}"


def _place(campaign: Campaign, series: CampaignSeries, moment: datetime) -> None:
    """Give an occurrence its time, its due date, and its name."""
    rule = recurrence_from_data(series.recurrence)
    day = moment.astimezone(ZoneInfo(rule.zone)).date()
    campaign.starts_at, campaign.zone = moment, rule.zone
    due_time = time.fromisoformat(series.due_time) if series.due_time else None
    due_day = day + timedelta(days=series.duration_days)
    campaign.due_at = due_moment(due_day, rule.zone, due_time)
    campaign.name = _name(series.name, rule, moment)


def _set(series: CampaignSeries, schedule: Schedule) -> None:
    series.recurrence = schedule.rule.as_data()
    series.duration_days, series.overlap = schedule.duration_days, schedule.overlap
    series.due_time = schedule.due_time.isoformat("minutes") if schedule.due_time else ""


def _check(schedule: Schedule) -> None:
    check_recurrence(schedule.rule)
    if not 1 <= schedule.duration_days <= LONGEST_DAYS:
        raise Invalid(f"Give the reviewers 1 to {LONGEST_DAYS} days.")


def _first_after(rule: Recurrence, moment: datetime) -> datetime:
    first = rule.after(moment)
    if first is None:
        raise Invalid("This rule has no launch left: all its dates lie in the past.")
    return first
