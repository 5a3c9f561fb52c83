"""Keeping tallies: what was counted of a campaign is written where it changed."""

from typing import Any

from sqlalchemy import delete, insert, select, update

from portal import clock
from portal.db import db
from portal.models import CampaignTally, ReviewerTally
from portal.queries.counting import Count, Parts
from portal.usecases.unit import bookkeeping

NOTHING: dict[str, Any] = {
    "reviews": 0,
    "review_id": None,
    "items": 0,
    "left": 0,
    "single": 0,
    "bulk": 0,
    "pace": -1.0,
    "rejected": 0,
    "changed": 0,
    "against": 0,
    "privileged": 0,
    "removals": 0,
    "overdue": 0,
    "last_at": None,
}


@bookkeeping
def keep_count(campaign_id: int, count: Count) -> None:
    """Put what was counted in place of what was known, unless somebody counted later than that."""
    known = db.session.get(CampaignTally, campaign_id, with_for_update=True)
    if known and known.trail_id > count.trail_id:
        return
    if known is None:
        known = CampaignTally(campaign_id=campaign_id)
        db.session.add(known)
    known.trail_id, known.total, known.done = count.trail_id, count.total, count.done
    known.days, known.unassigned, known.counted_at = count.days, count.unassigned, clock.now()
    _keep_people(campaign_id, count.people)


def _keep_people(campaign_id: int, people: Parts) -> None:
    """A person's row keeps its id, so that a page in the middle of the list stays where it is."""
    names = list(NOTHING)
    columns = [getattr(ReviewerTally, name) for name in names]
    mine = ReviewerTally.campaign_id == campaign_id
    query = select(ReviewerTally.id, ReviewerTally.person_id, *columns).where(mine)
    were = {row.person_id: row for row in db.session.execute(query)}
    new, changed = [], []
    for person_id, parts in people.items():
        values = NOTHING | parts
        was = were.pop(person_id, None)
        if was is None:
            new.append({"campaign_id": campaign_id, "person_id": person_id, **values})
        elif any(getattr(was, name) != values[name] for name in names):
            changed.append({"id": was.id, **values})
    if new:
        db.session.execute(insert(ReviewerTally), new)
    if changed:
        db.session.execute(update(ReviewerTally), changed)
    if were:
        gone = ReviewerTally.person_id.in_(were)
        db.session.execute(delete(ReviewerTally).where(mine, gone))
