"""A reviewer leaves while a review runs: the campaign's rules say who has their items now."""

from sqlalchemy import and_, delete, func, select

from policies.lifecycle import ReviewState
from policies.permissions import Actor
from policies.reviewers import Alike, shares
from portal.db import db
from portal.models import Assignment, Person, Reassignment, Review, Reviewer
from portal.models.reassignment import Change
from portal.queries.items import unassigned_items
from portal.queries.reassigning import assigned_to, open_at
from portal.queries.reviewing import circles_in, launch_classes
from portal.usecases.assigning import assign_left_over
from portal.usecases.handing import (
    begin_change,
    ensure_duty,
    items_in,
    keep_who_had,
    recount_duties,
    take_away,
    write_to_taker,
)
from portal.usecases.letters import write_letter
from portal.usecases.saying import lock_review
from portal.usecases.trail import record
from portal.usecases.unit import usecase
from portal.usecases.voting import recount_votes


@usecase
def release_leaver(review: Review, person: Person, *, by: Actor) -> None:
    """Move everything `person`, who has left, still has to review; each taker gets a letter.

    An item that somebody else reviews as well stays theirs alone. What is left to nobody is in
    the queue, and the campaign's owner is told.
    """
    lock_review(review)
    if review.state not in (ReviewState.PENDING, ReviewState.IN_REVIEW):
        return
    levels = [r.level for r in review.reviewers if r.person_id == person.id]
    for level in sorted(level for level in levels if level >= review.level):
        why = f"{person.name} has left"
        said = begin_change((review, level), Change.LEFT, person.id, None, why, by)
        if review.frozen_at is None:
            _ask_others(said, person, by)
        else:
            _move_items(said, person, by)


def _ask_others(said: Reassignment, person: Person, by: Actor) -> None:
    """Nothing is assigned before the freeze: only others are to be asked."""
    review = said.review
    _drop_duty(review, said.level, person)
    circles = circles_in(review)
    classes = launch_classes(review.campaign, circles).get(review.application_id)
    found = shares(circles.of[review.application_id], classes or {Alike(): 0})
    known = {r.person_id for r in review.reviewers if r.level == said.level}
    new = {key: given for key, given in found.by_level[said.level - 1].items() if key not in known}
    for person_id, (basis, _) in new.items():
        ensure_duty(review, said.level, person_id, basis)
    _tell(said, dict.fromkeys(new, 0), by)


def _move_items(said: Reassignment, person: Person, by: Actor) -> None:
    review, level = said.review, said.level
    before = _items_by_person(review, level)
    keep_who_had(said, and_(open_at(review, level), assigned_to(person.id, level)))
    taken = items_in(said)
    said.items = db.session.scalar(select(func.count()).select_from(taken.subquery())) or 0
    take_away(said, taken)
    assign_left_over(review, level, taken)
    recount_votes(review, taken, by)
    theirs = select(Assignment.person_id, func.min(Assignment.basis))
    theirs = theirs.where(Assignment.level == level, Assignment.item_id.in_(taken))
    for person_id, basis in db.session.execute(theirs.group_by(Assignment.person_id)):
        ensure_duty(review, level, person_id, basis)
    recount_duties(review, level)
    after = _items_by_person(review, level)
    more = {key: count - before.get(key, 0) for key, count in after.items()}
    _tell(said, {key: count for key, count in more.items() if count > 0}, by)


def _tell(said: Reassignment, given: dict[int, int], by: Actor) -> None:
    """Write it down, to each of the takers, and to the campaign's owner where nobody takes it."""
    review = said.review
    record(
        "reviewer left",
        review,
        by=by,
        why=said.reason,
        level=said.level,
        items=said.items,
        from_person=said.from_id,
        given={str(key): count for key, count in given.items()},
    )
    for person_id, items in given.items():
        if said.level == review.level:
            write_to_taker(said, db.session.get_one(Person, person_id), items, by)
    left = db.session.scalar(select(func.count()).where(unassigned_items(review))) or 0
    if left and review.campaign.owner:
        what = f"{said.reason}, and {left:,} accounts in {review.application.name} have no reviewer"
        write_letter(
            "attention",
            review.campaign.owner,
            key=f"unassigned:{said.id}",
            about=review,
            by=by,
            campaign=review.campaign.name,
            what=what,
        )


def _items_by_person(review: Review, level: int) -> dict[int, int]:
    return {r.person_id: r.items for r in review.reviewers if r.level == level}


def _drop_duty(review: Review, level: int, person: Person) -> None:
    db.session.execute(
        delete(Reviewer)
        .where(
            Reviewer.review_id == review.id,
            Reviewer.level == level,
            Reviewer.person_id == person.id,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.expire(review, ["reviewers"])
