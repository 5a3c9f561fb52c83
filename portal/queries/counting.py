"""Counting where a campaign stands: a fixed number of statements, whatever its size.

The counts are kept as tallies (portal.usecases.tallies); here they are only made.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, case, exists, func, or_, select

from policies.lifecycle import LOSING, CampaignState, RemovalState, ReviewState, Verdict
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Assignment,
    Campaign,
    CampaignTally,
    Decision,
    Item,
    Remediation,
    Removal,
    Review,
    Reviewer,
    SignOff,
    TrailLine,
)
from portal.models.decision import How
from portal.queries.evidence_people import LONGEST_PAUSE
from portal.queries.moments import day_of, seconds_between
from portal.queries.planted import counted_lines, taken_in, told_ids
from portal.queries.scope import lines_in_scope
from portal.queries.settings import setting

OFTEN = timedelta(hours=1)  # what only time changes is counted so often
_NOT_COUNTED = (ReviewState.CANCELLED,)

Parts = dict[int, dict[str, Any]]  # by person, what is told of each (columns of ReviewerTally)


@dataclass(frozen=True)
class Count:
    """What a campaign's tallies are to be."""

    trail_id: int
    total: int
    days: list[list[Any]]
    unassigned: int
    people: Parts = field(default_factory=dict)

    @property
    def done(self) -> int:
        return sum(count for _, count in self.days)


def campaigns_to_count() -> list[int]:
    """Launched campaigns of which something is told that their tallies do not know yet."""
    newer = exists().where(
        TrailLine.campaign_id == Campaign.id,
        TrailLine.id > CampaignTally.trail_id,
        TrailLine.verb.not_like("letter %"),
    )
    active = Campaign.state == CampaignState.ACTIVE
    old = and_(active, CampaignTally.counted_at < clock.now() - OFTEN)
    query = (
        select(Campaign.id)
        .outerjoin(CampaignTally, CampaignTally.campaign_id == Campaign.id)
        .where(Campaign.launched_at.is_not(None), Campaign.state != CampaignState.ARCHIVED)
        .where(or_(CampaignTally.campaign_id.is_(None), newer, old))
    )
    return list(db.session.scalars(query.order_by(Campaign.id)))


def count_of_campaign(campaign: Campaign) -> Count:
    """Count everything of `campaign` anew."""
    trail = select(func.max(TrailLine.id)).where(TrailLine.campaign_id == campaign.id)
    trail_id = db.session.scalar(trail) or 0
    reviews = _reviews(campaign)
    expected = _expected(campaign, reviews)
    counted = ((counted_lines(r, expected.get(r.application_id, 0)), r) for r in reviews.values())
    return Count(
        trail_id,
        sum(lines * review.levels for lines, review in counted),
        _days(reviews),
        _unassigned(list(reviews)) + _without_reviewer(reviews, expected),
        _people(list(reviews)),
    )


def _reviews(campaign: Campaign) -> dict[int, Row[Any]]:
    told = (Review.application_id, Review.state, Review.level, Review.levels, Review.frozen)
    mine = Review.campaign_id == campaign.id, Review.state.not_in(_NOT_COUNTED)
    return {row.id: row for row in db.session.execute(select(Review.id, *told).where(*mine))}


def _expected(campaign: Campaign, reviews: Mapping[int, Row[Any]]) -> dict[int, int]:
    """The accounts in scope of the applications whose review nobody began, by application."""
    waiting = [r.application_id for r in reviews.values() if not r.frozen]
    if not waiting:
        return {}
    scope = lines_in_scope(campaign, waiting).with_only_columns(
        Account.application_id, func.count(), maintain_column_froms=True
    )
    return dict(db.session.execute(scope.group_by(Account.application_id)).all())


def _days(reviews: Mapping[int, Row[Any]]) -> list[list[Any]]:
    """["2026-12-04", the decisions that stand and were taken that day], in order.

    What was rejected is rejected at every level that would follow.
    """
    found: Counter[str] = Counter()
    key = (Item.review_id, Item.level, Item.verdict, day_of(Item.decided_at))
    decided = Item.review_id.in_(reviews), Item.verdict != Verdict.UNDECIDED
    query = select(*key, func.count()).where(*decided, Item.id.not_in(told_ids(list(reviews))))
    rows = db.session.execute(query.group_by(*key))
    for review_id, level, verdict, day, count in rows:
        left = reviews[review_id].levels - level if verdict is Verdict.REJECTED else 0
        found[day or ""] += count * (1 + left)
    several = [key for key, review in reviews.items() if review.levels > 1]
    if several:
        found.update(_days_of_levels(several))
    return [list(pair) for pair in sorted(found.items())]


def _days_of_levels(ids: list[int]) -> Counter[str]:
    """The decisions of levels that are over, by the day on which each was signed off."""
    found: Counter[str] = Counter()
    key = (SignOff.review_id, SignOff.level)
    signed = select(*key, func.max(day_of(SignOff.signed_at))).where(SignOff.review_id.in_(ids))
    days = {(r, level): day for r, level, day in db.session.execute(signed.group_by(*key))}
    at = (Item.review_id, Item.level)
    rows = select(*at, func.count()).where(Item.review_id.in_(ids), Item.level > 1).group_by(*at)
    for review_id, level, count in db.session.execute(rows):
        for below in range(1, level):
            found[days.get((review_id, below), "")] += count
    return found


def _unassigned(ids: list[int]) -> int:
    """Items of reviews under way that nobody is assigned to at the level they are in."""
    assigned = exists().where(Assignment.item_id == Item.id, Assignment.level == Item.level)
    query = (
        select(func.count(Item.id))
        .join(Review, Review.id == Item.review_id)
        .where(Item.review_id.in_(ids), Review.state == ReviewState.IN_REVIEW)
        .where(Item.signed_off.is_(False), ~assigned)
    )
    return db.session.scalar(query) or 0


def _without_reviewer(reviews: Mapping[int, Row[Any]], expected: Mapping[int, int]) -> int:
    """The accounts of applications that nobody is to review, and nobody began."""
    waiting = [key for key, each in reviews.items() if each.state is ReviewState.PENDING]
    if not waiting:
        return 0
    has = select(Reviewer.review_id).where(Reviewer.review_id.in_(waiting), Reviewer.level == 1)
    taken = set(db.session.scalars(has.distinct()))
    return sum(expected.get(reviews[k].application_id, 0) for k in waiting if k not in taken)


def _people(ids: list[int]) -> Parts:
    """Everybody's part in these reviews."""
    parts: Parts = defaultdict(dict)
    for query in (
        _assigned(ids),
        _left(ids),
        _taken(ids),
        _pace(ids),
        _standing(ids),
        _removals(ids),
    ):
        names = [column.name for column in query.selected_columns][1:]
        for person_id, *values in db.session.execute(query):
            parts[person_id].update(zip(names, values, strict=True))
    for person_id, signed_at in db.session.execute(_signed(ids)):
        parts[person_id]["last_at"] = _later(parts[person_id].get("last_at"), signed_at)
    return dict(parts)


def _assigned(ids: list[int]) -> Select[*tuple[Any, ...]]:
    several = func.count(Reviewer.review_id.distinct())
    return (
        select(
            Reviewer.person_id,
            several.label("reviews"),
            case((several == 1, func.min(Reviewer.review_id))).label("review_id"),
            func.sum(Reviewer.items).label("items"),
        )
        .where(Reviewer.review_id.in_(ids))
        .group_by(Reviewer.person_id)
    )


def _left(ids: list[int]) -> Select[*tuple[Any, ...]]:
    theirs = and_(Assignment.item_id == Item.id, Assignment.level == Item.level)
    return (
        select(Assignment.person_id, func.count(Item.id).label("left"))
        .select_from(Item)
        .join(Review, Review.id == Item.review_id)
        .join(Assignment, theirs)
        .where(Item.review_id.in_(ids), Review.state == ReviewState.IN_REVIEW)
        .where(Item.verdict == Verdict.UNDECIDED, Item.signed_off.is_(False))
        .group_by(Assignment.person_id)
    )


def _taken(ids: list[int]) -> Select[*tuple[Any, ...]]:
    """What they decided, one by one and at once, and when last."""
    return (
        select(
            Decision.by_person_id,
            func.count().filter(Decision.how == How.SINGLE).label("single"),
            func.count().filter(Decision.how == How.BULK).label("bulk"),
            func.max(Decision.decided_at).label("last_at"),
        )
        .where(*taken_in(ids))
        .group_by(Decision.by_person_id)
    )


def _pace(ids: list[int]) -> Select[*tuple[Any, ...]]:
    """The median of seconds between two single decisions of one person, as evidence has it.

    (n + 1) / 2 and (n + 2) / 2 are the one or two in the middle of n.
    """
    turn = (Decision.decided_at, Decision.id)
    before = func.lag(Decision.decided_at).over(partition_by=Decision.by_person_id, order_by=turn)
    gaps = (
        select(Decision.by_person_id, seconds_between(before, Decision.decided_at).label("gap"))
        .where(*taken_in(ids), Decision.how == How.SINGLE)
        .subquery()
    )
    mine = gaps.c.by_person_id
    placed = (
        select(
            gaps.c.by_person_id,
            gaps.c.gap,
            func.row_number().over(partition_by=mine, order_by=gaps.c.gap).label("place"),
            func.count().over(partition_by=mine).label("n"),
        )
        .where(gaps.c.gap <= LONGEST_PAUSE)
        .subquery()
    )
    n = placed.c.n
    middle = or_(placed.c.place == (n + 1) // 2, placed.c.place == (n + 2) // 2)
    return (
        select(placed.c.by_person_id, func.avg(placed.c.gap).label("pace"))
        .where(middle)
        .group_by(placed.c.by_person_id)
    )


def _standing(ids: list[int]) -> Select[*tuple[Any, ...]]:
    """What stands as they decided it."""
    approved, count = Item.verdict == Verdict.APPROVED, func.count()
    losing = (count.filter(Item.verdict == v).label(v.value) for v in LOSING)
    against = count.filter(Item.is_against).label("against")
    privileged = count.filter(approved, Item.is_privileged).label("privileged")
    return (
        select(Item.decided_by_id, *losing, against, privileged)
        .where(
            Item.review_id.in_(ids), Item.decided_by_id.is_not(None), ~Item.id.in_(told_ids(ids))
        )
        .group_by(Item.decided_by_id)
    )


def _removals(ids: list[int]) -> Select[*tuple[Any, ...]]:
    """What is theirs to take away and still active, and how much of it for too long."""
    since = clock.now() - timedelta(days=setting("removal_days"))
    return (
        select(
            Review.remediation_owner_id,
            func.count().label("removals"),
            func.count().filter(Remediation.opened_at < since).label("overdue"),
        )
        .select_from(Removal)
        .join(Review, Review.id == Removal.review_id)
        .join(Remediation, Remediation.review_id == Review.id)
        .where(Review.id.in_(ids), Review.state == ReviewState.REMEDIATION)
        .where(Removal.state == RemovalState.ACTION_REQUIRED)
        .where(Review.remediation_owner_id.is_not(None))
        .group_by(Review.remediation_owner_id)
    )


def _signed(ids: list[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(SignOff.person_id, func.max(SignOff.signed_at))
        .where(SignOff.review_id.in_(ids), SignOff.person_id.is_not(None))
        .group_by(SignOff.person_id)
    )


def _later(one: datetime | None, other: datetime) -> datetime:
    return max(one, other) if one else other
