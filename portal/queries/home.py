"""What the first page of the console asks: what needs somebody, what is under way, what is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select

from policies.burndown import Burndown
from policies.lifecycle import CampaignState, LetterState, ReviewState, SeriesState, SyncState
from policies.permissions import ADMINISTER, SEE_CAMPAIGNS, SEE_SETTINGS, SEE_SOURCES, Actor, can
from portal import clock
from portal.db import db
from portal.models import (
    Campaign,
    CampaignSeries,
    CampaignTally,
    Letter,
    PausedJob,
    Review,
    Sync,
)
from portal.queries.background import stuck_count
from portal.queries.review_lists import has_late_removals, is_overdue, is_stale
from portal.queries.standing import burndown_of

ACTIVE_SHOWN = 12
LAUNCHES_SHOWN = 6
SOON = timedelta(days=7)


@dataclass(frozen=True)
class Running:
    """An active campaign in a row: its reviews by state, and its burndown once it was counted."""

    campaign: Campaign
    total: int
    completed: int
    errors: int
    burndown: Burndown | None

    @property
    def is_late(self) -> bool:
        return self.campaign.due_at < clock.now()


def needs_of(actor: Actor) -> dict[str, int]:
    """How much of what needs somebody, of all that `actor` may see; what is nothing is left out."""
    found: dict[str, int] = {}
    if can(SEE_CAMPAIGNS, actor, None):
        found |= _of_reviews()
    if can(ADMINISTER, actor, None):
        found["letters"] = _count(Letter.state == LetterState.FAILED, Letter)
    if can(SEE_SOURCES, actor, None):
        waiting = Sync.state.in_([SyncState.MAPPING, SyncState.PREVIEW])
        found["imports"] = _count(waiting, Sync)
    if can(SEE_SETTINGS, actor, None):
        found["jobs"] = stuck_count()
        found["paused"] = db.session.scalar(select(func.count(PausedJob.name))) or 0
    return {key: count for key, count in found.items() if count}


def running_campaigns() -> list[Running]:
    """The active campaigns whose due dates are nearest, at most ACTIVE_SHOWN."""
    rows = db.session.execute(
        select(Campaign, CampaignTally)
        .outerjoin(CampaignTally, CampaignTally.campaign_id == Campaign.id)
        .where(Campaign.state == CampaignState.ACTIVE)
        .order_by(Campaign.due_at, Campaign.id)
        .limit(ACTIVE_SHOWN)
    ).all()
    states = _states([campaign.id for campaign, _ in rows])
    return [_running(campaign, tally, states.get(campaign.id, {})) for campaign, tally in rows]


def active_count() -> int:
    return _count(Campaign.state == CampaignState.ACTIVE, Campaign)


def next_launches() -> tuple[Sequence[Campaign], int]:
    """The campaigns that launch next by themselves, at most LAUNCHES_SHOWN; and how many do."""
    running = or_(Campaign.series_id.is_(None), CampaignSeries.state == SeriesState.RUNNING)
    query = (
        select(Campaign)
        .outerjoin(Campaign.series)
        .where(Campaign.state == CampaignState.SCHEDULED, Campaign.starts_at.is_not(None), running)
    )
    several = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    first = query.order_by(Campaign.starts_at, Campaign.id).limit(LAUNCHES_SHOWN)
    return db.session.scalars(first).all(), several


def _of_reviews() -> dict[str, int]:
    kinds = {
        "errors": Review.state == ReviewState.ERROR,
        "overdue": is_overdue(),
        "stale": is_stale(),
        "removals": has_late_removals(),
    }
    counts = [func.count(Review.id).filter(condition) for condition in kinds.values()]
    active = Campaign.state == CampaignState.ACTIVE
    row = db.session.execute(select(*counts).join(Review.campaign).where(active)).one()
    nobodys = (
        select(func.coalesce(func.sum(CampaignTally.unassigned), 0))
        .join(Campaign, Campaign.id == CampaignTally.campaign_id)
        .where(active)
    )
    return {"unassigned": db.session.scalar(nobodys) or 0, **dict(zip(kinds, row, strict=True))}


def _states(ids: list[int]) -> dict[int, dict[ReviewState, int]]:
    rows = db.session.execute(
        select(Review.campaign_id, Review.state, func.count())
        .where(Review.campaign_id.in_(ids), Review.state != ReviewState.CANCELLED)
        .group_by(Review.campaign_id, Review.state)
    )
    found: dict[int, dict[ReviewState, int]] = {}
    for campaign_id, state, count in rows:
        found.setdefault(campaign_id, {})[state] = count
    return found


def _running(
    campaign: Campaign, tally: CampaignTally | None, states: dict[ReviewState, int]
) -> Running:
    return Running(
        campaign,
        sum(states.values()),
        states.get(ReviewState.COMPLETED, 0),
        states.get(ReviewState.ERROR, 0),
        burndown_of(campaign, tally) if tally else None,
    )


def _count(condition: object, model: type[Campaign | Letter | Sync]) -> int:
    return db.session.scalar(select(func.count(model.id)).where(condition)) or 0  # type: ignore[arg-type]  # a condition
