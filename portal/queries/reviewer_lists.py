"""The list of those who have a part in a campaign: what each has left, and how they go about it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import contains_eager

from policies.filters import Field, Filter, Kind
from policies.lifecycle import ReviewState
from portal.db import db
from portal.models import Application, Campaign, Person, Review, Reviewer, ReviewerTally
from portal.queries.filters import Columns, Expression, Several, contains, where
from portal.queries.paging import Order

TAKEN = ReviewerTally.single + ReviewerTally.bulk
BULK_SHARE = case((TAKEN > 0, 100 * ReviewerTally.bulk // TAKEN), else_=0)
LAST = func.coalesce(ReviewerTally.last_at, datetime(1970, 1, 1, tzinfo=UTC))
_APPLICATIONS = Several(
    select(Reviewer.id)
    .join(Review, Review.id == Reviewer.review_id)
    .join(Application, Application.id == Review.application_id)
    .where(Reviewer.person_id == ReviewerTally.person_id)
    .where(Review.campaign_id == ReviewerTally.campaign_id)
    .correlate(ReviewerTally),
    (Application.name,),
)
_COLUMNS: Columns = {
    "person": Person.name,
    "email": Person.email,
    "department": Person.department,
    "application": _APPLICATIONS,
    "left": ReviewerTally.left,
    "last": ReviewerTally.last_at,
    "pace": case((ReviewerTally.pace >= 0, ReviewerTally.pace)),
    "bulk": BULK_SHARE,
    "rejected": ReviewerTally.rejected,
    "changed": ReviewerTally.changed,
    "against": ReviewerTally.against,
    "privileged": ReviewerTally.privileged,
    "removals": ReviewerTally.removals,
    "overdue": ReviewerTally.overdue,
}
REVIEWER_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("person", "Person"),
        Field("email", "Email"),
        Field("department", "Department"),
        Field("application", "Application"),
        Field("left", "Accounts left", Kind.NUMBER),
        Field("last", "Last activity", Kind.DATE),
        Field("pace", "Median seconds per decision", Kind.NUMBER),
        Field("bulk", "Share decided in bulk (%)", Kind.NUMBER),
        Field("rejected", "Rejected", Kind.NUMBER),
        Field("changed", "Changed", Kind.NUMBER),
        Field("against", "Against the recommendation", Kind.NUMBER),
        Field("privileged", "Privileged access approved", Kind.NUMBER),
        Field("removals", "Access to remove", Kind.NUMBER),
        Field("overdue", "Removals overdue", Kind.NUMBER),
    )
}
SORTS: Mapping[str, Expression] = {
    "person": Person.name_key,
    "left": ReviewerTally.left,
    "last": LAST,
    "pace": ReviewerTally.pace,
    "bulk": BULK_SHARE,
    "rejected": ReviewerTally.rejected,
    "against": ReviewerTally.against,
    "privileged": ReviewerTally.privileged,
    "overdue": ReviewerTally.overdue,
}


def reviewers_matching(
    campaign: Campaign,
    filter: Filter,  # noqa: A002  the word of the grammar
    text: str = "",
) -> Select[ReviewerTally]:
    """Select those with a part in `campaign` under `filter` whose name or address has `text`."""
    query = (
        select(ReviewerTally)
        .join(ReviewerTally.person)
        .options(contains_eager(ReviewerTally.person))
        .where(ReviewerTally.campaign_id == campaign.id)
        .where(where(filter, REVIEWER_FIELDS, _COLUMNS))
    )
    if text:
        query = query.where(or_(contains(Person.name, text), contains(Person.email, text)))
    return query


def reviewers_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], ReviewerTally.id, descending)


def unstarted_by_person(campaign: Campaign, person_ids: Sequence[int]) -> dict[int, int]:
    """How many reviews each of these people is to begin that nobody began."""
    rows = db.session.execute(
        select(Reviewer.person_id, func.count())
        .join(Review, Review.id == Reviewer.review_id)
        .where(Review.campaign_id == campaign.id, Review.state == ReviewState.PENDING)
        .where(Reviewer.person_id.in_(person_ids), Reviewer.level == Review.level)
        .group_by(Reviewer.person_id)
    )
    return dict(rows.all())
