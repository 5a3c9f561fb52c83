"""The days of one review, and the reminders of it, for tests of both."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import select

from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Campaign, Letter
from tests.factories import launch, salesforce

KINDS = ("reminder", "final-reminder", "overdue", "digest", "escalation")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a campaign is due two weeks later, on 7 December


def at(moment: datetime) -> None:
    """It is this moment now."""
    clock.shift(timedelta())
    clock.shift(moment - clock.now())


def asked_on_monday(cast: SimpleNamespace, acting: Callable[[str], Actor]) -> Campaign:
    """Olive is asked about Salesforce; Rufus removes what she rejects."""
    at(MONDAY)
    salesforce(cast)
    return launch(acting("carl"), remediation_owner_id=cast.rufus.id)


def letters() -> list[tuple[str, str]]:
    """(kind, first name) of every reminder so far, in order."""
    db.session.expire_all()
    found = db.session.scalars(select(Letter).where(Letter.kind.in_(KINDS)).order_by(Letter.id))
    return [(letter.kind, letter.person.name.split()[0]) for letter in found]
