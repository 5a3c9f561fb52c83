"""Reading events off the trail: see policies.events."""

from sqlalchemy import select

from policies.assignment import reviewing_from_data
from policies.events import TOLD, Happening, counts_in
from portal.db import db
from portal.models import Campaign, Review, TrailLine

LINES = 500


def events_after(trail_id: int, lines: int = LINES) -> tuple[list[Happening], int]:
    """The events of the lines after `trail_id`, in order, and the last line that was read; ask
    again from there until it stays the same."""
    rows = db.session.execute(
        select(TrailLine, Campaign.reviewing)
        .join(Review, Review.id == TrailLine.review_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .where(TrailLine.id > trail_id, TrailLine.verb.in_(TOLD))
        .order_by(TrailLine.id)
        .limit(lines)
    ).all()
    found = [
        Happening(event, line.id, line.review_id, line.details.get("level", 0), items, line.at)
        for line, reviewing in rows
        for event, items in counts_in(line.verb, line.details, reviewing_from_data(reviewing))
    ]
    return found, rows[-1][0].id if rows else trail_id
