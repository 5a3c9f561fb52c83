"""Decisions on all in view: what one would touch, and the latest that can be undone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from policies.care import Comments, Needing
from policies.filters import Filter
from policies.lifecycle import LOSING, Verdict
from policies.permissions import Actor
from policies.recommendations import OPPOSED
from portal.db import db
from portal.models import Item, Review, TrailLine
from portal.queries.items import in_view, items_decided_by

ACCEPTED = "recommendations accepted"
VERBS = ("view approved", "view rejected", ACCEPTED, "view restored")


@dataclass(frozen=True)
class LastBulk:
    """What was decided on how many, when, on which view in words."""

    id: str
    verdict: str
    count: int
    filter: str
    at: datetime


def decidable_in_view(review: Review, chosen: Filter, actor: Actor) -> ColumnElement[bool]:
    """The items in view that `actor` may decide now."""
    return and_(in_view(review, chosen, actor), items_decided_by(actor, review))


def at_once(review: Review, chosen: Filter, verdict: Verdict, actor: Actor) -> ColumnElement[bool]:
    """Of these, what may be decided so on all in view: the campaign may want privileged access
    approved one by one."""
    mine = decidable_in_view(review, chosen, actor)
    if verdict is not Verdict.APPROVED or review.care.bulk_privileged:
        return mine
    return and_(mine, Item.is_privileged.is_(False))


def needing_comment(review: Review, verdict: Verdict) -> ColumnElement[bool]:
    """The items that the campaign wants a comment on, decided so (policies.care.why_needed)."""
    rule = review.care.rule_at(review.level)
    if rule.mode is not Comments.REQUIRED or verdict is Verdict.UNDECIDED:
        return false()
    if not rule.on or (Needing.REJECT in rule.on and verdict in LOSING):
        return true()
    privileged = Item.is_privileged if Needing.PRIVILEGED in rule.on else false()
    opposed = [advice for advice, against in OPPOSED.items() if against is verdict]
    wanted = Needing.AGAINST in rule.on and verdict is Verdict.APPROVED
    against = Item.recommendation.in_(opposed) if wanted else false()
    return or_(privileged, against)


def last_bulk(review: Review, actor: Actor) -> LastBulk | None:
    """This person's latest bulk decision in the review, unless they undid it."""
    line = db.session.scalar(
        select(TrailLine)
        .where(
            TrailLine.review_id == review.id,
            TrailLine.actor_id == actor.person_id,
            TrailLine.verb.in_(VERBS),
        )
        .order_by(TrailLine.id.desc())
        .limit(1)
    )
    if line is None or line.verb == "view restored":
        return None
    facts = line.details
    verdict = line.verb.removeprefix("view ")
    if line.verb == ACCEPTED:
        if "digest" not in facts:  # votes are taken back one by one
            return None
        verdict = "accepted the recommendations on"
    return LastBulk(facts["bulk"], verdict, facts["count"], facts["filter"], line.at)
