"""Reading series: which occurrence waits, which went by."""

from sqlalchemy import func, select

from policies.lifecycle import CampaignState
from policies.recurrence import recurrence_from_data
from portal import clock
from portal.db import db
from portal.models import Campaign, CampaignSeries


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
