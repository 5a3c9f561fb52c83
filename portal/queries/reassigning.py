"""Handing items on: which items, to whom one may, who had them before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import joinedload

from policies.assignment import Handing
from policies.filters import Filter
from policies.lifecycle import OPEN_REVIEWS, CampaignState, ReviewState, Verdict
from policies.permissions import Actor
from policies.scopes import Access, Scope
from portal import clock
from portal.db import db
from portal.models import Assignment, Campaign, Item, Person, Reassignment, Review, Reviewer
from portal.models.person import Standing
from portal.queries.items import in_view, items_of, unassigned_items


@dataclass(frozen=True)
class Chosen:
    """Which items are meant: those ticked, or the unassigned, or all in view."""

    view: Filter
    ids: Collection[int] = ()
    unassigned: bool = False


@dataclass(frozen=True)
class Duty:
    """What one person has to review in a campaign that runs: in one review, at one level."""

    reviewer: Reviewer
    left: int  # not signed off yet, where the review is at this level

    @property
    def is_over(self) -> bool:
        """Nothing of it can be given to anybody else any more."""
        review = self.reviewer.review
        if review.state not in (ReviewState.PENDING, ReviewState.IN_REVIEW):
            return True
        return review.state is ReviewState.IN_REVIEW and (
            self.reviewer.level < review.level
            or (self.reviewer.level == review.level and not self.left)
        )


def reassignable(review: Review, chosen: Chosen, actor: Actor) -> ColumnElement[bool]:
    """The items that `actor` would hand on: not signed off, and theirs where they run nothing."""
    conducts = actor.has(Scope.REVIEWS, Access.ACT)
    mine = assigned_to(actor.person_id, Item.level)
    return and_(
        in_view(review, chosen.view, actor),
        open_items(review),
        Item.id.in_(list(chosen.ids)) if chosen.ids else true(),
        unassigned_items(review) if chosen.unassigned else true(),
        true() if conducts else mine,
    )


def open_items(review: Review) -> ColumnElement[bool]:
    """The items of a review's present level that nobody has signed off."""
    return and_(items_of(review), Item.level == review.level, Item.signed_off.is_(False))


def open_at(review: Review, level: int) -> ColumnElement[bool]:
    """The items that are, or may still come, to be decided at a level."""
    if level == review.level:
        return open_items(review)
    return and_(items_of(review), Item.level <= level, Item.verdict != Verdict.REJECTED)


def reviews_all(review: Review, level: int, person_id: int) -> bool:
    """Whether somebody reviews all of a level already that there is."""
    if review.frozen_at is None:
        return any((r.level, r.person_id) == (level, person_id) for r in review.reviewers)
    others = select(Item.id).where(open_at(review, level), ~assigned_to(person_id, level))
    return not db.session.scalar(select(others.exists()))


def left_people() -> ColumnElement[bool]:
    """Who is not here any more."""
    return or_(Person.standing == Standing.PAST, Person.end_date < clock.today())


def leavers() -> list[tuple[Review, Person]]:
    """Who has left and still has something to review, in which review."""
    has_items = exists().where(
        Assignment.item_id == Item.id,
        Item.review_id == Review.id,
        Assignment.person_id == Person.id,
        Assignment.level >= Review.level,
        Item.signed_off.is_(False),
    )
    rows = db.session.execute(
        select(Review, Person)
        .join(Reviewer, Reviewer.review_id == Review.id)
        .join(Person, Person.id == Reviewer.person_id)
        .join(Review.campaign)
        .where(left_people(), Campaign.state == CampaignState.ACTIVE)
        .where(
            or_(
                Review.state == ReviewState.PENDING,
                (Review.state == ReviewState.IN_REVIEW) & has_items,
            )
        )
        .distinct()
        .order_by(Review.id, Person.id)
    )
    return [(review, person) for review, person in rows]


def assigned_to(person_id: int | None, level: Any) -> ColumnElement[bool]:
    return exists().where(
        Assignment.item_id == Item.id,
        Assignment.level == level,
        Assignment.person_id == person_id,
    )


def people_to_choose(campaign: Campaign, actor: Actor) -> Sequence[Person] | None:
    """The people a campaign limits its reviewers to; None where it does not limit them."""
    said = campaign.who.reassigning
    if actor.has(Scope.REVIEWS, Access.ACT) or said.to is not Handing.LISTED:
        return None
    return db.session.scalars(
        select(Person).where(Person.id.in_(said.people)).order_by(Person.name)
    ).all()


def duties_in(campaign: Campaign) -> list[Duty]:
    """Everybody who reviews in a campaign, by name, with what they have left."""
    reviewers = db.session.scalars(
        select(Reviewer)
        .join(Reviewer.review)
        .join(Reviewer.person)
        .where(Review.campaign_id == campaign.id, Review.state.in_(OPEN_REVIEWS))
        .order_by(func.lower(Person.name), Reviewer.person_id, Reviewer.review_id, Reviewer.level)
        .options(joinedload(Reviewer.review).joinedload(Review.application))
    ).all()
    left = _left(campaign)
    return [Duty(r, left.get((r.review_id, r.level, r.person_id), 0)) for r in reviewers]


def unassigned_by_review(campaign: Campaign) -> dict[int, int]:
    """How many items of the present level nobody is assigned to, by review; only where any are."""
    here = exists().where(Assignment.item_id == Item.id, Assignment.level == Item.level)
    rows = db.session.execute(
        select(Item.review_id, func.count())
        .join(Review, Review.id == Item.review_id)
        .where(
            Review.campaign_id == campaign.id,
            Review.state == ReviewState.IN_REVIEW,
            Item.level == Review.level,
            Item.signed_off.is_(False),
            ~here,
        )
        .group_by(Item.review_id)
    )
    return dict(rows.all())


def changes_in(campaign: Campaign) -> Sequence[Reassignment]:
    """Every change of reviewers in a campaign, the latest first."""
    return db.session.scalars(
        select(Reassignment)
        .join(Reassignment.review)
        .where(Review.campaign_id == campaign.id)
        .order_by(Reassignment.id.desc())
        .options(
            joinedload(Reassignment.review).joinedload(Review.application),
            joinedload(Reassignment.giver),
            joinedload(Reassignment.taker),
        )
    ).all()


def _left(campaign: Campaign) -> dict[tuple[int, int, int], int]:
    rows = db.session.execute(
        select(Item.review_id, Assignment.level, Assignment.person_id, func.count())
        .join(Assignment, Assignment.item_id == Item.id)
        .join(Review, Review.id == Item.review_id)
        .where(
            Review.campaign_id == campaign.id,
            Review.state == ReviewState.IN_REVIEW,
            Assignment.level == Item.level,
            Item.signed_off.is_(False),
        )
        .group_by(Item.review_id, Assignment.level, Assignment.person_id)
    )
    return {(review, level, person): count for review, level, person, count in rows}
