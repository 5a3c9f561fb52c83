"""Decisions on all in view: what one would touch, and the latest that can be undone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select

from policies.filters import Filter
from policies.permissions import Actor
from portal.db import db
from portal.models import Review, TrailLine
from portal.queries.items import in_view, items_decided_by

VERBS = ("view approved", "view rejected", "view restored")


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
    return LastBulk(facts["bulk"], verdict, facts["count"], facts["filter"], line.at)
