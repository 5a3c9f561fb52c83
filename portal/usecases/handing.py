"""The steps of handing items over: who had them is kept, and whoever takes over is written to."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from policies.errors import Invalid
from policies.handing import checked_reason
from policies.permissions import Actor
from policies.reviewers import REPLACED
from portal import clock
from portal.db import db
from portal.models import Assignment, Item, Person, ReassignedItem, Reassignment, Review, Reviewer
from portal.models.reassignment import Change
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
from portal.usecases.trail import record
from portal.usecases.voting import recount_votes

_BASES = {Change.REPLACED: REPLACED}  # where it is not the word for the change


@dataclass(frozen=True)
class Handed:
    """What a change did: how many items went over, and how many the taker may not have."""

    moved: int
    kept: int = 0


def begin_change(
    place: tuple[Review, int],
    change: Change,
    giver_id: int | None,
    taker: Person | None,
    reason: str,
    by: Actor,
) -> Reassignment:
    """A step: write down what is about to change, before the items are. `place` has the level."""
    review, level = place
    said = Reassignment(
        review=review,
        level=level,
        change=change,
        from_id=giver_id,
        to_id=taker.id if taker else None,
        taker=taker,
        reason=checked_reason(reason),
        by_person_id=by.person_id,
        by_name=by.name,
        at=clock.now(),
    )
    db.session.add(said)
    db.session.flush()
    return said


def hand_over(
    said: Reassignment, which: ColumnElement[bool], by: Actor, *, basis: str = "", **details: Any
) -> Handed:
    """A step: the items under `which` go over; raises Invalid where there is none to take."""
    allowed = _may_have(said.to_id or 0, said.level)
    kept = _count(and_(which, ~allowed))
    keep_who_had(said, and_(which, allowed))
    taken = items_in(said)
    said.items = _how_many(taken)
    if not said.items:
        raise Invalid(_nothing(said, kept))
    if said.change not in (Change.ADDED, Change.DELEGATED):
        take_away(said, taken)
    _give(said, taken, basis or _BASES.get(said.change, said.change.value))
    recount_votes(said.review, taken, by)
    return tell_taker(said, by, kept=kept, **details)


def items_in(said: Reassignment) -> Any:
    """Select the ids of the items of a change, each as often as somebody had it."""
    return select(ReassignedItem.item_id).where(ReassignedItem.reassignment_id == said.id)


def takeable(which: ColumnElement[bool], person_id: int, level: int) -> int:
    """How many of these items somebody may take over at a level."""
    return _count(and_(which, _may_have(person_id, level)))


def _may_have(person_id: int, level: int) -> ColumnElement[bool]:
    """Never one's own access, never one person at two levels of an item."""
    other = select(Assignment.item_id).where(
        Assignment.item_id == Item.id,
        Assignment.person_id == person_id,
        Assignment.level != level,
    )
    return and_(
        (Item.person_id.is_(None)) | (Item.person_id != person_id), ~other.correlate(Item).exists()
    )


def keep_who_had(said: Reassignment, which: ColumnElement[bool]) -> None:
    """A step: note whose the items are, before they become somebody else's."""
    held = aliased(Assignment)  # `which` may ask for assignments too
    theirs = and_(held.item_id == Item.id, held.level == said.level)
    if said.from_id is not None:
        theirs = and_(theirs, held.person_id == said.from_id)
    columns = (
        literal(said.id),
        Item.id,
        func.coalesce(held.person_id, 0),
        func.coalesce(held.basis, ""),
    )
    db.session.execute(
        insert(ReassignedItem).from_select(
            ["reassignment_id", "item_id", "was_id", "was_basis"],
            select(*columns).select_from(Item).outerjoin(held, theirs).where(which),
            include_defaults=False,
        )
    )


def take_away(said: Reassignment, taken: Any) -> None:
    """A step: whoever is to give these items up has them no more."""
    gone = and_(Assignment.level == said.level, Assignment.item_id.in_(taken))
    if said.from_id is not None:
        gone = and_(gone, Assignment.person_id == said.from_id)
    db.session.execute(delete(Assignment).where(gone).execution_options(synchronize_session=False))


def _give(said: Reassignment, taken: Any, basis: str) -> None:
    has = select(Assignment.item_id).where(
        Assignment.level == said.level, Assignment.person_id == said.to_id
    )
    query = taken.where(ReassignedItem.item_id.not_in(has)).distinct()
    rows = query.add_columns(literal(said.level), literal(said.to_id), literal(basis))
    db.session.execute(
        insert(Assignment).from_select(
            ["item_id", "level", "person_id", "basis"], rows, include_defaults=False
        )
    )
    ensure_duty(said.review, said.level, said.to_id or 0, basis)
    recount_duties(said.review, said.level)


def ensure_duty(review: Review, level: int, person_id: int, basis: str) -> None:
    """A step: somebody reviews here, from now on at the latest."""
    if not any((r.level, r.person_id) == (level, person_id) for r in review.reviewers):
        db.session.add(Reviewer(review_id=review.id, level=level, person_id=person_id, basis=basis))
        db.session.flush()
        db.session.expire(review, ["reviewers"])


def move_duty(review: Review, level: int, giver: Person, taker: Person) -> None:
    """A step: before the freeze there are no items, so only who is to be asked changes."""
    ensure_duty(review, level, taker.id, REPLACED)
    db.session.execute(
        delete(Reviewer)
        .where(
            Reviewer.review_id == review.id,
            Reviewer.level == level,
            Reviewer.person_id == giver.id,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.expire(review, ["reviewers"])


def recount_duties(review: Review, level: int) -> None:
    """A step: count anew how many items each reviewer of a level has."""
    counts = (
        select(func.count())
        .select_from(Assignment)
        .join(Item, Item.id == Assignment.item_id)
        .where(
            Item.review_id == review.id,
            Assignment.person_id == Reviewer.person_id,
            Assignment.level == Reviewer.level,
        )
        .scalar_subquery()
    )
    db.session.execute(
        update(Reviewer)
        .where(Reviewer.review_id == review.id, Reviewer.level == level)
        .values(items=counts)
        .execution_options(synchronize_session=False)
    )
    db.session.expire(review, ["reviewers"])


def note_change(review: Review, change: dict[str, dict[str, Any]]) -> None:
    """A step: remember for the freeze who was replaced, and who was added."""
    changes = dict(review.changes)
    for key, value in change.items():
        changes[key] = {**changes.get(key, {}), **value}
    review.changes = changes


def tell_taker(said: Reassignment, by: Actor, *, kept: int, **details: Any) -> Handed:
    """A step: write it down, and write to whoever takes over, if it is their turn."""
    review, taker = said.review, said.taker
    record(
        "items reassigned",
        review,
        by=by,
        why=said.reason,
        change=said.change.value,
        level=said.level,
        items=said.items,
        kept=kept,
        from_person=said.from_id,
        to_person=said.to_id,
        digest=_digest(said),
        **details,
    )
    if taker and said.level == review.level:
        write_to_taker(said, taker, said.items, by)
    return Handed(said.items, kept)


def write_to_taker(said: Reassignment, taker: Person, items: int, by: Actor) -> None:
    """A step: the letter to whoever takes over. 0 items: before the review has started."""
    review = said.review
    count = f"{items:,} {review.noun}{'s' if items != 1 else ''} to decide"
    write_letter(
        "reassigned",
        taker,
        key=f"reassigned:{said.id}:{taker.id}",
        link=write_link(taker, "tasks", review=review, by=by),
        about=review,
        by=by,
        application=review.application.name,
        campaign=review.campaign.name,
        due=f"{review.due_at:%a %-d %b %Y}",
        what=count if items else "the review, which has not started yet",
        giver=by.name,
        reason=said.reason,
    )


def _digest(said: Reassignment) -> str:
    """SHA-256 over the ids of the items, one a line, in ascending order."""
    ids = db.session.scalars(
        select(ReassignedItem.item_id)
        .where(ReassignedItem.reassignment_id == said.id)
        .distinct()
        .order_by(ReassignedItem.item_id)
    )
    return hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()


def _how_many(ids: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(ids.distinct().subquery())) or 0


def _count(which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(Item).where(which)) or 0


def _nothing(said: Reassignment, kept: int) -> str:
    name = said.taker.name if said.taker else "They"
    if kept:
        return f"{name} may not decide any of these: their own access, or seen at another level."
    return "There is nothing left to hand over. Nothing was changed."
