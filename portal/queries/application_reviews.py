"""Reading the reviews of one application, or of one reviewer, over all campaigns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload

from policies.filters import Field, Filter, Kind
from policies.lifecycle import (
    OPEN_REVIEWS,
    CampaignState,
    RemovalState,
    ReportState,
    ReviewState,
    Verdict,
)
from policies.permissions import BEFORE_REMEDIATION, Actor
from policies.scopes import Access, Scope
from portal.db import db
from portal.models import (
    Application,
    Campaign,
    Item,
    Person,
    Remediation,
    Removal,
    Report,
    Review,
    Reviewer,
)
from portal.queries.filters import Clause, Columns, Expression, contains, where
from portal.queries.items import Progress
from portal.queries.order import in_order
from portal.queries.paging import Order
from portal.queries.reviews import progress_by_review

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_REJECTED = (
    select(func.count())
    .where(Item.review_id == Review.id, Item.verdict == Verdict.REJECTED, ~Item.is_planted)
    .correlate(Review)
    .scalar_subquery()
)
_COLUMNS: Columns = {
    "campaign": Campaign.name,
    "application": Application.name,
    "state": Review.state,
    "due": Campaign.due_at,
    "submitted": Review.submitted_at,
    "rejected": _REJECTED,
}
REVIEW_FIELDS: Mapping[str, Field] = {
    each.key: each
    for each in (
        Field("campaign", "Campaign"),
        Field("application", "Application"),
        Field("state", "State", Kind.CHOICE, tuple(state.value for state in ReviewState)),
        Field("due", "Due", Kind.DATE),
        Field("submitted", "Submitted", Kind.DATE),
        Field("rejected", "Rejected accounts", Kind.NUMBER),
    )
}
SORTS: Mapping[str, Expression] = {
    "launched": Review.id,
    "campaign": in_order(Campaign.name),
    "application": in_order(Application.name),
    "state": Review.state,
    "due": Campaign.due_at,
    "submitted": func.coalesce(Review.submitted_at, _EARLIEST),
}


@dataclass(frozen=True)
class Outcome:
    """What a review came to so far."""

    progress: Progress = field(default_factory=Progress)
    removed: int = 0  # verified to be gone, or without access
    report: Report | None = None  # its newest attestation that is ready


def reviews_seen_by(actor: Actor) -> Clause:
    """The condition that `actor` may see a review: the twin of SEE_REVIEW."""
    if actor.has(Scope.REVIEWS, Access.READ):
        return true()
    mine = exists().where(
        Reviewer.review_id == Review.id,
        Reviewer.person_id == actor.person_id,
        Reviewer.level <= Review.level,
    )
    removing = or_(
        Review.state.not_in(BEFORE_REMEDIATION),
        exists().where(Remediation.review_id == Review.id),
    )
    launched = Campaign.state != CampaignState.PREPARED
    removes = and_(Review.remediation_owner_id == actor.person_id, removing)
    return and_(launched, or_(mine, removes))


def reviews_matching(filter: Filter, text: str = "") -> Select[Review]:  # noqa: A002  the word of the grammar
    """Select reviews with their campaign and application."""
    query = (
        select(Review)
        .join(Review.campaign)
        .join(Review.application)
        .options(contains_eager(Review.campaign), contains_eager(Review.application))
        .where(where(filter, REVIEW_FIELDS, _COLUMNS))
    )
    if text:
        places = (Campaign.name, Application.name)
        query = query.where(or_(*(contains(place, text) for place in places)))
    return query


def to_review_by(person: Person) -> Clause:
    """The condition that a review is open, and asks this person for something."""
    mine = select(Reviewer.review_id).where(Reviewer.person_id == person.id)
    removing = (ReviewState.REMEDIATION, ReviewState.READY)
    return (
        (Campaign.state == CampaignState.ACTIVE)
        & Review.state.in_(OPEN_REVIEWS)
        & or_(
            Review.id.in_(mine),
            (Review.remediation_owner_id == person.id) & Review.state.in_(removing),
        )
    )


def reviews_order(key: str, *, descending: bool) -> Order:
    return Order(_sort(key), Review.id, descending)


def outcomes(ids: Sequence[int]) -> dict[int, Outcome]:
    """What each of these reviews came to, by id."""
    progress, removed, reports = progress_by_review(ids), _removed(ids), _reports(ids)
    return {
        key: Outcome(progress.get(key, Progress()), removed.get(key, 0), reports.get(key))
        for key in ids
    }


def with_outcomes(query: Select[Review]) -> Iterator[tuple[Review, Outcome]]:
    """Each review of `query` with what it came to, as a stream."""
    for rows in db.session.scalars(query.execution_options(yield_per=200)).partitions():
        beside = outcomes([review.id for review in rows])
        yield from ((review, beside[review.id]) for review in rows)


def _sort(key: str) -> Expression:
    """Of another table by way of the review, so that the place of one row can be asked for."""
    links = {
        "campaign": Campaign.id == Review.campaign_id,
        "due": Campaign.id == Review.campaign_id,
        "application": Application.id == Review.application_id,
    }
    if key not in links:
        return SORTS[key]
    return select(SORTS[key]).where(links[key]).correlate(Review).scalar_subquery()


def _removed(ids: Sequence[int]) -> dict[int, int]:
    counted = (
        select(Removal.review_id, func.count())
        .where(Removal.review_id.in_(ids), Removal.state != RemovalState.ACTION_REQUIRED)
        .group_by(Removal.review_id)
    )
    return dict(db.session.execute(counted).all())


def _reports(ids: Sequence[int]) -> dict[int, Report]:
    ready = (
        select(Report)
        .where(Report.review_id.in_(ids), Report.state == ReportState.READY)
        .options(joinedload(Report.file))
        .order_by(Report.id)
    )
    return {report.review_id or 0: report for report in db.session.scalars(ready)}
