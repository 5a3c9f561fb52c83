"""How long somebody has been at a decision (policies.pace)."""

from datetime import datetime

from sqlalchemy import select

from policies.pace import seconds_taken
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Decision


def seconds_of(actor: Actor, opened: datetime | None) -> float | None:
    """The seconds since their decision before, in whichever review, or since `opened`."""
    before = db.session.scalar(
        select(Decision.decided_at)
        .where(Decision.by_person_id == actor.person_id)
        .order_by(Decision.id.desc())
        .limit(1)
    )
    return seconds_taken(clock.now(), before, opened)
