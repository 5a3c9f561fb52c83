"""Decisions on all in view: what one would touch; and what somebody can undo next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from policies.care import Comments, Needing
from policies.errors import Stale
from policies.filters import Filter
from policies.lifecycle import LOSING, Verdict
from policies.permissions import Actor
from policies.recommendations import OPPOSED
from portal.db import db
from portal.models import Decision, Item, Review, TrailLine
from portal.models.decision import How
from portal.queries.items import in_view, items_decided_by, items_seen_by

ONE_BY_ONE = (How.SINGLE, How.COMMENT)
ACCEPTED = "recommendations accepted"
VOTED = "view voted on"
VERBS = ("view approved", "view rejected", ACCEPTED, VOTED, "view restored")


@dataclass(frozen=True)
class LastBulk:
    """What was decided on how many, when, on which view in words."""

    id: str
    verdict: str
    count: int
    filter: str
    at: datetime


@dataclass(frozen=True)
class LastStep:
    """What somebody did last in a review and can undo: one decision, or a bulk of them."""

    words: str
    item_id: int = 0
    decision_id: int = 0
    bulk_id: str = ""


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
    verdict = facts["vote"] if line.verb == VOTED else line.verb.removeprefix("view ")
    if line.verb == ACCEPTED:
        verdict = "accepted the recommendations on"
    return LastBulk(facts["bulk"], verdict, facts["count"], facts["filter"], line.at)


def last_step(review: Review, actor: Actor) -> LastStep | None:
    """The latest decision of theirs that still stands, or the bulk that came after it."""
    one = db.session.execute(_last_single(review, actor)).first()
    bulk = last_bulk(review, actor)
    if bulk is not None and (one is None or bulk.at > one.decided_at):
        return LastStep(f"{bulk.count:,} {bulk.verdict} at once", bulk_id=bulk.id)
    if one is None:
        return None
    said = "withdrawn" if one.verdict is Verdict.UNDECIDED else one.verdict.value
    said = "comment" if one.how is How.COMMENT else said
    return LastStep(f"{one.label}, {said}", one.item_id, one.id)


def _last_single(review: Review, actor: Actor) -> Select[Any]:
    """Single decisions have no `bulk_id`, and lie together in the index by it, newest last."""
    columns: list[Any] = [Decision.id, Decision.item_id, Decision.verdict, Decision.how]
    return (
        select(*columns, Decision.decided_at, Item.label)
        .join(Item, Item.decision_id == Decision.id)
        .where(
            Decision.review_id == review.id,
            Decision.bulk_id.is_(None),
            Decision.by_person_id == actor.person_id,
            Decision.how.in_(ONE_BY_ONE),
            Item.id == Decision.item_id,
            Item.signed_off.is_(False),
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )


def seen_in(review: Review, picks: Mapping[int, int], actor: Actor) -> int:
    """The newest decision on the items picked, where each still is in the version looked at.

    Raises Stale where somebody changed one of them since.
    """
    rows = db.session.execute(
        select(Item.id, Item.version, Item.decision_id).where(
            Item.id.in_(picks), items_seen_by(actor, review)
        )
    ).all()
    changed = sum(picks[number] != version for number, version, _ in rows)
    if changed:
        which = "one of them" if changed == 1 else f"{changed:,} of them"
        raise Stale(f"Someone changed {which} meanwhile. Nothing was decided; look at them again.")
    return max((decision or 0 for *_, decision in rows), default=0)
