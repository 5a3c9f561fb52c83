"""Deciding as recommended: all in view that nobody has decided yet."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, literal, select

from policies.errors import Stale
from policies.filters import Filter
from policies.lifecycle import ReviewState
from policies.permissions import REVIEW_ACCESS, Actor, require
from policies.recommendations import FOLLOWED
from portal.models import Item, Review
from portal.models.decision import How
from portal.queries.accepting import Acceptances, acceptable, acceptances
from portal.queries.items import fields_of
from portal.queries.pace import seconds_of
from portal.usecases.appending import append_decisions, apply_bulk, digest_of_bulk
from portal.usecases.caring import refuse_uncommented_in
from portal.usecases.decisions import Bulk, bulk_facts
from portal.usecases.saying import checked_comment, lateness_in, lock_review
from portal.usecases.trail import record
from portal.usecases.unit import usecase
from portal.usecases.voting import vote_on_all


@usecase
def accept_recommendations(
    review: Review,
    chosen: Filter,
    *,
    comment: str = "",
    seen: int,
    opened: datetime | None = None,
    by: Actor,
) -> Bulk:
    """Decide as recommended what is in view, undecided and `by`'s to decide.

    What is privileged is never approved so. `seen` is how many the confirmation counted; Stale
    where there are others by now. CommentMissing where the campaign wants some of it explained.
    It is undone as any decision on all in view.
    """
    lock_review(review)
    require(REVIEW_ACCESS, by, review)
    counts = _confirmed(review, chosen, seen, by)
    bulk = Bulk(secrets.token_hex(8), counts.total)
    _refuse_uncommented(review, chosen, comment, by)
    said, took = checked_comment(comment), seconds_of(by, opened)
    if review.is_joint:
        _vote(review, chosen, said, bulk.id, by)
    else:
        _decide(review, chosen, said, bulk.id, took, by)
    record(
        "recommendations accepted",
        review,
        by=by,
        bulk=bulk.id,
        count=bulk.count,
        approved=counts.approved,
        rejected=counts.rejected,
        filter=chosen.in_words(fields_of(review)) or "everything",
        comment=comment,
        **({} if review.is_joint else {"digest": digest_of_bulk(bulk.id, review)}),
        **lateness_in(review),
    )
    return bulk


def _confirmed(review: Review, chosen: Filter, seen: int, by: Actor) -> Acceptances:
    """What there is to accept, if it is as many as the confirmation said; else Stale."""
    if review.state is not ReviewState.IN_REVIEW:
        raise Stale(f"This review is {review.state.value}; it takes no decisions.")
    counts = acceptances(review, chosen, by)
    if not counts.total or counts.total != seen:
        raise Stale("What there is to accept changed meanwhile. Nothing was decided.")
    return counts


def _refuse_uncommented(review: Review, chosen: Filter, comment: str, by: Actor) -> None:
    for key, verdict in FOLLOWED.items():
        these = and_(acceptable(review, chosen, by), Item.recommendation == key)
        refuse_uncommented_in(review, these, verdict, comment)


def _decide(
    review: Review, chosen: Filter, comment: str, bulk_id: str, took: float | None, by: Actor
) -> None:
    verdicts = [(Item.recommendation == key, verdict) for key, verdict in FOLLOWED.items()]
    kind = Item.verdict.type
    to: Any = case(*((when, literal(verdict, kind)) for when, verdict in verdicts))
    said: Any = literal(comment) if comment else Item.comment
    facts = bulk_facts(review, to, said, How.BULK, bulk_id, by)
    which = acceptable(review, chosen, by)
    append_decisions(select(Item.id, *facts).where(which), seconds=took)
    apply_bulk(review, bulk_id)


def _vote(review: Review, chosen: Filter, comment: str, bulk_id: str, by: Actor) -> None:
    which = acceptable(review, chosen, by)
    for nth, (key, verdict) in enumerate(FOLLOWED.items()):  # each of them is settled by its id
        these = and_(which, Item.recommendation == key)
        vote_on_all(review, these, verdict, comment, f"{bulk_id}-{nth}" if nth else bulk_id, by)
