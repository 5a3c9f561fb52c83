"""Relaunching a review in error: as new, with decisions on unchanged items if wished."""

import secrets
from typing import Any

from sqlalchemy import and_, literal, select
from sqlalchemy.orm import aliased

from policies.lifecycle import REVIEW, Verdict
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Decision, Item, Review, Reviewer
from portal.models.decision import How
from portal.usecases.appending import append_decisions, apply_bulk
from portal.usecases.launching import invite_reviewers
from portal.usecases.saying import lock_review
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def relaunch_review(review: Review, *, carry_decisions: bool, by: Actor) -> Review:
    """Replace a review in error by a fresh one; the old one stays as cancelled.

    With `carry_decisions` the decisions on items that did not change are taken over once
    the new review is started.
    """
    require(RUN_CAMPAIGNS, by, review)
    lock_review(review)
    REVIEW.after(review.state, "relaunch")
    fresh = Review(
        campaign_id=review.campaign_id,
        application_id=review.application_id,
        levels=review.levels,
        remediation_owner_id=review.remediation_owner_id,
        relaunched_from_id=review.id if carry_decisions else None,
        reviewers=[
            Reviewer(level=r.level, person_id=r.person_id, basis=r.basis) for r in review.reviewers
        ],
    )
    db.session.add(fresh)
    review.state = REVIEW.after(review.state, "cancel")
    review.cancelled_reason = f"Relaunched after an error: {review.error}"
    record("review relaunched", review, by=by, why=review.error, carried=carry_decisions)
    record("review opened", fresh, by=by)
    invite_reviewers(fresh, by=by)
    return fresh


@usecase
def carry_decisions_over(review: Review, *, by: Actor) -> int:
    """Repeat, in a relaunched review, the decisions on accounts (or lines) that are as they were.

    Each is a decision row of its own ("carried over") in the name of whoever made it.
    Returns how many.
    """
    old, bulk_id = aliased(Item), secrets.token_hex(8)
    if review.is_joint:  # what several said together is said anew by all of them
        return 0
    query = (
        select(
            Item.id,
            literal(review.id),
            Item.level,
            old.verdict,
            old.comment,
            Item.verdict,
            Item.comment,
            literal(How.CARRIED, Decision.how.type),
            literal(bulk_id),
            Decision.by_person_id,
            Decision.by_name,
            literal(clock.now(), Decision.decided_at.type),
        )
        .join(old, and_(old.review_id == review.relaunched_from_id, *_unchanged(review, old)))
        .join(Decision, Decision.id == old.decision_id)
        .where(Item.review_id == review.id, old.verdict != Verdict.UNDECIDED, old.level == 1)
    )
    append_decisions(query, takes=Decision.takes)
    count = apply_bulk(review, bulk_id)
    record("decisions carried over", review, by=by, bulk=bulk_id, count=count)
    return count


def _unchanged(review: Review, old: Any) -> tuple[Any, ...]:
    held = ("entitlement_kind", "entitlement") if review.by_entitlement else ("roles",)
    same = ("account_id", *held, "status", "department", "title", "is_past", "is_external")
    return tuple(getattr(old, key) == getattr(Item, key) for key in same)
