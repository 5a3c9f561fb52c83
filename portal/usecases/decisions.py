"""Deciding items: one, all in view, and undoing the latter."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, select

from policies.errors import Invalid, Stale
from policies.filters import Filter
from policies.grants import checked_takes
from policies.lifecycle import ReviewState, Verdict
from policies.permissions import REVIEW_ACCESS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Decision, Item, Review
from portal.models.decision import How
from portal.queries.bulks import at_once
from portal.queries.items import fields_of, items_decided_by
from portal.queries.pace import seconds_of
from portal.queries.taking import may_lose, takes_on, takes_stood_before
from portal.usecases.appending import append_decisions, apply_bulk, digest_of_bulk
from portal.usecases.bulk import count_rows_anew
from portal.usecases.caring import refuse_uncommented_in
from portal.usecases.saying import (
    check_said,
    checked_comment,
    lateness_in,
    lock_review,
    prepare_item,
    say_of_item,
)
from portal.usecases.trail import record
from portal.usecases.unit import usecase
from portal.usecases.voting import take_votes_back, vote_on_all, vote_on_item


@dataclass(frozen=True)
class Bulk:
    """What a decision on all in view did."""

    id: str
    count: int


@usecase
def decide_item(
    item: Item,
    verdict: Verdict,
    *,
    comment: str = "",
    version: int,
    opened: datetime | None = None,
    by: Actor,
) -> Decision | None:
    """Approve or reject one item, or withdraw what was said (UNDECIDED).

    UNDECIDED on an item that is undecided keeps the comment alone, as a row of its own.
    `version` is that of the item the person looked at; Stale if it changed since. Where several
    decide together this is a vote; None while it settles nothing. `opened` is when they opened
    the list.
    """
    prepare_item(item, version, by)
    if verdict is Verdict.CHANGED:
        if item.verdict is not Verdict.CHANGED:
            raise Invalid("Say what is to be taken away.")
        return say_of_item(item, verdict, comment, takes_on(item), opened, by)
    if item.review.is_joint:
        check_said(item, verdict, comment)
        return vote_on_item(item, verdict, checked_comment(comment), by)
    return say_of_item(item, verdict, comment, [], opened, by)


@usecase
def change_item(
    item: Item,
    takes: Iterable[str],
    *,
    comment: str = "",
    version: int,
    opened: datetime | None = None,
    by: Actor,
) -> Decision:
    """Keep one account, but with less: `takes` are the grants to take away, as policies.grants
    names them. Invalid where it does not hold one of them, or they went at a level before."""
    prepare_item(item, version, by)
    if item.review.by_entitlement:
        raise Invalid("There is nothing less to keep of one entitlement: approve or reject it.")
    if item.review.is_joint:
        raise Invalid("Where several decide together, nothing can be changed: approve or reject.")
    chosen = checked_takes(takes, set(may_lose(item)))
    return say_of_item(item, Verdict.CHANGED, comment, chosen, opened, by)


@usecase
def decide_view(  # noqa: PLR0913  what the confirmation holds
    review: Review,
    chosen: Filter,
    verdict: Verdict,
    *,
    comment: str = "",
    seen: int,
    opened: datetime | None = None,
    by: Actor,
) -> Bulk:
    """Decide every item that the filter shows and that is `by`'s to decide.

    `seen` is the newest decision that the confirmation knew of; Stale if somebody else
    decided in this view since. Items that stand at `verdict` already are left alone.
    """
    lock_review(review)
    require(REVIEW_ACCESS, by, review)
    _require_open(review)
    _refuse_change(verdict)
    mine = at_once(review, chosen, verdict, by)
    refuse_uncommented_in(review, and_(mine, Item.verdict != verdict), verdict, comment)
    if review.is_joint:
        return _vote_in_view(review, chosen, verdict, comment, by)
    if _others_decided_since(seen, mine, by):
        raise Stale("Someone else decided in this view meanwhile. Nothing was changed.")
    took = seconds_of(by, opened)
    which = and_(mine, Item.verdict != verdict)
    bulk = _append_bulk(review, which, verdict, comment, took, by)
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
    if review.is_joint:
        mine = items_decided_by(by, review)
        count = take_votes_back(review, mine, bulk_id, undone, by)
    else:
        count_rows_anew(Item, Decision)  # PostgreSQL takes what it has not counted for one row
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
        **({} if review.is_joint else {"digest": digest_of_bulk(undone, review)}),
    )
    return count


def _vote_in_view(
    review: Review, chosen: Filter, verdict: Verdict, comment: str, by: Actor
) -> Bulk:
    """A vote on all in view."""
    bulk_id = secrets.token_hex(8)
    which = at_once(review, chosen, verdict, by)
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


def _refuse_change(verdict: Verdict) -> None:
    if verdict is Verdict.CHANGED:
        raise Invalid("Accounts are changed one by one: what goes is chosen for each.")


def _require_open(review: Review) -> None:
    if review.state is not ReviewState.IN_REVIEW:
        raise Stale(f"This review is {review.state.value}; it takes no decisions.")


def _others_decided_since(seen: int, mine: ColumnElement[bool], by: Actor) -> bool:
    newer = and_(mine, Item.decision_id > seen, Item.decided_by_id != by.person_id)
    return db.session.scalar(select(Item.id).where(newer).limit(1)) is not None


def _append_bulk(
    review: Review,
    which: ColumnElement[bool],
    verdict: Verdict,
    comment: str,
    took: float | None,
    by: Actor,
) -> Bulk:
    bulk_id = secrets.token_hex(8)
    to, said = literal(verdict, Item.verdict.type), _said_of_all(comment)
    facts = bulk_facts(review, to, said, How.BULK, bulk_id, by)
    append_decisions(select(Item.id, *facts).where(which), seconds=took)
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
            *bulk_facts(review, Decision.was, Decision.was_comment, How.UNDO, undone, by),
        )
        .join(Decision, Decision.id == Item.decision_id)
        .where(
            items_decided_by(by, review),
            Decision.review_id == review.id,
            Decision.bulk_id == bulk_id,
            Decision.by_person_id == by.person_id,
        )
    )
    append_decisions(query, takes=takes_stood_before())


def bulk_facts(
    review: Review, verdict: Any, comment: Any, how: How, bulk_id: str, by: Actor
) -> tuple[Any, ...]:
    """A step: all that a decision of a bulk is made of, after the id of its item."""
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
