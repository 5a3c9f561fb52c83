"""Closing reviews: sign-off by level, submission, cancelling, errors and relaunch."""

import hashlib

from sqlalchemy import and_, func, insert, literal, select, update

from policies.errors import IllegalMove, Invalid
from policies.lifecycle import (
    CAMPAIGN,
    CLOSED_REVIEWS,
    REVIEW,
    CampaignState,
    RemovalState,
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
from portal.models import Campaign, Item, Person, Remediation, Removal, Review, SignOff
from portal.queries.items import Progress, items_decided_by, progress_of
from portal.queries.reports import report_addresses
from portal.usecases.decisions import lateness_in, lock_review
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
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
    rejected = _refuse_unproven(review)
    review.state, review.submitted_at = state, clock.now()
    review.submitted_by_id = by.person_id
    statement = submit_statement(review.application.name, review.frozen["items"], rejected)
    record("review submitted", review, by=by, rejected=rejected, statement=statement)
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
        left = "1 account is" if progress.undecided == 1 else f"{progress.undecided:,} accounts are"
        raise IllegalMove(f"Cannot sign off yet: {left} undecided.")


def _keep_sign_off(review: Review, mine: object, progress: Progress, by: Actor) -> SignOff:
    person = db.session.get(Person, by.person_id)
    said = SignOff(
        review_id=review.id,
        level=review.level,
        person_id=by.person_id,
        person_title=person.title if person else "",
        statement=sign_off_statement(
            review.application.name, progress.total, progress.approved, progress.rejected
        ),
        items=progress.total,
        approved=progress.approved,
        rejected=progress.rejected,
        digest=digest_of_items(mine),
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


def advance_review(review: Review, by: Actor) -> None:
    """A step: on to the next level, to remediation, or to submission, once all have signed."""
    here = and_(Item.review_id == review.id, Item.level == review.level)
    if db.session.scalar(select(Item.id).where(here, Item.signed_off.is_(False)).limit(1)):
        return
    while review.level < review.levels:
        if _raise_level(review):
            record("level started", review, by=by, level=review.level)
            from portal.usecases.launching import invite_reviewers  # noqa: PLC0415  a cycle

            invite_reviewers(review, by=by)
            return
    review.signed_off_at = clock.now()
    rejected = _count_rejected(review)
    review.state = REVIEW.after(review.state, "remediate" if rejected else "clear")
    if rejected:
        _open_remediation(review, rejected, by)
    else:
        record("review cleared", review, by=by, rejected=0)


def _raise_level(review: Review) -> int:
    """Move what was approved up one level; rejection is final. Returns how many moved."""
    result = db.session.execute(
        update(Item)
        .where(
            Item.review_id == review.id,
            Item.level == review.level,
            Item.verdict == Verdict.APPROVED,
        )
        .values(
            level=review.level + 1,
            verdict=Verdict.UNDECIDED,
            signed_off=False,
            decided_by_id=None,
            decided_at=None,
            version=Item.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    review.level += 1
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def _count_rejected(review: Review) -> int:
    rejected = and_(Item.review_id == review.id, Item.verdict == Verdict.REJECTED)
    return db.session.scalar(select(func.count()).select_from(Item).where(rejected)) or 0


def _open_remediation(review: Review, rejected: int, by: Actor) -> None:
    db.session.add(Remediation(review_id=review.id, opened_at=clock.now()))
    action = literal(RemovalState.ACTION_REQUIRED, Removal.state.type)
    query = select(Item.id, Item.review_id, action, literal(""), literal(""), literal("")).where(
        Item.review_id == review.id, Item.verdict == Verdict.REJECTED
    )
    columns = ["item_id", "review_id", "state", "note", "noted_by", "found_status"]
    db.session.execute(insert(Removal).from_select(columns, query, include_defaults=False))
    record("remediation opened", review, by=by, rejected=rejected)
    ask_to_remove(review, "remediation", rejected, key=f"remediation:{review.id}", by=by)


def ask_to_remove(review: Review, kind: str, count: int, *, key: str, by: Actor) -> None:
    """Write to the remediation owner."""
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


def _refuse_unproven(review: Review) -> int:
    rejected, open_ = db.session.execute(
        select(
            func.count(),
            func.count().filter(Removal.state == RemovalState.ACTION_REQUIRED),
        ).where(Removal.review_id == review.id)
    ).one()
    undecided = db.session.scalar(
        select(Item.id)
        .where(Item.review_id == review.id, Item.verdict == Verdict.UNDECIDED)
        .limit(1)
    )
    if open_ or undecided or rejected != _count_rejected(review):
        raise IllegalMove("Cannot submit: rejected access is not verified to be gone yet.")
    return int(rejected)


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
