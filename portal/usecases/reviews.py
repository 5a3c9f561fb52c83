"""Closing reviews: sign-off by level, submission, cancelling, errors and relaunch."""

import hashlib

from sqlalchemy import ColumnElement, and_, select, update

from policies.errors import IllegalMove, Invalid
from policies.lifecycle import (
    CAMPAIGN,
    CLOSED_REVIEWS,
    REVIEW,
    CampaignState,
    ReviewState,
    Verdict,
)
from policies.permissions import (
    RUN_CAMPAIGNS,
    SIGN_OFF_REVIEW,
    SUBMIT_REVIEW,
    SYSTEM,
    Actor,
    require,
)
from policies.statements import sign_off_statement, submit_statement
from portal import clock
from portal.db import db
from portal.models import Campaign, Item, Person, Removal, Review, SignOff
from portal.queries.care import sample_for
from portal.queries.items import Progress, items_decided_by, progress_of
from portal.queries.removals import Asked, sizes_of, still_open
from portal.queries.reports import report_addresses
from portal.usecases.letters import write_letter
from portal.usecases.levels import advance_review
from portal.usecases.removals import count_losing
from portal.usecases.saying import lateness_in, lock_review
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def sign_off(review: Review, *, by: Actor) -> SignOff:
    """Close `by`'s part of the present level. IllegalMove while one item is undecided."""
    require(SIGN_OFF_REVIEW, by, review)
    lock_review(review)
    mine = items_decided_by(by, review)
    progress = progress_of(mine)
    _refuse_unfinished(review, progress)
    if sample_for(review, by).blocks:
        raise IllegalMove("Cannot sign off yet: look again at what was drawn by lot first.")
    said = _keep_sign_off(review, mine, progress, by)
    db.session.execute(
        update(Item)
        .where(Item.id.in_(select(Item.id).where(mine)))
        .values(signed_off=True)
        .execution_options(synchronize_session=False)
    )
    record(
        "review signed off",
        review,
        by=by,
        level=review.level,
        items=said.items,
        approved=said.approved,
        rejected=said.rejected,
        changed=said.changed,
        digest=said.digest,
        statement=said.statement,
        **lateness_in(review),
    )
    advance_review(review, by)
    return said


@usecase
def submit_review(review: Review, *, by: Actor) -> None:
    """Finish the review. Impossible while one rejected account is active or one item undecided."""
    require(SUBMIT_REVIEW, by, review)
    lock_review(review)
    state = REVIEW.after(review.state, "submit")
    gone = _refuse_unproven(review)
    review.state, review.submitted_at = state, clock.now()
    review.submitted_by_id = by.person_id
    name, items = review.application.name, review.lines
    by_line = review.by_entitlement
    statement = submit_statement(name, items, gone.whole, gone.part, by_entitlement=by_line)
    told = gone.as_details(by_entitlement=by_line)
    record("review submitted", review, by=by, **told, statement=statement)
    report_on(review, by)
    complete_if_done(review.campaign, by)


@usecase
def cancel_review(review: Review, reason: str, *, by: Actor) -> None:
    """Take one review out of its campaign; what was decided in it stays in the evidence."""
    require(RUN_CAMPAIGNS, by, review)
    lock_review(review)
    if not reason.strip():
        raise Invalid("Say why the review is cancelled; the reason is kept in the evidence.")
    review.state = REVIEW.after(review.state, "cancel")
    review.cancelled_reason = reason.strip()
    record("review cancelled", review, by=by, why=review.cancelled_reason)
    complete_if_done(review.campaign, by)


@usecase
def fail_review(review: Review, reason: str, *, by: Actor = SYSTEM) -> None:
    """The review cannot go on (its source is gone, say). An admin may relaunch it."""
    lock_review(review)
    review.state = REVIEW.after(review.state, "fail")
    review.error = reason
    record("review failed", review, by=by, why=reason)
    campaign = review.campaign
    if campaign.owner:
        write_letter(
            "attention",
            campaign.owner,
            key=f"failed:{review.id}:{clock.now():%Y%m%d%H%M%S}",
            about=review,
            by=by,
            campaign=campaign.name,
            what=f"the review of {review.application.name} stopped: {reason}",
        )


def _refuse_unfinished(review: Review, progress: Progress) -> None:
    if review.state is not ReviewState.IN_REVIEW:
        raise IllegalMove(f"Cannot sign off this review: it is {review.state.value}.")
    if not progress.total:
        raise IllegalMove("Nothing here is left for you to sign off.")
    if progress.undecided:
        noun = review.noun
        left = f"1 {noun} is" if progress.undecided == 1 else f"{progress.undecided:,} {noun}s are"
        raise IllegalMove(f"Cannot sign off yet: {left} undecided.")


def _keep_sign_off(
    review: Review, mine: ColumnElement[bool], progress: Progress, by: Actor
) -> SignOff:
    """The statement is as it was read, planted accounts among the rest; what is counted, and what
    the digest covers, is the real access."""
    person = db.session.get(Person, by.person_id)
    theirs = and_(mine, ~Item.is_planted)
    real = progress_of(theirs) if review.frozen.get("planted") else progress
    said = SignOff(
        review_id=review.id,
        level=review.level,
        person_id=by.person_id,
        person_title=person.title if person else "",
        statement=sign_off_statement(
            review.application.name, *progress.signed, by_entitlement=review.by_entitlement
        ),
        items=real.total,
        approved=real.approved,
        rejected=real.rejected,
        changed=real.changed,
        digest=digest_of_items(theirs),
        method=by.method,
        signed_at=clock.now(),
    )
    db.session.add(said)
    db.session.flush()
    return said


def digest_of_items(items: object) -> str:
    """A step: SHA-256 over "item id, verdict, decision id" lines, in ascending order of item id."""
    rows = db.session.execute(
        select(Item.id, Item.verdict, Item.decision_id)
        .where(items)  # type: ignore[arg-type]  # a condition
        .order_by(Item.id)
        .execution_options(yield_per=5000)
    )
    sha = hashlib.sha256()
    for item_id, verdict, decision_id in rows:
        sha.update(f"{item_id}\t{verdict.value}\t{decision_id}\n".encode())
    return sha.hexdigest()


def _refuse_unproven(review: Review) -> Asked:
    """What was to be removed, all of which is proven to be."""
    asked, left = sizes_of(Removal.review_id == review.id), sizes_of(*still_open(review))
    undecided = db.session.scalar(
        select(Item.id)
        .where(Item.review_id == review.id, Item.verdict == Verdict.UNDECIDED)
        .limit(1)
    )
    if left.total or undecided or asked.total != count_losing(review):
        raise IllegalMove("Cannot submit: rejected access is not verified to be gone yet.")
    return asked


def report_on(review: Review, by: Actor) -> None:
    """A step: have the report of a review made that has ended."""
    from portal.usecases.reports import request_report  # noqa: PLC0415  a cycle

    request_report(review.campaign, "review", review, by=by)


def complete_if_done(campaign: Campaign, by: Actor) -> None:
    """A step: the campaign ends with the last of its reviews; as expired, where one of them did."""
    states = {review.state for review in campaign.reviews}
    if campaign.state is not CampaignState.ACTIVE or not states <= CLOSED_REVIEWS:
        return
    expired = sum(review.state is ReviewState.EXPIRED for review in campaign.reviews)
    campaign.state = CAMPAIGN.after(campaign.state, "expire" if expired else "complete")
    campaign.ended_at = clock.now()
    word = campaign.state.value
    record(f"campaign {word}", campaign, by=by, reviews=len(campaign.reviews), expired=expired)
    report_on_campaign(campaign, by)


def report_on_campaign(campaign: Campaign, by: Actor) -> None:
    """A step: have the campaign's evidence made, and tell its owner."""
    from portal.usecases.reports import request_report  # noqa: PLC0415  a cycle

    made = [request_report(campaign, kind, by=by) for kind in ("campaign", "pack")]
    if campaign.owner:
        write_letter(
            "completed",
            campaign.owner,
            key=f"completed:{campaign.id}",
            about=campaign,
            by=by,
            campaign=campaign.name,
            reports=report_addresses(made),
        )
