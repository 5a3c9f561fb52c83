"""Giving items of a running review to somebody else: some of them, or all that a person has."""

from collections.abc import Sequence

from sqlalchemy import and_

from policies.assignment import Reassigning
from policies.errors import IllegalMove, Invalid
from policies.handing import check_taker
from policies.lifecycle import ReviewState
from policies.permissions import REASSIGN_ITEMS, RUN_CAMPAIGNS, Actor, require
from policies.scopes import Access, Scope
from portal.models import Person, Review
from portal.models.reassignment import Change
from portal.queries.items import fields_of
from portal.queries.reassigning import Chosen, assigned_to, open_at, reassignable, reviews_all
from portal.queries.reviewing import somebody
from portal.usecases.handing import (
    Handed,
    begin_change,
    ensure_duty,
    hand_over,
    move_duty,
    note_change,
    takeable,
    tell_taker,
)
from portal.usecases.saying import lock_review
from portal.usecases.unit import usecase


@usecase
def reassign_items(
    review: Review, chosen: Chosen, taker: Person, reason: str, *, by: Actor
) -> Handed:
    """Give items to `taker` instead of whoever has them; of a reviewer, only their own.

    What the taker may not decide (their own access, or reviewed by them at another level) stays.
    """
    require(REASSIGN_ITEMS, by, review)
    lock_review(review)
    conducts = by.has(Scope.REVIEWS, Access.ACT)
    giver_id = None if conducts else by.person_id
    check_taker(
        somebody(taker), taker.name, review.campaign.who.reassigning,
        may_choose=conducts, giver_id=giver_id,
    )  # fmt: skip
    change = Change.ASSIGNED if chosen.unassigned else Change.REASSIGNED
    said = begin_change((review, review.level), change, giver_id, taker, reason, by)
    which = reassignable(review, chosen, by)
    return hand_over(said, which, by, view=chosen.view.in_words(fields_of(review)) or "everything")


@usecase
def replace_reviewer(
    reviews: Sequence[Review], giver: Person, taker: Person, reason: str, *, by: Actor
) -> Handed:
    """Give everything `giver` still has in these reviews, at every level, to `taker`."""
    require(RUN_CAMPAIGNS, by, None)
    _check(taker, giver)
    done = [
        _replace_at(review, level, giver, taker, reason, by)
        for review in reviews
        for level in _locked_levels(review, giver)
    ]
    if not any(each.moved or not each.kept for each in done):
        raise Invalid(f"{giver.name} has nothing left that {taker.name} may take.")
    return Handed(sum(each.moved for each in done), sum(each.kept for each in done))


def _replace_at(
    review: Review, level: int, giver: Person, taker: Person, reason: str, by: Actor
) -> Handed:
    if review.frozen_at is None:
        said = begin_change((review, level), Change.REPLACED, giver.id, taker, reason, by)
        note_change(review, {"instead": {str(giver.id): taker.id}})
        move_duty(review, level, giver, taker)
        return tell_taker(said, by, kept=0)
    which = and_(open_at(review, level), assigned_to(giver.id, level))
    if not takeable(which, taker.id, level):
        return Handed(0, 1)
    said = begin_change((review, level), Change.REPLACED, giver.id, taker, reason, by)
    return hand_over(said, which, by)


def _locked_levels(review: Review, giver: Person) -> list[int]:
    lock_review(review)
    _require_open(review)
    return _levels_of(review, giver)


@usecase
def add_reviewer(review: Review, level: int, taker: Person, reason: str, *, by: Actor) -> Handed:
    """Have `taker` review everything at one level, beside whoever does."""
    require(RUN_CAMPAIGNS, by, review)
    _check(taker, None)
    lock_review(review)
    _require_open(review)
    if not review.level <= level <= review.levels:
        raise Invalid("That level is over, or there is none. Reload the page.")
    if reviews_all(review, level, taker.id):
        raise Invalid(f"{taker.name} reviews all of this level already.")
    said = begin_change((review, level), Change.ADDED, None, taker, reason, by)
    if review.frozen_at is not None:
        return hand_over(said, open_at(review, level), by)
    added = review.changes.get("added", {}).get(str(level), [])
    note_change(review, {"added": {str(level): [*added, taker.id]}})
    ensure_duty(review, level, taker.id, Change.ADDED.value)
    return tell_taker(said, by, kept=0)


def _check(taker: Person, giver: Person | None) -> None:
    giver_id = giver.id if giver else None
    check_taker(somebody(taker), taker.name, Reassigning(), may_choose=True, giver_id=giver_id)


def _require_open(review: Review) -> None:
    if review.state not in (ReviewState.PENDING, ReviewState.IN_REVIEW):
        raise IllegalMove(
            f"Cannot change the reviewers of this review: it is {review.state.value}."
        )


def _levels_of(review: Review, person: Person) -> list[int]:
    """The levels that are not over at which somebody reviews."""
    return sorted(
        r.level for r in review.reviewers if r.person_id == person.id and r.level >= review.level
    )
