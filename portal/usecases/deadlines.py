"""When the due date comes: told ahead, then done to what is undecided as the campaign says.

Everything here may happen twice, or be cut short between any two steps: what is done is in the
rows, and each step looks at them again with the review and the campaign locked.
"""

import secrets
from typing import Any

from sqlalchemy import and_, literal, null, select, update

from policies.deadlines import (
    NOBODY,
    Undecided,
    came_to_pass,
    closed_statement,
    expired_reason,
    in_zone,
    rejected_note,
)
from policies.lifecycle import REVIEW, ReviewState, Verdict
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Campaign, Decision, Item, Review, SignOff
from portal.models.decision import How
from portal.models.person import Standing
from portal.queries.deadlines import (
    ends_at,
    foretold_of,
    is_to_be_ended,
    open_in,
    open_reviews_in,
    rule_of,
    undecided_in,
    undecided_items,
)
from portal.queries.items import items_of, progress_of
from portal.queries.owed import Owed, owed_in, tasks_by_person
from portal.queries.reviews import data_check
from portal.usecases.appending import append_decisions, apply_bulk, digest_of_bulk
from portal.usecases.bulk import count_rows_anew
from portal.usecases.freezing import start_review
from portal.usecases.letters import Draft, write_letter, write_letters
from portal.usecases.levels import advance_review
from portal.usecases.reviews import (
    complete_if_done,
    digest_of_items,
    fail_review,
    report_on,
)
from portal.usecases.saying import lock_review
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def foretell_deadline(campaign: Campaign, *, by: Actor) -> None:
    """Tell the campaign's owner, and whoever still owes something, what the due date will do."""
    require(RUN_CAMPAIGNS, by, campaign)
    db.session.refresh(campaign, with_for_update={"of": Campaign})
    if campaign.warned_for == campaign.due_at:
        return
    campaign.warned_for, campaign.warned_at = campaign.due_at, clock.now()
    left = open_in(campaign)
    what = foretold_of(campaign, left)
    record("due date announced", campaign, by=by, due_at=campaign.due_at, said=what)
    if not left.reviews:
        return
    owing = tasks_by_person(owed_in([campaign]))
    own = owing.pop(campaign.owner, []) if campaign.owner else []
    drafts = [_warning(campaign, owed, what) for owed in owing.values()]
    write_letters("deadline-ahead", drafts, by=by)
    _warn_owner(campaign, own, what, by)


@usecase
def settle_deadline(campaign: Campaign, *, by: Actor) -> None:
    """The due date has passed: from now on the campaign's rule holds for what is undecided."""
    require(RUN_CAMPAIGNS, by, campaign)
    db.session.refresh(campaign, with_for_update={"of": Campaign})
    if campaign.settled_for == campaign.due_at or clock.now() <= campaign.due_at:
        return
    campaign.settled_for, campaign.settled_at = campaign.due_at, clock.now()
    left, rule = open_in(campaign), rule_of(campaign)
    what = came_to_pass(rule, left)
    record(
        "due date passed",
        campaign,
        by=by,
        due_at=campaign.due_at,
        rule=rule,
        undecided=left.accounts,
        reviews=left.reviews,
        said=what,
    )
    if campaign.owner and left.reviews:
        write_letter(
            "attention",
            campaign.owner,
            key=f"{_key(campaign)}:passed",
            about=campaign,
            by=by,
            campaign=campaign.name,
            what=f"the due date has passed; {what}",
        )


@usecase
def end_by_rule(review: Review, *, by: Actor) -> None:
    """Do to a review what its campaign says of undecided items, if it still applies."""
    require(RUN_CAMPAIGNS, by, review)
    lock_review(review)
    db.session.refresh(review.campaign, with_for_update={"of": Campaign})
    if not is_to_be_ended(review):
        return
    if review.campaign.undecided is Undecided.EXPIRE:
        _expire(review, by)
        return
    if review.state is ReviewState.PENDING and not _is_started(review, by):
        return
    while review.state is ReviewState.IN_REVIEW:
        _close_level(review, by)


def _expire(review: Review, by: Actor) -> None:
    planted = progress_of(and_(undecided_items(review), Item.is_planted)).total
    items, left = review.lines, undecided_in([review]) - planted
    why = expired_reason(_when(review.campaign), left, items, review.noun)
    was, review.state = review.error, REVIEW.after(review.state, "expire")
    review.cancelled_reason = f"{why} Before that: {was}" if was else why
    record("review expired", review, by=by, why=review.cancelled_reason, undecided=left)
    report_on(review, by)
    complete_if_done(review.campaign, by)


def _is_started(review: Review, by: Actor) -> bool:
    """Nobody has begun it: its list as it is now is frozen, if that is fresh; else it fails."""
    check = data_check(review)
    if check.passed:
        start_review(review, by=by)
        return True
    said = " ".join(finding.says for finding in check.findings if not finding.ok)
    when = _when(review.campaign)
    fail_review(review, f"Nobody had started it by {when}, and its list is no use: {said}", by=by)
    return False


def _close_level(review: Review, by: Actor) -> None:
    """Reject what is undecided at this level, close the level, and go on to the next."""
    here = and_(items_of(review), Item.level == review.level, Item.signed_off.is_(False))
    undecided = and_(here, Item.verdict == Verdict.UNDECIDED)
    ruled = progress_of(and_(undecided, ~Item.is_planted)).total
    _reject(review, undecided, by)
    if db.session.scalar(select(Item.id).where(here).limit(1)):
        _close(review, here, ruled, by)
    advance_review(review, by)


def _reject(review: Review, which: Any, by: Actor) -> None:
    bulk_id, note = secrets.token_hex(8), rejected_note(_when(review.campaign))
    facts = (
        literal(review.id),
        Item.level,
        literal(Verdict.REJECTED, Item.verdict.type),
        literal(note),
        Item.verdict,
        Item.comment,
        literal(How.POLICY, Decision.how.type),
        literal(bulk_id),
        null(),
        literal(NOBODY),
        literal(clock.now(), Decision.decided_at.type),
    )
    append_decisions(select(Item.id, *facts).where(which))
    count_rows_anew(Decision)
    count = apply_bulk(review, bulk_id)
    if count:
        digest = digest_of_bulk(bulk_id, review)
        said = {"bulk": bulk_id, "count": count, "digest": digest}
        record("undecided items rejected", review, by=by, why=note, **said)


def _close(review: Review, here: Any, ruled: int, by: Actor) -> None:
    """What stands where a sign-off would: nobody's, so that what was rejected can be removed."""
    real = and_(here, ~Item.is_planted)
    found = progress_of(real)
    said = SignOff(
        review_id=review.id,
        level=review.level,
        person_id=None,
        statement=closed_statement(_when(review.campaign), found.total, ruled, review.noun),
        items=found.total,
        approved=found.approved,
        rejected=found.rejected,
        changed=found.changed,
        digest=digest_of_items(real),
        method="rule of the campaign",
        signed_at=clock.now(),
    )
    db.session.add(said)
    db.session.execute(
        update(Item)
        .where(here)
        .values(signed_off=True)
        .execution_options(synchronize_session=False)
    )
    keys = ("level", "items", "approved", "rejected", "changed", "digest", "statement")
    details = {key: getattr(said, key) for key in keys}
    record("review closed by rule", review, by=by, ruled=ruled, **details)


def _warning(campaign: Campaign, owed: list[Owed], what: str) -> Draft:
    tasks = "\n".join(f"- {each.in_words}" for each in owed)
    facts = {"campaign": campaign.name, "due": _end(campaign), "what": what, "tasks": tasks}
    person = owed[0].person
    return Draft(person, f"{_key(campaign)}:{person.id}", campaign, to_tasks=True, facts=facts)


def _warn_owner(campaign: Campaign, own: list[Owed], what: str, by: Actor) -> None:
    """Whoever runs the campaign hears of all that is open in it, and of their own part first."""
    owner = campaign.owner
    if owner is None or owner.standing is Standing.PAST:
        return
    tasks = [f"Yours: {each.in_words}" for each in own]
    tasks += [each.in_words for each in open_reviews_in(campaign)]
    write_letter(
        "deadline-ahead",
        owner,
        key=f"{_key(campaign)}:run",
        about=campaign,
        by=by,
        campaign=campaign.name,
        due=_end(campaign),
        what=what,
        tasks="\n".join(f"- {each}" for each in tasks),
    )


def _key(campaign: Campaign) -> str:
    return f"deadline:{campaign.id}:{campaign.due_at:%Y%m%d%H%M%S}"


def _end(campaign: Campaign) -> str:
    """The due date as the letters call it; once it has passed, when its rule acts."""
    passed = clock.now() > campaign.due_at
    return in_zone(ends_at(campaign) if passed else campaign.due_at, campaign.zone)


def _when(campaign: Campaign) -> str:
    return in_zone(campaign.due_at, campaign.zone)
