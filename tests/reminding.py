"""The days of one review, and the reminders of it, for tests of both."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from portal import clock
from portal.db import db
from portal.models import Letter

KINDS = ("reminder", "final-reminder", "overdue", "digest", "escalation")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a campaign is due two weeks later, on 7 December


def at(moment: datetime) -> None:
    """It is this moment now."""
    clock.shift(timedelta())
    clock.shift(moment - clock.now())


def letters() -> list[tuple[str, str]]:
    """(kind, first name) of every reminder so far, in order."""
    db.session.expire_all()
    found = db.session.scalars(select(Letter).where(Letter.kind.in_(KINDS)).order_by(Letter.id))
    return [(letter.kind, letter.person.name.split()[0]) for letter in found]
