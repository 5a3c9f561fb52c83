"""A second look: drawing some of one's approvals by lot, and saying what they are worth."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from policies.errors import IllegalMove, Invalid
from policies.lifecycle import Verdict
from policies.lots import drawn
from policies.permissions import SIGN_OFF_REVIEW, Actor, require
from portal import clock
from portal.db import db
from portal.models import Glance, Item, Review, SecondLook
from portal.queries.care import approvals_of, sample_for
from portal.queries.items import items_decided_by, progress_of
from portal.usecases.saying import lock_review, prepare_item, say_of_item
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def draw_second_look(review: Review, *, by: Actor) -> SecondLook:
    """Draw as many of `by`'s approvals as the campaign wants looked at again.

    Once everything is decided, and anew where more was approved since. The lots are drawn only
    now, so that nobody knows beforehand which it will be.
    """
    require(SIGN_OFF_REVIEW, by, review)
    lock_review(review)
    sample = sample_for(review, by)
    if not sample.is_due:
        raise Invalid("There is nothing to look at again.")
    if progress_of(items_decided_by(by, review)).undecided:
        raise IllegalMove("Decide everything first; then some of it is drawn by lot.")
    mine = select(Item.id, Item.decision_id).where(approvals_of(review, by)).order_by(Item.id)
    stood = dict(db.session.execute(mine).all())
    seed = secrets.token_hex(16)
    look = SecondLook(
        review_id=review.id,
        level=review.level,
        person_id=by.person_id,
        seed=seed,
        population=len(stood),
        digest=hashlib.sha256("\n".join(map(str, stood)).encode()).hexdigest(),
        items=[[number, stood[number]] for number in drawn(seed, stood, sample.size)],
        drawn_at=clock.now(),
    )
    db.session.add(look)
    db.session.flush()
    told: dict[str, Any] = {"seed": seed, "population": look.population, "digest": look.digest}
    record("second look opened", review, by=by, look=look.id, items=look.items, **told)
    return look


@usecase
def look_again(
    review: Review, said: Mapping[int, Verdict], comments: Mapping[int, str], *, by: Actor
) -> int:
    """What they say now of accounts that were drawn: APPROVED keeps it, REJECTED takes it away,
    UNDECIDED opens it again. Returns how many are left to look at."""
    require(SIGN_OFF_REVIEW, by, review)
    lock_review(review)
    sample = sample_for(review, by)
    if sample.look is None:
        raise Invalid("Nothing was drawn yet.")
    for item in [each for each in sample.left if each.id in said]:
        _glance(sample.look, item, said[item.id], comments.get(item.id, ""), by)
    db.session.flush()
    return len(sample_for(review, by).left)


def _glance(look: SecondLook, item: Item, verdict: Verdict, comment: str, by: Actor) -> None:
    if verdict is Verdict.CHANGED:
        raise Invalid("Open the account again to take something away from it.")
    if verdict is not item.verdict:
        prepare_item(item, item.version, by)
        say_of_item(item, verdict, comment, [], look.drawn_at, by)
    db.session.add(Glance(look_id=look.id, item_id=item.id, verdict=verdict, at=clock.now()))
    record("looked again", item, by=by, look=look.id, now=verdict.value, login=item.login)
