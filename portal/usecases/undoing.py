"""Undoing one decision: what stood before it stands again. Bulk decisions: decisions.py."""

from typing import Any

from sqlalchemy import select

from policies.errors import Stale
from policies.lifecycle import Verdict
from policies.permissions import DECIDE_ITEM, Actor, require
from portal import clock
from portal.db import db
from portal.models import Decision, Item
from portal.models.decision import How
from portal.queries.bulks import ONE_BY_ONE
from portal.queries.taking import takes_stood_before
from portal.usecases.appending import mark_taken
from portal.usecases.saying import lateness_in, lock_review
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def undo_decision(item: Item, *, decision_id: int, by: Actor) -> None:
    """Take one's own latest decision on an item back, by one more that says what stood before.

    Raises Stale where it does not stand any more, or was somebody else's.
    """
    lock_review(item.review)
    db.session.refresh(item)
    require(DECIDE_ITEM, by, item)
    undone = db.session.get(Decision, decision_id)
    if undone is None or item.decision_id != decision_id or not _is_own(undone, by):
        raise Stale("That does not stand any more. It is shown as it stands now.")
    again = Decision(
        item_id=item.id,
        review_id=item.review_id,
        level=item.level,
        verdict=undone.was,
        comment=undone.was_comment,
        was=item.verdict,
        was_comment=item.comment,
        how=How.UNDO,
        by_person_id=by.person_id,
        by_name=by.name,
        decided_at=clock.now(),
        takes=_takes_before(undone),
    )
    db.session.add(again)
    db.session.flush()
    _put_back(item, again)
    mark_taken(item.review, Decision.id == again.id)
    said = {"was": again.was, "now": again.verdict, "login": item.login}
    record("item restored", item, by=by, **said, **lateness_in(item.review))


def _takes_before(undone: Decision) -> Any:
    return db.session.scalar(select(takes_stood_before()).where(Decision.id == undone.id))


def _is_own(decision: Decision, by: Actor) -> bool:
    return decision.by_person_id == by.person_id and decision.how in ONE_BY_ONE


def _put_back(item: Item, decision: Decision) -> None:
    stands = decision.verdict is not Verdict.UNDECIDED
    item.verdict, item.comment = decision.verdict, decision.comment
    item.decided_by_id = decision.by_person_id if stands else None
    item.decided_at = decision.decided_at if stands else None
    item.decision_id = decision.id
    item.version += 1
