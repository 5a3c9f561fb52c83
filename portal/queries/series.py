"""Reading series: which occurrence waits, which went by."""

from datetime import time

from sqlalchemy import func, select

from policies.deadlines import in_zone
from policies.lifecycle import CampaignState, SeriesState
from policies.recurrence import recurrence_from_data
from policies.timing import Start, Timing, timing_from_data
from portal import clock
from portal.db import db
from portal.models import Campaign, CampaignSeries
from portal.models.campaign import Overlap
from portal.queries.campaigns import active_before


def waiting_occurrence(series: CampaignSeries) -> Campaign | None:
    """The occurrence that is not launched yet."""
    its = Campaign.series_id == series.id, Campaign.state == CampaignState.SCHEDULED
    return db.session.scalar(select(Campaign).where(*its).order_by(Campaign.id).limit(1))


def last_occurrence(series: CampaignSeries) -> int:
    """The number of its newest occurrence; 0 where there is none."""
    newest = select(func.max(Campaign.occurrence)).where(Campaign.series_id == series.id)
    return db.session.scalar(newest) or 0


def missed_launches(campaign: Campaign) -> int:
    """How many launches of its series went by since this one should have been."""
    if campaign.series is None or campaign.starts_at is None:
        return 0
    rule, missed, now = recurrence_from_data(campaign.series.recurrence), 0, clock.now()
    for moment in rule.moments():
        if moment > now:
            break
        missed += moment > campaign.starts_at
    return missed


def is_future(campaign: Campaign) -> bool:
    """Whether a scheduled campaign does not launch for now: later, held back, or paused."""
    if campaign.starts_at is None or campaign.starts_at > clock.now():
        return True
    paused = campaign.series is not None and campaign.series.state is SeriesState.PAUSED
    return paused or launch_is_held(campaign)


def is_being_launched(campaign: Campaign) -> bool:
    """Whether it only waits for a worker."""
    if campaign.is_prepared:
        return campaign.starts_at is not None
    return campaign.state is CampaignState.SCHEDULED and not is_future(campaign)


def launch_is_held(campaign: Campaign) -> bool:
    """Whether its time has come, and the occurrence before it has not ended."""
    series, starts = campaign.series, campaign.starts_at
    if series is None or series.overlap is not Overlap.WAIT or not starts or starts > clock.now():
        return False
    before = active_before(campaign.series_id, campaign.occurrence)
    return campaign.launched_at is None and bool(db.session.scalar(select(before)))


def active_predecessor(campaign: Campaign) -> Campaign | None:
    """The latest occurrence before a scheduled one that is active now."""
    if campaign.series_id is None or campaign.state is not CampaignState.SCHEDULED:
        return None
    return db.session.scalar(
        select(Campaign)
        .where(
            Campaign.series_id == campaign.series_id,
            Campaign.occurrence < campaign.occurrence,
            Campaign.state == CampaignState.ACTIVE,
        )
        .order_by(Campaign.occurrence.desc())
        .limit(1)
    )


def overlap_in_words(campaign: Campaign) -> str:
    """What becomes of a scheduled occurrence whose predecessor is active now; empty without one."""
    series, before = campaign.series, active_predecessor(campaign)
    if series is None or before is None:
        return ""
    if launch_is_held(campaign):
        return f"{_still_active(before)}. This one launches as soon as it has ended."
    what = {
        Overlap.LAUNCH: "this one launches beside it",
        Overlap.WAIT: "this one waits until it has ended",
        Overlap.SKIP: "this one is skipped, and the series goes on",
    }
    return f"{_still_active(before)}. If it is when the time comes, {what[series.overlap]}."


def why_not_early(campaign: Campaign) -> str:
    """Why a scheduled campaign cannot be launched now, and what to do; empty where it can."""
    series, before = campaign.series, active_predecessor(campaign)
    if series and series.state is SeriesState.PAUSED:
        return "The series is paused. Resume it first."
    if series is None or before is None or series.overlap is Overlap.LAUNCH:
        return ""
    so = "waits for it to end" if series.overlap is Overlap.WAIT else "would be skipped"
    return (
        f"{_still_active(before)}, and as the series is planned this one {so}. To have it now, "
        "close or cancel that one, or choose “Launch anyway” in its schedule."
    )


def _still_active(before: Campaign) -> str:
    return f"{before.name} is still active, due {in_zone(before.due_at, before.zone)}"


def timing_of(campaign: Campaign) -> Timing:
    """When it launches: by its series, at its time, or as its draft says."""
    series, starts = campaign.series, campaign.starts_at
    if series:
        rule, overlap = recurrence_from_data(series.recurrence), series.overlap.value
        at = time.fromisoformat(series.due_time) if series.due_time else None
        return Timing(Start.AGAIN, rule.zone, series.duration_days, at, rule=rule, overlap=overlap)
    if starts and not campaign.timing:
        days = max(1, (campaign.due_at - starts).days)
        return Timing(Start.ONCE, campaign.zone, days, moment=starts)
    return timing_from_data(campaign.timing)


def rule_in_words(campaign: Campaign) -> str:
    """How the campaign recurs; empty where it does not."""
    return recurrence_from_data(campaign.series.recurrence).in_words() if campaign.series else ""
