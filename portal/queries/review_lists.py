"""Lists of reviews, of one campaign or of all, with what makes one need somebody."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, not_, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, joinedload

from policies.fields import YES_OR_NO
from policies.filters import Field, Filter, Kind
from policies.lifecycle import CampaignState, RemovalState, ReviewState, SyncState, Verdict
from portal import clock
from portal.db import db
from portal.models import (
    Application,
    Assignment,
    Campaign,
    Instance,
    Item,
    Person,
    Remediation,
    Removal,
    Review,
    Reviewer,
    Source,
    Sync,
)
from portal.queries.filters import Clause, Columns, Expression, Several, contains, where
from portal.queries.items import Progress
from portal.queries.order import in_order
from portal.queries.paging import Order
from portal.queries.planted import told_by_review
from portal.queries.reviews import progress_by_review
from portal.queries.settings import all_settings

NAMED = 3  # reviewers of a review that a row names; the rest are counted

_remover = aliased(Person, name="remover")
_REVIEWERS = Several(
    select(Reviewer.person_id)
    .join(Person, Person.id == Reviewer.person_id)
    .where(Reviewer.review_id == Review.id)
    .correlate(Review),
    (Person.name, Person.email),
)
UNDECIDED = (
    select(func.count(Item.id))
    .where(Item.review_id == Review.id, Item.verdict == Verdict.UNDECIDED)
    .correlate(Review)
    .scalar_subquery()
)
REMOVALS = (
    select(func.count(Removal.item_id))
    .where(Removal.review_id == Review.id, Removal.state == RemovalState.ACTION_REQUIRED)
    .correlate(Review)
    .scalar_subquery()
)
SORTS: Mapping[str, Expression] = {
    "application": in_order(Application.name),
    "campaign": in_order(Campaign.name),
    "state": Review.state,
    "due": Campaign.due_at,
    "undecided": UNDECIDED,
    "removals": REMOVALS,
}
_IN_A_CAMPAIGN = (
    Field("application", "Application"),
    Field("state", "State", Kind.CHOICE, tuple(state.value for state in ReviewState)),
    Field("reviewer", "Reviewer"),
    Field("remover", "Removes access"),
    Field("undecided", "Undecided accounts", Kind.NUMBER),
    Field("overdue", "Overdue", Kind.YES_NO, YES_OR_NO),
    Field("unassigned", "Accounts without a reviewer", Kind.YES_NO, YES_OR_NO),
    Field("stale", "Waits for a fresh list", Kind.YES_NO, YES_OR_NO),
    Field("removals", "Access still to be removed", Kind.NUMBER),
    Field("late_removals", "Removal overdue", Kind.YES_NO, YES_OR_NO),
)
CAMPAIGN_REVIEW_FIELDS: Mapping[str, Field] = {field.key: field for field in _IN_A_CAMPAIGN}
REVIEW_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("campaign", "Campaign"),
        Field(
            "campaign_state",
            "Campaign is",
            Kind.CHOICE,
            tuple(state.value for state in CampaignState),
        ),
        Field("due", "Due", Kind.DATE),
        *_IN_A_CAMPAIGN,
    )
}


@dataclass(frozen=True)
class Beside:
    """What a row shows beside the review itself."""

    progress: Progress = field(default_factory=Progress)
    reviewers: Sequence[tuple[str, str]] = ()  # the first few: name, basis
    reviewer_count: int = 0
    removals: int = 0
    is_late: bool = False  # with what is to be removed
    is_overdue: bool = False


def reviews_matching(
    filter: Filter,  # noqa: A002  the word of the grammar
    text: str = "",
    *,
    campaign: Campaign | None = None,
) -> Select[Review]:
    """Select reviews under `filter` whose application or campaign contains `text`."""
    query = (
        select(Review)
        .join(Review.campaign)
        .join(Review.application)
        .outerjoin(_remover, _remover.id == Review.remediation_owner_id)
        .options(
            contains_eager(Review.campaign),
            contains_eager(Review.application),
            joinedload(Review.remediation_owner),
        )
        .where(where(filter, REVIEW_FIELDS, review_columns()))
    )
    if campaign is not None:
        query = query.where(Review.campaign_id == campaign.id)
    if text:
        query = query.where(or_(contains(Application.name, text), contains(Campaign.name, text)))
    return query


def reviews_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Review.id, descending)


def review_columns() -> Columns:
    """What the fields are, now. All of it is asked of reviews that are joined as in the list."""
    return {
        "application": Application.name,
        "campaign": Campaign.name,
        "campaign_state": Campaign.state,
        "due": Campaign.due_at,
        "state": Review.state,
        "reviewer": _REVIEWERS,
        "remover": func.coalesce(_remover.email, _remover.name, ""),
        "undecided": UNDECIDED,
        "overdue": is_overdue(),
        "unassigned": is_unassigned(),
        "stale": is_stale(),
        "removals": REMOVALS,
        "late_removals": has_late_removals(),
    }


def is_overdue() -> Clause:
    """The due date is past, and somebody still has to decide."""
    return and_(
        Campaign.state == CampaignState.ACTIVE,
        Campaign.due_at < clock.now(),
        Review.state.in_([ReviewState.PENDING, ReviewState.IN_REVIEW]),
    )


def is_unassigned() -> Clause:
    """Nobody is to begin it; or, under way, some of its items are nobody's."""
    anybody = exists().where(Reviewer.review_id == Review.id, Reviewer.level == Review.level)
    assigned = exists().where(Assignment.item_id == Item.id, Assignment.level == Item.level)
    nobodys = exists().where(Item.review_id == Review.id, Item.signed_off.is_(False), ~assigned)
    some = func.coalesce(Review.frozen["unassigned"].as_integer(), 0) > 0
    return case(
        (Review.state == ReviewState.PENDING, ~anybody),
        (Review.state == ReviewState.IN_REVIEW, and_(some, nobodys)),
        else_=~true(),
    )


def is_stale() -> Clause:
    """It cannot begin: its application has no list, or one that is too old."""
    settings, now = all_settings(), clock.now()
    oldest = case(
        (
            Source.kind == "integration",
            now - timedelta(days=settings["fresh_days_integration"]),
        ),
        else_=now - timedelta(days=settings["fresh_days_file"]),
    )
    fresh = exists().where(
        Sync.source_id == Source.id, Sync.state == SyncState.APPLIED, Sync.applied_at >= oldest
    )
    sources = (
        select(Source.id)
        .join(Instance, Instance.id == Source.instance_id)
        .where(Instance.application_id == Review.application_id, Source.removed_at.is_(None))
        .correlate(Review)
    )
    old = or_(not_(sources.exists()), sources.where(~fresh).exists())
    return and_(Review.state == ReviewState.PENDING, old)


def has_late_removals() -> Clause:
    """Some of what was rejected is still active, for longer than removing may take."""
    since = clock.now() - timedelta(days=all_settings()["removal_days"])
    late = exists().where(
        Remediation.review_id == Review.id,
        Remediation.opened_at < since,
        Removal.review_id == Review.id,
        Removal.state == RemovalState.ACTION_REQUIRED,
    )
    return and_(Review.state == ReviewState.REMEDIATION, late)


def beside_reviews(ids: Sequence[int]) -> dict[int, Beside]:
    """What the rows of a page show beside these reviews."""
    progress, people, marks = progress_by_review(ids), _reviewers_of(ids), _marks_of(ids)
    return {
        key: Beside(progress.get(key, Progress()), *people.get(key, ((), 0)), *marks[key])
        for key in marks
    }


def states_of(campaign: Campaign) -> dict[ReviewState, int]:
    """How many reviews of a campaign are in each state."""
    mine = Review.campaign_id == campaign.id
    rows = db.session.execute(select(Review.state, func.count()).where(mine).group_by(Review.state))
    return dict(rows.all())


def whole_progress(campaign: Campaign) -> Progress:
    """How far all items of a campaign are; its cancelled reviews are left out."""
    mine = select(Review.id).where(
        Review.campaign_id == campaign.id, Review.state != ReviewState.CANCELLED
    )
    rows = db.session.execute(
        select(Item.review_id, Item.verdict, func.count(Item.id))
        .where(Item.review_id.in_(mine))
        .group_by(Item.review_id, Item.verdict)  # as the index lies: nothing need be sorted
    )
    counts: Counter[Verdict] = Counter()
    for _, verdict, count in rows:
        counts[verdict] += count
    told = told_by_review(mine).values()
    counts.subtract(Counter(verdict for some in told for verdict, *_ in some))
    return Progress(
        counts.total(),
        counts[Verdict.APPROVED],
        counts[Verdict.REJECTED],
        changed=counts[Verdict.CHANGED],
    )


def _reviewers_of(ids: Sequence[int]) -> dict[int, tuple[list[tuple[str, str]], int]]:
    mine, order = Reviewer.review_id, (Reviewer.level, Reviewer.id)
    place = func.row_number().over(partition_by=mine, order_by=order)
    ranked = (
        select(
            Reviewer.review_id,
            Person.name,
            Reviewer.basis,
            place.label("place"),
            func.count().over(partition_by=mine).label("several"),
        )
        .join(Person, Person.id == Reviewer.person_id)
        .where(Reviewer.review_id.in_(ids))
        .subquery()
    )
    first = (
        select(ranked).where(ranked.c.place <= NAMED).order_by(ranked.c.review_id, ranked.c.place)
    )
    found: dict[int, tuple[list[tuple[str, str]], int]] = {}
    for review_id, name, basis, _, several in db.session.execute(first):
        found.setdefault(review_id, ([], several))[0].append((name, basis))
    return found


def _marks_of(ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    columns = (Review.id, REMOVALS, has_late_removals(), is_overdue())
    rows = select(*columns).join(Review.campaign).where(Review.id.in_(ids))
    return {key: tuple(marks) for key, *marks in db.session.execute(rows)}
