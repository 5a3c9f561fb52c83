"""Asking for the removal of what was rejected, as soon as its level is signed off."""

from datetime import datetime

from sqlalchemy import and_, func, insert, literal, or_, select, update

from policies.lifecycle import LOSING, RemovalState, Verdict
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Decision, Item, ItemGrant, Remediation, Removal, Review
from portal.queries.removals import Asked, sizes_of, still_open
from portal.queries.taking import losing
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
from portal.usecases.trail import record


def open_removals(review: Review, by: Actor) -> int:
    """A step: ask for the removal of what was rejected, or is to be left with less, and is not
    asked for yet.

    Returns how much access of this review is still to be removed.
    """
    if review.remediation is None and count_losing(review):
        db.session.add(Remediation(review_id=review.id, opened_at=clock.now()))
        db.session.flush()
        db.session.expire(review, ["remediation"])
    before = sizes_of(Removal.review_id == review.id)
    moment = clock.now()
    _ask_for_more(review, moment)
    if review.by_entitlement:
        _take_what_was_rejected(review)
    _add_removals(review, moment)
    asked = sizes_of(Removal.review_id == review.id, Removal.opened_at == moment)
    if asked.total:
        told = asked.as_details(by_entitlement=review.by_entitlement)
        record("remediation opened", review, by=by, **told, level=review.level)
        key = f"remediation:{review.id}:{before.total + asked.total}"
        ask_to_remove(review, "remediation", asked, key=key, by=by)
    return sizes_of(*still_open(review)).total


def ask_to_remove(review: Review, kind: str, asked: Asked, *, key: str, by: Actor) -> None:
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
            count=asked.in_words(by_entitlement=review.by_entitlement),
        )


def count_losing(review: Review) -> int:
    """A step: how many of its items stand rejected, or are to be left with less."""
    either = or_(Item.verdict.in_(LOSING), Item.is_reduced)
    mine = and_(Item.review_id == review.id, ~Item.is_planted)
    query = select(func.count()).select_from(Item).where(mine, either)
    return db.session.scalar(query) or 0


def _ask_for_more(review: Review, moment: datetime) -> None:
    """What a level below reduced may lose more above, or all of it: then that is asked for anew."""
    more = (
        select(Decision.verdict)
        .join(Item, Item.decision_id == Decision.id)
        .where(
            Item.id == Removal.item_id,
            Decision.verdict.in_(LOSING),
            Decision.decided_at > Removal.opened_at,
        )
        .correlate(Removal)
        .scalar_subquery()
    )
    db.session.execute(
        update(Removal)
        .where(Removal.review_id == review.id, Removal.is_whole.is_(False), more.is_not(None))
        .values(
            is_whole=more == Verdict.REJECTED,
            state=RemovalState.ACTION_REQUIRED,
            opened_at=moment,
            found_status="",
            checked_at=None,
            sync_id=None,
            verified_at=None,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def _take_what_was_rejected(review: Review) -> None:
    """A rejected line is one grant that goes; the account keeps the others."""
    rejected = select(Item.id).where(Item.review_id == review.id, losing())
    db.session.execute(
        update(ItemGrant)
        .where(ItemGrant.item_id.in_(rejected), ItemGrant.taken_at.is_(None))
        .values(taken_at=review.level)
        .execution_options(synchronize_session=False)
    )


def _add_removals(review: Review, moment: datetime) -> None:
    action = literal(RemovalState.ACTION_REQUIRED, Removal.state.type)
    opened = literal(moment, Removal.opened_at.type)
    empty = (literal(""), literal(""), literal(""))
    whole = and_(Item.verdict == Verdict.REJECTED, Item.entitlement == "")
    query = select(Item.id, Item.review_id, action, whole, opened, *empty).where(
        Item.review_id == review.id,
        losing(),
        Item.id.not_in(select(Removal.item_id).where(Removal.review_id == review.id)),
    )
    columns = ["item_id", "review_id", "state", "is_whole", "opened_at"]
    columns += ["note", "noted_by", "found_status"]
    db.session.execute(insert(Removal).from_select(columns, query, include_defaults=False))
