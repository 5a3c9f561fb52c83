"""Delegates: who may stand in for whom, and when. Nobody stands in for somebody's delegate."""

from datetime import date

from policies.errors import Invalid
from policies.reviewers import Somebody

BASIS = "delegate for "
MOST_DAYS = 366


def is_away(from_on: date, until_on: date | None, *, ended: bool, today: date) -> bool:
    """Whether a delegation holds on a day."""
    return not ended and from_on <= today and (until_on is None or today <= until_on)


def check_delegate(
    person: Somebody, delegate: Somebody, name: str, days: tuple[date, date | None], today: date
) -> None:
    """Raise Invalid with a sentence where `delegate`, called `name`, cannot stand in."""
    from_on, until_on = days
    if delegate.id == person.id:
        raise Invalid("Choose somebody else: nobody stands in for themselves.")
    if delegate.is_past:
        raise Invalid(f"{name} is not here any more. Choose somebody who is.")
    if delegate.is_denied:
        raise Invalid(f"{name} is on the list of people never assigned (Settings).")
    if until_on is not None and until_on < max(from_on, today):
        raise Invalid("The last day lies before the first, or in the past.")
    if until_on is not None and (until_on - from_on).days > MOST_DAYS:
        raise Invalid("A delegate stands in for a year at most; leave the last day open instead.")
