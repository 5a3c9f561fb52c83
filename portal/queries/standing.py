"""Where a launched campaign stands, for the head of its page and its row at home."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from policies.burndown import Burndown
from policies.lifecycle import CampaignState, ReviewState
from portal import clock
from portal.db import db
from portal.models import Campaign, CampaignTally
from portal.queries.items import Progress
from portal.queries.review_lists import states_of, whole_progress

# The order in which a review passes through them; what ended otherwise comes last.
SHOWN = (
    *(ReviewState.PENDING, ReviewState.IN_REVIEW, ReviewState.REMEDIATION, ReviewState.READY),
    *(ReviewState.COMPLETED, ReviewState.EXPIRED, ReviewState.CLOSED),
    *(ReviewState.ERROR, ReviewState.CANCELLED),
)


@dataclass(frozen=True)
class Standing:
    """What the head of a campaign's page says. `tally` is None until it was first counted."""

    states: Sequence[tuple[ReviewState, int]]
    progress: Progress
    tally: CampaignTally | None
    burndown: Burndown | None

    @property
    def reviews(self) -> int:
        return sum(count for _, count in self.states)


def standing_of(campaign: Campaign) -> Standing:
    """Ask for it. The states and the progress are of this moment, the tally is seconds old."""
    tally = db.session.get(CampaignTally, campaign.id)
    states = states_of(campaign)
    return Standing(
        [(state, states[state]) for state in SHOWN if state in states],
        whole_progress(campaign),
        tally,
        burndown_of(campaign, tally) if tally else None,
    )


def burndown_of(campaign: Campaign, tally: CampaignTally) -> Burndown:
    """Its days, in the campaign's time zone as far as they are its own: start, due date, end."""
    zone = ZoneInfo(campaign.zone)

    def day(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    start = day(campaign.launched_at or campaign.created_at)
    ended = campaign.ended_at if campaign.state is not CampaignState.ACTIVE else None
    return Burndown(
        tally.total,
        start,
        day(campaign.due_at),
        day(ended or clock.now()),
        [(date.fromisoformat(each) if each else start, count) for each, count in tally.days],
    )
