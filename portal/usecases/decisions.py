"""Deciding items: one, all in view, and undoing the latter."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, select

from policies.errors import Invalid, Stale
from policies.filters import Filter
from policies.lifecycle import ReviewState, Verdict
from policies.permissions import DECIDE_ITEM, REVIEW_ACCESS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Decision, Item, Review
from portal.models.decision import How
from portal.queries.bulks import decidable_in_view
from portal.queries.items import fields_of, items_decided_by
from portal.usecases.appending import append_decisions, apply_bulk, digest_of_bulk
from portal.usecases.bulk import count_rows_anew
from portal.usecases.trail import record
from portal.usecases.unit import usecase
from portal.usecases.voting import vote_on_all, vote_on_item

LONGEST_COMMENT = 2000


@dataclass(frozen=True)
class Bulk:
    """What a decision on all in view did."""

    id: str
    count: int


@usecase
def decide_item(
    item: Item, verdict: Verdict, *, comment: str = "", version: int, by: Actor
) -> Decision | None:
    """Approve or reject one item, or withdraw what was said (UNDECIDED).

    UNDECIDED on an item that is undecided keeps the comment alone, as a row of its own.
    `version` is that of the item the person looked at; Stale if it changed since. Where several
    decide together this is a vote; None while it settles nothing.
    """
    lock_review(item.review)
    db.session.refresh(item)
    require(DECIDE_ITEM, by, item)
    if item.version != version:
        raise Stale(_changed_by(item))
    if item.review.is_joint:
        return vote_on_item(item, verdict, checked_comment(comment), by)
    word, how = _what_it_is(item, verdict, comment)
    decision = Decision(
        item_id=item.id,
        review_id=item.review_id,
        level=item.level,
        verdict=verdict,
        comment=checked_comment(comment),
        was=item.verdict,
        was_comment=item.comment,
        how=how,
        by_person_id=by.person_id,
        by_name=by.name,
        decided_at=clock.now(),
    )
    db.session.add(decision)
    db.session.flush()
    _put(item, decision)
    said: dict[str, Any] = {"was": decision.was, "comment": comment, "login": item.login}
    record(f"item {word}", item, by=by, **said, **lateness_in(item.review))
    return decision


@usecase
def decide_view(
    review: Review, chosen: Filter, verdict: Verdict, *, comment: str = "", seen: int, by: Actor
) -> Bulk:
    """Decide every item that the filter shows and that is `by`'s to decide.

    `seen` is the newest decision that the confirmation knew of; Stale if somebody else
    decided in this view since. Items that stand at `verdict` already are left alone.
    """
    lock_review(review)
    require(REVIEW_ACCESS, by, review)
    _require_open(review)
    mine = decidable_in_view(review, chosen, by)
    if review.is_joint:
        return _vote_in_view(review, chosen, verdict, comment, by)
    if _others_decided_since(seen, mine, by):
        raise Stale("Someone else decided in this view meanwhile. Nothing was changed.")
    bulk = _append_bulk(review, and_(mine, Item.verdict != verdict), verdict, comment, by)
    record(
        f"view {verdict.value}",
        review,
        by=by,
        bulk=bulk.id,
        count=bulk.count,
        filter=chosen.in_words(fields_of(review)) or "everything",
        digest=digest_of_bulk(bulk.id, review),
        comment=comment,
        **lateness_in(review),
    )
    return bulk


@usecase
def undo_bulk(review: Review, bulk_id: str, *, by: Actor) -> int:
    """Put back what stood before a decision on all in view, where it still stands.

    Returns how many items that were. Decisions made since, and parts signed off, stay; so do
    decisions of others, which are theirs to undo.
    """
    lock_review(review)
    require(REVIEW_ACCESS, by, review)
    _require_open(review)
    undone = secrets.token_hex(8)
    count_rows_anew(Item, Decision)  # PostgreSQL would take what it has not counted for one row
    _append_undo(review, bulk_id, undone, by)
    count = apply_bulk(review, undone)
    if not count:
        raise Invalid("There is nothing left of that decision to undo.")
    record(
        "view restored",
        review,
        by=by,
        bulk=bulk_id,
        count=count,
        digest=digest_of_bulk(undone, review),
    )
    return count


def _vote_in_view(
    review: Review, chosen: Filter, verdict: Verdict, comment: str, by: Actor
) -> Bulk:
    """A vote on all in view. It is not undone at once, only account by account."""
    bulk_id = secrets.token_hex(8)
    which = decidable_in_view(review, chosen, by)
    count = vote_on_all(review, which, verdict, checked_comment(comment), bulk_id, by)
    if not count:
        raise Invalid(f"Nothing in view is left to be {verdict.value} by you.")
    record(
        "view voted on",
        review,
        by=by,
        bulk=bulk_id,
        vote=verdict.value,
        count=count,
        filter=chosen.in_words(fields_of(review)) or "everything",
        comment=comment,
    )
    return Bulk(bulk_id, count)


def lock_review(review: Review) -> None:
    """Take turns: what follows in this transaction is alone in this review."""
    db.session.refresh(review, with_for_update={"of": Review})


def lateness_in(review: Review) -> dict[str, Any]:
    """A step: what the trail says besides, where the due date has passed."""
    return {"late": True} if clock.now() > review.campaign.due_at else {}


def _require_open(review: Review) -> None:
    if review.state is not ReviewState.IN_REVIEW:
        raise Stale(f"This review is {review.state.value}; it takes no decisions.")


def _others_decided_since(seen: int, mine: ColumnElement[bool], by: Actor) -> bool:
    newer = and_(mine, Item.decision_id > seen, Item.decided_by_id != by.person_id)
    return db.session.scalar(select(Item.id).where(newer).limit(1)) is not None


def _append_bulk(
    review: Review, which: ColumnElement[bool], verdict: Verdict, comment: str, by: Actor
) -> Bulk:
    bulk_id = secrets.token_hex(8)
    to, said = literal(verdict, Item.verdict.type), _said_of_all(comment)
    append_decisions(select(Item.id, *_facts(review, to, said, How.BULK, bulk_id, by)).where(which))
    count = apply_bulk(review, bulk_id)
    if not count:
        raise Invalid(f"Nothing in view is left to be {verdict.value} by you.")
    return Bulk(bulk_id, count)


def _said_of_all(comment: str) -> Any:
    """The comment on all; without one, what was said of an account before stays with it."""
    if said := checked_comment(comment):
        return literal(said)
    return case((Item.verdict == Verdict.UNDECIDED, Item.comment), else_="")


def _append_undo(review: Review, bulk_id: str, undone: str, by: Actor) -> None:
    query = (
        select(
            Item.id,
            *_facts(review, Decision.was, Decision.was_comment, How.UNDO, undone, by),
        )
        .join(Decision, Decision.id == Item.decision_id)
        .where(
            items_decided_by(by, review),
            Decision.review_id == review.id,
            Decision.bulk_id == bulk_id,
            Decision.by_person_id == by.person_id,
        )
    )
    append_decisions(query)


def _facts(
    review: Review, verdict: Any, comment: Any, how: How, bulk_id: str, by: Actor
) -> tuple[Any, ...]:
    return (
        literal(review.id),
        Item.level,
        verdict,
        comment,
        Item.verdict,
        Item.comment,
        literal(how, Decision.how.type),
        literal(bulk_id),
        literal(by.person_id),
        literal(by.name),
        literal(clock.now(), Decision.decided_at.type),
    )


def _what_it_is(item: Item, verdict: Verdict, comment: str) -> tuple[str, How]:
    """The word for it in the trail, and how it was said."""
    if verdict is not Verdict.UNDECIDED:
        return verdict.value, How.SINGLE
    if item.verdict is not Verdict.UNDECIDED:
        return "withdrawn", How.SINGLE
    if comment.strip() == item.comment:
        raise Invalid("There is nothing to save yet: write a comment, or decide.")
    return "commented", How.COMMENT


def _put(item: Item, decision: Decision) -> None:
    withdrawn = decision.verdict is Verdict.UNDECIDED
    item.verdict, item.comment = decision.verdict, decision.comment
    item.decided_by_id, item.decided_at = decision.by_person_id, decision.decided_at
    if withdrawn:
        item.decided_by_id = item.decided_at = None
    item.decision_id = decision.id
    item.version += 1


def checked_comment(comment: str) -> str:
    """A step: the comment as it is kept; Invalid where it is too long."""
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(f"The comment is too long: {LONGEST_COMMENT:,} characters at most.")
    return comment.strip()


def _changed_by(item: Item) -> str:
    who = item.decided_by.name if item.decided_by else "Someone"
    when: datetime | None = item.decided_at
    at = f" at {when:%H:%M} UTC" if when else ""
    return f"{who} changed this{at}. It is shown as it stands now; yours was not saved."
