"""One decision on one item, and what every decision begins with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from policies.care import refuse_uncommented
from policies.errors import Invalid, Stale
from policies.lifecycle import Verdict
from policies.permissions import DECIDE_ITEM, Actor, require
from policies.recommendations import is_against
from portal import clock
from portal.db import db
from portal.models import Decision, Item, Review
from portal.models.decision import How
from portal.queries.pace import seconds_of
from portal.usecases.appending import mark_taken
from portal.usecases.trail import record

LONGEST_COMMENT = 2000


def prepare_item(item: Item, version: int, by: Actor) -> None:
    """A step: alone with the item, which is theirs to decide and is as they saw it."""
    lock_review(item.review)
    db.session.refresh(item)
    require(DECIDE_ITEM, by, item)
    if item.version != version:
        raise Stale(_changed_by(item))


def say_of_item(
    item: Item,
    verdict: Verdict,
    comment: str,
    takes: Sequence[str],
    opened: datetime | None,
    by: Actor,
) -> Decision:
    """A step: one more decision on an item, put onto it and told."""
    word, how = _what_it_is(item, verdict, comment)
    check_said(item, verdict, comment)
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
        takes=list(takes),
        seconds=seconds_of(by, opened),
    )
    db.session.add(decision)
    db.session.flush()
    _put(item, decision)
    said: dict[str, Any] = {"was": decision.was, "comment": comment, "login": item.login}
    said |= {"takes": list(takes)} if takes else {}
    record(f"item {word}", item, by=by, **said, **lateness_in(item.review))
    return decision


def check_said(item: Item, verdict: Verdict, comment: str) -> None:
    """A step: CommentMissing where the campaign wants this decision explained."""
    rule = item.review.care.rule_at(item.level)
    opposed = is_against(item.recommendation, verdict)
    privileged = item.is_privileged
    refuse_uncommented(rule, verdict, comment, is_privileged=privileged, is_against=opposed)


def lock_review(review: Review) -> None:
    """Take turns: what follows in this transaction is alone in this review."""
    db.session.refresh(review, with_for_update={"of": Review})


def lateness_in(review: Review) -> dict[str, Any]:
    """A step: what the trail says besides, where the due date has passed."""
    return {"late": True} if review.campaign.is_late else {}


def checked_comment(comment: str) -> str:
    """A step: the comment as it is kept; Invalid where it is too long."""
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(f"The comment is too long: {LONGEST_COMMENT:,} characters at most.")
    return comment.strip()


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
    mark_taken(item.review, Decision.id == decision.id)


def _changed_by(item: Item) -> str:
    who = item.decided_by.name if item.decided_by else "Someone"
    when: datetime | None = item.decided_at
    at = f" at {when:%H:%M} UTC" if when else ""
    return f"{who} changed this{at}. It is shown as it stands now; yours was not saved."
