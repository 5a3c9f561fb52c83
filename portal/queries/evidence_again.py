"""What another campaign was asked to decide again, as the evidence of the first one says it."""

from sqlalchemy import Connection, func, select

from portal.models import Application, Campaign, FollowUp, Review
from portal.reports.facts import Finding

EXAMPLES = 12


def asked_again(view: Connection, ids: list[int]) -> Finding:
    """The accounts that were to be decided again in other campaigns, in the order of asking."""
    asked = Campaign.again["follow_up"].as_integer() == FollowUp.id
    rows = view.execute(
        select(
            *(FollowUp.count.label("accounts"), FollowUp.reason, FollowUp.by_name, FollowUp.at),
            *(Application.name, Campaign.name.label("campaign")),
        )
        .join(Review, Review.id == FollowUp.review_id)
        .join(Application, Application.id == Review.application_id)
        .join(Campaign, asked)
        .where(FollowUp.review_id.in_(ids))
        .order_by(func.lower(Application.name), FollowUp.id)
    ).all()
    return Finding(
        "Reviewed again",
        "What was signed off stands in this report; another campaign decides on these accounts "
        "anew, and its evidence says what came of it.",
        sum(row.accounts for row in rows),
        [
            f"{row.name}: {row.accounts:,} in “{row.campaign}”, asked for by {row.by_name} on "
            f"{row.at:%Y-%m-%d %H:%M} UTC: “{row.reason}”"
            for row in rows[:EXAMPLES]
        ],
    )
