"""Asking for the removal of what was rejected, as soon as its level is signed off."""

from sqlalchemy import ColumnElement, and_, func, insert, literal, select

from policies.lifecycle import RemovalState, Verdict
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Item, Remediation, Removal, Review
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
from portal.usecases.trail import record


def open_removals(review: Review, by: Actor) -> int:
    """A step: ask for the removal of what was rejected and is not asked for yet.

    Returns how much access of this review is still to be removed.
    """
    if review.remediation is None and count_rejected(review):
        db.session.add(Remediation(review_id=review.id, opened_at=clock.now()))
        db.session.flush()
        db.session.expire(review, ["remediation"])
    if rejected := _add_removals(review):
        record("remediation opened", review, by=by, rejected=rejected, level=review.level)
        key = f"remediation:{review.id}:{_count(Removal.review_id == review.id)}"
        ask_to_remove(review, "remediation", rejected, key=key, by=by)
    open_ = Removal.state == RemovalState.ACTION_REQUIRED
    return _count(and_(Removal.review_id == review.id, open_))


def ask_to_remove(review: Review, kind: str, count: int, *, key: str, by: Actor) -> None:
    """A step: write to the remediation owner."""
    owner = review.remediation_owner
    if owner:
        write_letter(
            kind,
            owner,
            key=key,
            link=write_link(owner, "tasks", review=review, by=by),
            about=review,
            by=by,
            application=review.application.name,
            campaign=review.campaign.name,
            count="1 account" if count == 1 else f"{count:,} accounts",
        )


def count_rejected(review: Review) -> int:
    """A step: how many of its items stand rejected."""
    rejected = and_(Item.review_id == review.id, Item.verdict == Verdict.REJECTED)
    return db.session.scalar(select(func.count()).select_from(Item).where(rejected)) or 0


def _count(which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(Removal).where(which)) or 0


def _add_removals(review: Review) -> int:
    action = literal(RemovalState.ACTION_REQUIRED, Removal.state.type)
    moment = literal(clock.now(), Removal.opened_at.type)
    empty = (literal(""), literal(""), literal(""))
    query = select(Item.id, Item.review_id, action, moment, *empty).where(
        Item.review_id == review.id,
        Item.verdict == Verdict.REJECTED,
        Item.signed_off,
        Item.id.not_in(select(Removal.item_id).where(Removal.review_id == review.id)),
    )
    columns = ["item_id", "review_id", "state", "opened_at", "note", "noted_by", "found_status"]
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    db.session.execute(insert(Removal).from_select(columns, query, include_defaults=False))
    return count
