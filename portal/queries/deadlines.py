"""Reading due dates: what is undecided, what they will do to it, and which have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from policies.deadlines import (
    NOTICE,
    Open,
    Span,
    Undecided,
    acts_at,
    foretold,
    foretold_late,
    in_zone,
    late_spans,
    taken_until,
)
from policies.lifecycle import CampaignState, ReviewState, Verdict
from portal import clock
from portal.db import db
from portal.models import Account, Campaign, Extension, Item, Review
from portal.queries.scope import lines_in_scope
from portal.queries.tally import undecided_of

_ACTING = (Undecided.REJECT, Undecided.EXPIRE)
_UNFINISHED = (ReviewState.PENDING, ReviewState.IN_REVIEW)


@dataclass(frozen=True)
class Left:
    """A review in which `accounts` are undecided, as many as are in scope where nobody began."""

    review: Review
    accounts: int

    @property
    def is_unstarted(self) -> bool:
        return self.review.state is ReviewState.PENDING

    @property
    def in_words(self) -> str:
        """ "Salesforce: 12 accounts undecided" """
        said = f"{self.accounts:,} {self.review.noun}{'' if self.accounts == 1 else 's'}"
        state = "not started" if self.is_unstarted else "undecided"
        return f"{self.review.application.name}: {said}, {state}"


@dataclass(frozen=True)
class Deadline:
    """What a campaign's page says of its due date: when it is, and what it does or did."""

    when: str
    sentence: str
    left: Open
    has_passed: bool
    is_soon: bool


def deadline_of(campaign: Campaign) -> Deadline:
    """The due date of an active campaign, and what it does to what is undecided now."""
    when, now = in_zone(campaign.due_at, campaign.zone), clock.now()
    left, passed = open_in(campaign), now > campaign.due_at
    said = _still_to_come(campaign, left) if passed else foretold_of(campaign, left)
    return Deadline(when, said, left, passed, is_soon=campaign.due_at - now <= NOTICE)


def rule_of(campaign: Campaign) -> Undecided:
    """What becomes of undecided items; where late decisions are taken, they stay open."""
    return Undecided.LEAVE if campaign.accepts_late else campaign.undecided


def foretold_of(campaign: Campaign, left: Open) -> str:
    """What the due date of `campaign` will do, as a sentence."""
    when, at = in_zone(campaign.due_at, campaign.zone), ends_at(campaign)
    if campaign.accepts_late:
        return foretold_late(when, left)
    said = foretold(campaign.undecided, in_zone(at, campaign.zone), left)
    if at == campaign.due_at or not left.reviews:
        return said
    return f"{said} {taken_until(when, has_passed=clock.now() > campaign.due_at)}"


def ends_at(campaign: Campaign) -> datetime:
    """The due date; or later, when its rule acts where people were not told of it in time."""
    at = _acts_at(campaign) if rule_of(campaign) in _ACTING else None
    return at or campaign.due_at


def foretold_of_review(review: Review) -> str:
    """The same for one review that still takes decisions; empty for any other."""
    campaign = review.campaign
    if review.state not in _UNFINISHED or clock.now() > campaign.due_at:
        return ""
    accounts = _undecided_by_review([review]) or _accounts_by_review(campaign, [review])
    count = accounts.get(review.id, 0)
    unstarted = review.state is ReviewState.PENDING
    left = Open(count, int(unstarted or count > 0), int(unstarted), review.noun)
    return foretold_of(campaign, left)


def open_in(campaign: Campaign) -> Open:
    """What is undecided in a campaign, in all."""
    left = open_reviews_in(campaign)
    count, unstarted = sum(each.accounts for each in left), sum(each.is_unstarted for each in left)
    return Open(count, len(left), unstarted, campaign.granularity.noun)


def open_reviews_in(campaign: Campaign) -> list[Left]:
    """The reviews in which something is undecided, or that nobody has begun, by application."""
    mine = Review.campaign_id == campaign.id, Review.state.in_(_UNFINISHED)
    reviews = db.session.scalars(
        select(Review).where(*mine).options(joinedload(Review.application))
    ).all()
    undecided, unstarted = _undecided_by_review(reviews), _accounts_by_review(campaign, reviews)
    found = [
        Left(review, undecided.get(review.id, 0) + unstarted.get(review.id, 0))
        for review in reviews
        if review.state is ReviewState.PENDING or undecided.get(review.id)
    ]
    return sorted(found, key=lambda each: (each.review.application.name.casefold(), each.review.id))


def undecided_in(reviews: Sequence[Review]) -> int:
    """How many items of reviews under way the due date would find undecided."""
    return sum(_undecided_by_review(reviews).values())


def undecided_items(review: Review) -> ColumnElement[bool]:
    """What nobody has decided for good: undecided, or approved with levels yet to come."""
    mine = Item.review_id == review.id
    if review.levels == review.level:
        return and_(mine, Item.verdict == Verdict.UNDECIDED)
    if review.level > 1:
        mine = and_(mine, ~Item.is_planted)  # they ended at the first
    return and_(mine, Item.verdict != Verdict.REJECTED, Item.level <= review.level)


def spans_of(campaign: Campaign) -> list[Span]:
    """When decisions in this campaign were late."""
    if campaign.is_prepared:
        return []
    return late_spans(campaign.due_at, [(each.at, each.was) for each in campaign.extensions])


def campaigns_to_warn() -> Sequence[Campaign]:
    """Active campaigns due within two days whose people were not told of that due date yet.

    Once it has passed there is nothing to foretell, unless something is still to be done then.
    """
    return db.session.scalars(
        select(Campaign)
        .where(
            Campaign.state == CampaignState.ACTIVE,
            Campaign.due_at <= clock.now() + NOTICE,
            or_(Campaign.due_at >= clock.now(), _acts()),
            Campaign.warned_for.is_distinct_from(Campaign.due_at),
        )
        .order_by(Campaign.due_at, Campaign.id)
    ).all()


def campaigns_to_settle() -> Sequence[Campaign]:
    """Active campaigns past their due date whose rule has not come into force yet, and may."""
    found = db.session.scalars(
        select(Campaign)
        .where(
            Campaign.state == CampaignState.ACTIVE,
            Campaign.due_at < clock.now(),
            or_(Campaign.warned_for == Campaign.due_at, ~_acts()),
            Campaign.settled_for.is_distinct_from(Campaign.due_at),
        )
        .order_by(Campaign.due_at, Campaign.id)
    ).all()
    return [each for each in found if _may_act(each)]


def reviews_to_end() -> Sequence[int]:
    """Reviews that the rule of their campaign is to end, by id: each is looked at again then."""
    rows = db.session.scalars(
        select(Review.id)
        .join(Review.campaign)
        .where(
            Campaign.state == CampaignState.ACTIVE,
            _acts(),
            Campaign.due_at < clock.now(),
            Campaign.settled_for == Campaign.due_at,
            or_(Review.state.in_(_UNFINISHED), _is_broken()),
        )
        .order_by(Review.id)
    )
    return rows.all()


def is_to_be_ended(review: Review) -> bool:
    """Whether the rule applies to the review as it stands; it and its campaign are locked."""
    campaign = review.campaign
    if campaign.accepts_late or campaign.settled_for != campaign.due_at:
        return False
    if campaign.state is not CampaignState.ACTIVE or clock.now() <= campaign.due_at:
        return False
    if campaign.undecided is Undecided.REJECT:
        return review.state in _UNFINISHED
    if campaign.undecided is not Undecided.EXPIRE:
        return False
    if review.state is ReviewState.IN_REVIEW:
        return undecided_in([review]) > 0
    return review.state in {ReviewState.PENDING, ReviewState.ERROR}


def known_since(campaign: Campaign) -> datetime:
    """Since when the due date is the one that it is."""
    moved = db.session.scalar(
        select(func.max(Extension.at)).where(Extension.campaign_id == campaign.id)
    )
    return moved or campaign.launched_at or campaign.created_at


def _still_to_come(campaign: Campaign, left: Open) -> str:
    """What the rule will do where the due date found nobody told of it; else nothing."""
    rule, at = rule_of(campaign), _acts_at(campaign)
    if rule not in _ACTING or campaign.settled_for == campaign.due_at or not left.reviews:
        return ""
    return foretold(rule, in_zone(at, campaign.zone), left) if at and at > clock.now() else ""


def _may_act(campaign: Campaign) -> bool:
    at = _acts_at(campaign)
    return rule_of(campaign) not in _ACTING or (at is not None and clock.now() > at)


def _acts() -> ColumnElement[bool]:
    """Something is done to what is undecided."""
    return and_(Campaign.accepts_late.is_(False), Campaign.undecided.in_(_ACTING))


def _acts_at(campaign: Campaign) -> datetime | None:
    warned = campaign.warned_at if campaign.warned_for == campaign.due_at else None
    return acts_at(campaign.due_at, known_since(campaign), warned)


def _is_broken() -> ColumnElement[bool]:
    return and_(Campaign.undecided == Undecided.EXPIRE, Review.state == ReviewState.ERROR)


def _undecided_by_review(reviews: Sequence[Review]) -> dict[int, int]:
    under_way = [r for r in reviews if r.state is ReviewState.IN_REVIEW]
    simple = [r.id for r in under_way if r.level == r.levels]
    found: dict[int, int] = {}
    if len(reviews) == 1 and simple:
        found = {simple[0]: undecided_of(reviews[0])}  # on every page of a table
    elif simple:
        found |= _count(and_(Item.review_id.in_(simple), Item.verdict == Verdict.UNDECIDED))
    for review in under_way:
        if review.level < review.levels:
            found |= _count(undecided_items(review))
    return found


def _count(condition: ColumnElement[bool]) -> dict[int, int]:
    query = select(Item.review_id, func.count()).where(condition).group_by(Item.review_id)
    return dict(db.session.execute(query).all())


def _accounts_by_review(campaign: Campaign, reviews: Sequence[Review]) -> dict[int, int]:
    """How many accounts, or lines of them, are in scope now where nobody has begun."""
    pending = {r.application_id: r.id for r in reviews if r.state is ReviewState.PENDING}
    if not pending:
        return {}
    scope = lines_in_scope(campaign, list(pending)).with_only_columns(
        Account.application_id, func.count(Account.id), maintain_column_froms=True
    )
    rows = db.session.execute(scope.group_by(Account.application_id))
    return {pending[application_id]: count for application_id, count in rows}
