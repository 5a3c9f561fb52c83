"""How long a decision took, as it is recorded with it.

It is the time since the same person's decision before, or since the list was opened, whichever is
later. Beyond LONGEST nobody can tell thinking from a pause, so no more than that is recorded. A
decision on many at once has one time for all of them, and says how many they were.
"""

from datetime import datetime

LONGEST = 600.0  # seconds


def seconds_taken(now: datetime, before: datetime | None, opened: datetime | None) -> float | None:
    """From the later of the decision `before` and `opened` until `now`; None without either.

    `opened` comes from the page: a moment yet to come is none.
    """
    since = [moment for moment in (before, opened) if moment is not None and moment <= now]
    if not since:
        return None
    return round(min((now - max(since)).total_seconds(), LONGEST), 1)
