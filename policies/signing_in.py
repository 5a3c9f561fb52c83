"""Signing in: how long a proof counts as fresh, and how long whoever failed has to wait."""

from datetime import datetime, timedelta

FRESH = timedelta(minutes=10)  # what changes who may do what asks for a proof this young
FREE_FAILURES = 5
MOST_FAILURES = 10
FIRST_WAIT = timedelta(seconds=5)
LOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)


def is_fresh(proved_at: datetime | None, now: datetime) -> bool:
    """Whether somebody proved who they are so lately that they need not do it again."""
    return proved_at is not None and now - proved_at < FRESH


def wait_after(failures: int) -> timedelta:
    """How long after so many failures in a row the next attempt is taken.

    Five are free; then 5, 10, 20, 40 and 80 seconds; from the tenth on a quarter of an hour.
    """
    if failures < FREE_FAILURES:
        return timedelta()
    if failures >= MOST_FAILURES:
        return LOCK
    return FIRST_WAIT * (1 << (failures - FREE_FAILURES))


def opens_at(failures: int, last_at: datetime) -> datetime:
    """From when on the next attempt is taken."""
    return last_at + wait_after(failures)
