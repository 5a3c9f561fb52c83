"""The rows of the list of campaigns as a file has them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from portal.queries.campaign_lists import with_completion
from portal.queries.series import rule_in_words

CSV_HEADER = (
    *("Campaign", "State", "Owner", "Frameworks", "Series", "Occurrence", "Recurs"),
    *("Launch planned", "Launched", "Due", "Ended", "Time zone", "Reviews", "Completed"),
    *("In remediation", "In review", "Not started", "In error", "Ended unfinished"),
    *("Closed by", "Reason"),
)


def campaign_rows(query: Any) -> Iterator[list[str]]:
    """Asks only once the answer streams: the session of the request is closed by then."""
    for campaign, done in with_completion(query):
        moments = campaign.starts_at, campaign.launched_at, campaign.due_at, campaign.ended_at
        counts = done.total, done.completed, done.removing, done.deciding, done.pending
        yield [
            campaign.name,
            campaign.state.value,
            campaign.owner.name if campaign.owner else "",
            "; ".join(map(str, campaign.frameworks)),
            campaign.series.name if campaign.series else "",
            str(campaign.occurrence) if campaign.series else "",
            rule_in_words(campaign),
            *map(_written, moments),
            campaign.zone,
            *map(str, (*counts, done.troubled, done.unfinished)),
            campaign.closed_by,
            campaign.reason,
        ]


def _written(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""
